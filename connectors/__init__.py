"""A port, an adapter and a stand-in for each outside system."""
