"""Settings, the composition root, and how processes reach Temporal."""
