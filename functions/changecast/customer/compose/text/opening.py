"""The beginning of a text on one line, without markup, to quote in one of our sentences."""

import re
from functools import lru_cache
from html import unescape

from changecast.customer.compose.text.cuts import shortened
from changecast.customer.compose.text.markdown import blocks

_TAG = re.compile(r"<[^>]*>")
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|[。！？]|$)", re.DOTALL)
_CUT_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*…$")
_ENDS = ".!?…。！？"


@lru_cache(maxsize=8)  # a mail's lead and preheader quote the same texts
def one_line(text: str) -> str:
    """Return a text on one line, as its readers see it."""
    shown = unescape(_TAG.sub("", str(blocks(text))))
    lines = [" ".join(line.split()) for line in shown.split("\n")]
    first, *rest = list(filter(None, lines)) or [""]
    for line in rest:
        first += f" {line}" if first[-1] in f"{_ENDS}:：;,、" else f"; {line}"
    return first


def opening(text: str, limit: int) -> str:
    """Return as many sentences as fit, on one line, with a visible cut."""
    whole = one_line(text)
    if len(whole) <= limit:
        return whole
    kept = ""
    for sentence in _SENTENCE.findall(whole):
        if len(kept + sentence) > limit:
            break
        kept += sentence
    return f"{kept.strip()} …" if kept else _CUT_ADDRESS.sub("…", shortened(whole, limit))


def ended(sentence: str, stop: str) -> str:
    """Return a sentence with a full stop, unless it already ends with punctuation."""
    return sentence if sentence.endswith(tuple(_ENDS)) else sentence + stop
