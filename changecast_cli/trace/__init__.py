"""One announcement's way, from put to SES, as X-Ray saw it."""
