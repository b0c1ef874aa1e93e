"""From a change document to an event."""
