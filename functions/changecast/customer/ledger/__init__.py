"""The ledger: what happened to every recipient of every run."""
