"""The worker killed after each activity of a journey: the walk visits every boundary (P42)."""
