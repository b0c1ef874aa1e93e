"""Announcing: from a document to events on the bus, each revision once."""
