"""X-Ray: the daemon that functions send segments to, Lambda's own segments, and the API."""
