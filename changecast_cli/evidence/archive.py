"""The evidence archive: a ZIP file that is the same, byte for byte, for the same files.

The manifest names every file with its SHA-256. manifest.sha256 is the hash of the manifest, and
signature.json its signature, if there is one.
"""

import hashlib
import io
import json
import lzma
import struct
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from changecast_cli.evidence.collecting import Files, as_json
from changecast_cli.failures import Refused

MANIFEST, DIGEST, SIGNATURE = "manifest.json", "manifest.sha256", "signature.json"
FORMAT = 1
# A file that unpacks to more is not one of ours.
MOST_BYTES = 2_000_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)
# Errors that zipfile raises if bytes of an archive are wrong.
_UNREADABLE = (zipfile.BadZipFile, RuntimeError, ValueError, OverflowError, EOFError, OSError,
               struct.error, zlib.error, lzma.LZMAError)  # fmt: skip


def manifest_of(files: Files, about: Mapping[str, Any]) -> bytes:
    """Return the manifest of these files."""
    hashes = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    return as_json({**about, "format": FORMAT, "files": hashes})


def sealed_files(files: Files, manifest: bytes, signature: Mapping[str, Any] | None) -> Files:
    """Return the files with their manifest, its hash, and its signature if there is one."""
    digest = hashlib.sha256(manifest).hexdigest()
    signed = {SIGNATURE: as_json(signature)} if signature else {}
    return {**files, MANIFEST: manifest, DIGEST: f"{digest}\n".encode(), **signed}


def packed(files: Files) -> bytes:
    """Return the archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
    return buffer.getvalue()


def unpacked(body: bytes) -> tuple[Files, list[str]]:
    """Return the files of an archive, and the faults of the archive itself.

    Raises:
        Refused: It is no ZIP file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            return _read(archive)
    except _UNREADABLE as error:
        raise Refused(f"this is not a readable evidence file: {error}") from error


def _read(archive: zipfile.ZipFile) -> tuple[Files, list[str]]:
    files: Files = {}
    faults: list[str] = []
    if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
        raise Refused("this file unpacks to more data than an evidence file can have")
    for info in archive.infolist():
        if info.filename in files:
            faults.append(f"{info.filename} is in the file twice")
        try:
            files[info.filename] = archive.read(info)
        except _UNREADABLE as error:
            files.setdefault(info.filename, b"")
            faults.append(f"{info.filename} cannot be read: {error}")
    return files, faults


def write(path: Path, body: bytes) -> None:
    """Write an archive; Refused if the file already exists or cannot be written."""
    try:
        with path.open("xb") as file:
            file.write(body)
    except FileExistsError as error:
        raise Refused(f"{path} already exists: evidence is never overwritten") from error
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from error


def value_in(files: Files, name: str) -> Any:
    """Return the JSON value of a file; None if there is no file or no JSON."""
    try:
        return json.loads(files[name])
    except (KeyError, ValueError, RecursionError):
        return None
