"""Sending: when each batch is sent, and the result for each recipient."""
