"""The platform's calls, one module per kind of record."""
