"""The routes of the client portal: parse, call, answer."""
