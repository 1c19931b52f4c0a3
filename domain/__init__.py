"""The rules of the product: pure functions of the standard library alone."""
