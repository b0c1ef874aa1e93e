"""Answers: personal links, and what people answer with them."""
