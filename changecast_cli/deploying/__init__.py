"""samconfig.toml, sam and stacks."""
