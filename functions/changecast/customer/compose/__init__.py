"""Composing: render every mail of a run once, however many people get it. Pure."""
