"""The people of one customer, in its own account's contact list."""
