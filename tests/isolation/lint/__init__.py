"""Other people's linters over what is deployed; a planted fault proves that each works."""
