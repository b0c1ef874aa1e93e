"""Cost of a month."""
