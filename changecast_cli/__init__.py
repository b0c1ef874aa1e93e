"""The command `changecast`: announce, watch, repair, try out. Nothing here is deployed."""
