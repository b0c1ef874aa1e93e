"""Remove mail addresses from texts that others wrote. Pure."""

import re

# Wider than RFC 5322 §3.4.1: text that only looks like an address is removed too, except '@domain',
# which SES writes if a domain is missing. Each character is read once.
_PART = r"\s@<>()\[\],;:\""
_LOCAL_PART = re.compile(rf"(?<![^{_PART}])(?!'@)[^{_PART}]++@(?=[^\s@])")
HIDDEN = "***@"


def without_addresses(text: str) -> str:
    """Return the text with `***` for the local part of addresses; the domain says what to fix.

    SES's refusals contain addresses, for example those that are not verified:
    https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
    """
    return _LOCAL_PART.sub(HIDDEN, text)
