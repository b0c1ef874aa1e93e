"""`make upgrade-test FROM=<commit>`: two releases in one embedded cloud, and changes under way."""
