"""What the two systems report: subscribed to, verified, stored once, then handed on."""
