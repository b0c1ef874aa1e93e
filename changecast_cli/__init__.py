"""The command line of Changecast."""
