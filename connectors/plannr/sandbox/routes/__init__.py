"""The sandbox's routes, one module per group of published endpoints; each builds a router when asked."""
