"""Jira's wiki markup as text with a little Markdown.

https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all
"""

import re

# Marks that only wiki markup has; *bold* and # are Markdown too, and {{…}} is common. Compiled for
# the first mail, not at a cold start.
_SURE = (
    r"^h[1-6]\. \S|^\|\||^bq\. |\{(?:code|noformat|quote|panel|color)\b[^}\n]*\}"
    r"|\[[^\[\]|\n]{1,300}\|(?:https?://|mailto:)[^\]\s]+\]"
)
_BLOCK = re.compile(r"\{(code|noformat)(?::[^}\n]*)?\}(.*?)\{\1\}", re.S)
_LIST = re.compile(r"^([*#-]+) +(?=\S)")
_INLINE = (
    (r"\{(?:color|panel|quote|anchor)(?::[^}\n]*)?\}", ""),
    (
        r"\[([^\[\]|\n]{1,300})\|((?:https?://|mailto:)[^\]|\s]+)(?:\|[^\]\n]*)?\]",
        r"[\1](\2)",
    ),
    (r"\[((?:https?://|mailto:)[^\]|\s]+)\]", r"\1"),
    (r"\[~([^\]\n]+)\]", r"@\1"),
    (r"\{\{([^{}\n]+)\}\}", r"`\1`"),
    (r"(?<![\w*])\*(?=\S)([^*\n]*?\S)\*(?![\w*])", r"**\1**"),
    (r"(?<!\w)_(?=\S)([^_\n]*?\S)_(?!\w)", r"*\1*"),
    (r"(?<!\S)!([^!\s|]+)(?:\|[^!\n]*)?!", r"\1"),
)


def is_wiki(text: str) -> bool:
    """Return whether a text is surely wiki markup."""
    return re.search(_SURE, text, re.MULTILINE) is not None


def wiki_as_text(text: str) -> str:
    """Return wiki markup as text."""
    pieces, at = [], 0
    for block in _BLOCK.finditer(text):
        pieces += [_lines(text[at : block.start()]), f"\n```\n{block[2].strip(chr(10))}\n```\n"]
        at = block.end()
    return "".join([*pieces, _lines(text[at:])]).strip("\n")


def _lines(text: str) -> str:
    return "\n".join(map(_line, text.split("\n")))


def _line(line: str) -> str:
    if heading := re.match(r"h[1-6]\. +", line):
        return f"## {_inline(line[heading.end() :])}"
    if line.startswith("bq. "):
        return f"> {_inline(line[4:])}"
    if line.startswith("||"):
        cells = [_inline(cell.strip()) for cell in line.strip().strip("|").split("||")]
        return f"| {' | '.join(cells)} |\n|{'---|' * len(cells)}"
    if item := _LIST.match(line):
        return _item(item[1], _inline(line[item.end() :]))
    return _inline(line)


def _item(marks: str, text: str) -> str:
    mark = "1." if marks[-1] == "#" else "-"
    return f"{'    ' * (len(marks) - 1)}{mark} {text}"


def _inline(text: str) -> str:
    for pattern, plain in _INLINE:
        text = re.sub(pattern, plain, text)
    return text
