"""Watching: the state of every delivery."""
