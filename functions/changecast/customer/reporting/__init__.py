"""Reports to the hub."""
