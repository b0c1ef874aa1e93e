"""Turn a document's URLs into the targets of links."""

from urllib.parse import quote

# RFC 3986 §2: every character that a URL may contain, and the % of percent-encoding.
_ALLOWED = ":/?#[]@!$&'()*+,;=-._~%"


def address(url: str) -> str:
    """Return a checked URL with all other characters percent-encoded."""
    return quote(url, safe=_ALLOWED)
