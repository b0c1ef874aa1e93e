"""Unpack each deployed zip once, however many functions and processes share it."""

import hashlib
import io
import threading
import zipfile
from pathlib import Path

_unpacking = threading.Lock()


def unpacked(code: bytes, folder: Path) -> Path:
    """Return a zip's unpacked folder below `folder`; each zip is unpacked once."""
    target = folder / hashlib.sha256(code).hexdigest()[:16]
    with _unpacking:
        if not target.exists():
            with zipfile.ZipFile(io.BytesIO(code)) as package:
                package.extractall(target)
    return target
