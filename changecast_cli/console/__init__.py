"""The provider's web console: the same functions as the command, on pages."""
