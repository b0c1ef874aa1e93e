"""The hub's status table: who was told, who is silent, and why."""
