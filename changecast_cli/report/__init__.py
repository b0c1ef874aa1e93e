"""One page about the last changes."""
