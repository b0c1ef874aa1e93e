"""Shared by tests and benchmarks: doubles of AWS, a simulated world, fleets and packages."""
