"""Where every delivery stands."""
