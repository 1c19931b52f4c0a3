"""Plays whole journeys on a running Onward through its public HTTP surfaces, as adviser and as client."""
