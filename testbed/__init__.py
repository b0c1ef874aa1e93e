"""What tests and benchmarks share: doubles of AWS, a simulated world, fleets and packages."""
