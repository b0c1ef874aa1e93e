"""Texts that people wrote in all kinds of editors, as HTML and as plain text."""
