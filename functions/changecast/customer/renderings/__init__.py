"""Composed mails before recipients are spliced in, and their storage."""
