"""The fault matrix: every fault of the two systems against every call of a journey (P42)."""
