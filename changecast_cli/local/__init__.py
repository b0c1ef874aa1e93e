"""The embedded cloud, and the demo in it."""
