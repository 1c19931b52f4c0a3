"""The adviser workbench's pages, under `/workbench`; each command of theirs is the one that `/api/v1` offers."""
