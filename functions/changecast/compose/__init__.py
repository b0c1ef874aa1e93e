"""Composing: every mail of a run is rendered here once, however many people get it."""
