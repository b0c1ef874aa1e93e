"""Evidence of a change: announcements and their results, in one verifiable file."""
