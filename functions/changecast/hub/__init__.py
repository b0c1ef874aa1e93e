"""The provider's hub: announces changes and tracks every delivery."""
