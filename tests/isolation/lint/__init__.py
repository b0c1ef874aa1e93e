"""Other people's linters over what is really deployed, each proved awake by a planted fault."""
