"""The routes: parse, call, answer."""
