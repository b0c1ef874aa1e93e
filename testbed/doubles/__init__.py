"""In-memory doubles of AWS services, so that the real handlers run by a clock that we set."""
