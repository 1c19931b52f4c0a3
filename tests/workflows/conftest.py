"""Journeys under test run in the world of `tests.journey_world`."""

from tests.journey_world import at_stage, temporal_address, world

__all__ = ["at_stage", "temporal_address", "world"]
