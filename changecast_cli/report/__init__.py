"""The report: one page about recent changes."""
