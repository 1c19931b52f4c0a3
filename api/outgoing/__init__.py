"""Events out: subscriptions, deliveries, and the stream that firms read (P55)."""
