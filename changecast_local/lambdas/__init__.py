"""Runs deployed functions: processes that import their handler from the built zip."""
