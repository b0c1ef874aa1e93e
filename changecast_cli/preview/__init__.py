"""Mails to look at before they are sent."""
