"""What the HTTP API takes and answers."""
