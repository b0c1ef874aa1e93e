"""One announcement's trace from put to SES, as X-Ray saw it."""
