"""AWS services as local HTTP servers, each in its own process, with fixed answer times."""
