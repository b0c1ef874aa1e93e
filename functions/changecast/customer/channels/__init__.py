"""Channels: ways to reach people, one file for each; channel.py is their common interface."""
