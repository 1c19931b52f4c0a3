"""What crosses a boundary: messages, payloads, HTTP schemas and tables."""
