"""What a file is that no command can read as text, by its content and never by its name. Pure."""

_ZIP, _OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_A_ZIP = (
    (b"xl/", "an Excel workbook"),
    (b"word/", "a Word document"),
    (b"content.xml", "an OpenDocument file"),
)
_BEGINNINGS = (
    (_OLD_OFFICE, "an Excel, Word or Outlook file of the old format"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
)


def binary_kind(body: bytes) -> str:
    """Return what a binary file is; "" if it may be text, or is not known."""
    if body.startswith(_ZIP):
        return next((kind for part, kind in _IN_A_ZIP if part in body), "a zip archive")
    return next((kind for mark, kind in _BEGINNINGS if body.startswith(mark)), "")
