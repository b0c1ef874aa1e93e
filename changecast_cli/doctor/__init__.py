"""What is well, what is not, and the command that mends it."""
