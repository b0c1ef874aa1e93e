"""samconfig.toml, sam, stacks, and the way into an account."""
