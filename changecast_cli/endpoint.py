"""The target of this shell's AWS calls: AWS, or an embedded cloud on this machine."""

import os
from urllib.parse import urlsplit


def is_embedded() -> bool:
    """Return whether AWS_ENDPOINT_URL names this machine, as for an embedded cloud."""
    host = urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname
    return host in {"127.0.0.1", "::1", "localhost"}
