"""A person and a sentence that must be found only where people's data and changes belong."""

import json
import re
from base64 import b64encode
from typing import Any

LOCAL_PART = "canary.seven"
ADDRESS = f"{LOCAL_PART}@acme.example"
SENTENCE = "Zinc canaries sing at a quarter past nine."


def said(value: Any) -> str:
    """Everything in a value as one text: logged, stored or sent."""
    if isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
        return text.replace("=\r\n", "").replace("=\\r\\n", "")  # RFC 2045 soft line breaks
    return value if isinstance(value, str) else json.dumps(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return said(value) if isinstance(value, bytes) else str(value)


def names_the_person(value: Any) -> bool:
    """Return whether a text has the person's address: plain, badly masked, encoded or in base64."""
    text = said(value)
    plain = text.lower().replace("%2e", ".")
    return LOCAL_PART in plain or any(form in text for form in _base64(LOCAL_PART))


def tells_the_sentence(value: Any) -> bool:
    """Return whether a text has the sentence, or a part of it."""
    text = re.sub(r"\s+", " ", said(value))
    return "canaries sing" in text or any(form in text for form in _base64("canaries sing"))


def _base64(words: str) -> list[str]:
    """Return how the words look inside base64, whatever is before them."""
    return [
        b64encode(b"." * shift + words.encode()).decode()[4 if shift else 0 : -4]
        for shift in range(3)
    ]
