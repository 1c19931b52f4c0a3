"""Who is asking: advisers by bearer token."""
