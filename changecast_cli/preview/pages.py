"""A preview on disk: every mail as .html, .txt, .eml and .ics, and one page with all of them."""

import email
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import format_datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from changecast.customer.compose.brand import Brand
from changecast.customer.renderings.splice import load, splice
from changecast_cli.preview.life import Life, PreviewMail

READER = "reader@customer.example"
OWN_PAGE = "https://answers.customer.example/c/the-readers-own"
_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Written:
    """A mail on disk. `files` are file names by kind; `size` is the HTML's size in bytes."""

    mail: PreviewMail
    subject: str
    files: dict[str, list[str]]
    size: int
    html: str


def write_preview(life: Life, brand: Brand, title: str, folder: Path) -> list[Written]:
    """Write all mails of a life and index.html, replacing files of an earlier preview."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write(number, mail, folder) for number, mail in enumerate(life.mails, 1)]
    environment = Environment(
        loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("page.html.j2")
    index = page.render(life=life, written=written, brand=brand, title=title)
    (folder / "index.html").write_text(index, "utf-8")
    return written


def _write(number: int, mail: PreviewMail, folder: Path) -> Written:
    raw = raw_of(mail.rendering)
    message = email.message_from_bytes(raw, policy=default)
    name = f"{number}-{mail.name}"
    html, text = body(message, "html"), body(message, "plain")
    files = {"html": [f"{name}.html"], "txt": [f"{name}.txt"], "eml": [f"{name}.eml"], "ics": []}
    (folder / f"{name}.html").write_text(html, "utf-8")
    (folder / f"{name}.txt").write_text(text, "utf-8")
    (folder / f"{name}.eml").write_bytes(raw)
    for index, calendar in enumerate(calendars(message)):
        file = f"{name}{'-meeting' if index else ''}.ics"
        (folder / file).write_bytes(calendar)
        files["ics"].append(file)
    return Written(mail, str(message["Subject"]), files, len(html.encode()), html)


def raw_of(rendering: bytes) -> bytes:
    """Return the mail of a rendering, to a placeholder address."""
    # SES adds the date when it sends; a mail program needs one to open the file.
    date = format_datetime(datetime.now(UTC)).encode()
    return b"Date: " + date + b"\r\n" + splice(load(rendering), READER, OWN_PAGE)


def body(message: EmailMessage, kind: str) -> str:
    """Return the mail's text of a kind, `html` or `plain`."""
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def calendars(message: EmailMessage) -> list[bytes]:
    """Return the calendar entries in a mail."""
    types = {"text/calendar", "application/ics"}
    parts = (part for part in message.walk() if part.get_content_type() in types)
    return [bytes(part.get_payload(decode=True) or b"") for part in parts]
