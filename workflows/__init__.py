"""The journey as durable workflows."""
