"""Changecast: announce a change once; every affected customer's own account tells its people."""
