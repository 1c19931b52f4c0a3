"""The development inbox: an SMTP server that keeps every message, and pages to read them. For one machine only."""
