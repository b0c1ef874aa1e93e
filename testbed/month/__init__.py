"""A month of many customers in simulated time: the real functions, and a model of what is right."""
