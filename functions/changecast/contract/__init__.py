"""What hub and customer agree on: changes, events, errors. Imports nothing of ours."""
