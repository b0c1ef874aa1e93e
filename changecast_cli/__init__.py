"""The command `changecast`: announce, look, try out. Nothing in here is deployed."""
