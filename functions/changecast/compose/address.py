"""URLs of a document as addresses of links."""

from urllib.parse import quote

# RFC 3986 §2: everything that may stand in an address, and % of what is encoded already.
_ALLOWED = ":/?#[]@!$&'()*+,;=-._~%"


def address(url: str) -> str:
    """A checked URL with what has no place in an address percent-encoded."""
    return quote(url, safe=_ALLOWED)
