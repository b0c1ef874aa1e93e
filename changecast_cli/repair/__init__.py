"""Repairs, after which nobody is mailed twice."""
