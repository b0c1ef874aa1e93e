"""Mail addresses in words that others wrote: taken out before they travel. Pure."""

import re

# Wider than RFC 5322 §3.4.1: what only looks like an address is taken out too, but for '@domain',
# of which SES speaks where a domain is missing. Each character is looked at once.
_PART = r"\s@<>()\[\],;:\""
_LOCAL_PART = re.compile(rf"(?<![^{_PART}])(?!'@)[^{_PART}]++@(?=[^\s@])")
HIDDEN = "***@"


def without_addresses(text: str) -> str:
    """The text with `***` for who an address is of; the domain stays, it says what to mend.

    SES names addresses in what it refuses, for instance those that are not verified:
    https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
    """
    return _LOCAL_PART.sub(HIDDEN, text)
