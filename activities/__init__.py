"""The journey's steps in the outside world and in our own record."""
