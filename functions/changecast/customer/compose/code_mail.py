"""The mail with a confirmation code: rendered with its run, sent when a person asks for it."""

from html import escape

from changecast.contract.change import Change
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.mail_parts import digest
from changecast.customer.compose.mime import header_text, multipart, part, phrase
from changecast.customer.compose.sanitize import sanitized
from changecast.customer.compose.text.fields import as_text
from changecast.customer.compose.words import words_in
from changecast.customer.renderings.splice import CODE, TO, dump

_HTML = """<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family:sans-serif;font-size:16px;line-height:1.5">
<p>{lead}</p>
<p style="font-size:28px;font-weight:700;letter-spacing:2px">
{code}
</p>
<p>{ignore}</p>
</body></html>
"""


def code_mail(change: Change, brand: Brand) -> bytes:
    """Return the rendering of the mail with a code; its gaps are the recipient and the code."""
    words = words_in(brand.language, brand.timezone)
    title = sanitized(as_text(change)).title
    subject = words("page", "code_subject").format(title=title)
    lead, ignore = words("page", "code_lead"), words("page", "code_ignore")
    secret = digest(subject, lead, ignore)
    code = f"code-{secret}"
    text = f"{lead}\n\n{code}\n\n{ignore}\n"
    said = {"subject": subject, "lead": lead, "ignore": ignore, "language": words.language}
    html = _HTML.format(code=code, **{name: escape(value) for name, value in said.items()})
    to = f"changecast-to-{secret}@changecast.invalid"
    headers = (
        ("From", f"{phrase(brand.sender_name)} <{brand.sender}>"),
        ("To", to),
        ("Subject", header_text(subject)),
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("Content-Language", words.language),
        ("MIME-Version", "1.0"),
    )
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    alternatives = [part(text, "text/plain"), part(html, "text/html")]
    body = multipart("alternative", f"alternative-{secret}", alternatives)
    return dump((head + body).encode("ascii"), {TO: to, CODE: code})
