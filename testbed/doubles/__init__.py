"""Stand-ins for AWS in memory, so that the real handlers run against a clock that we set."""
