"""Obtains and runs the Temporal server that keeps the journeys."""
