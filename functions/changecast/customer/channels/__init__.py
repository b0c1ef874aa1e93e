"""Ways to reach people, one file each; channel.py is their common interface."""
