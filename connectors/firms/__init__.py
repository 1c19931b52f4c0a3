"""The firms' own systems, which take our events (P55)."""
