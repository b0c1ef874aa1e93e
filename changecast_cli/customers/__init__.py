"""Customers: add, list, change, upgrade, remove."""
