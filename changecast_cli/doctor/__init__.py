"""The doctor: what works, what does not, and the command that fixes it."""
