"""The client portal's pages, under `/portal`; each step of theirs is the one that `/portal/api` offers as JSON."""
