"""Markdown tables."""

from collections.abc import Iterable, Sequence


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; a cell's text is escaped so that it stays one cell."""
    lines = [_row(columns), "|---" * len(columns) + "|", *(_row(map(cell, row)) for row in rows)]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Return text, escaped for a cell."""
    return " ".join(text.split()).replace("<", "&lt;").replace("|", "\\|")


def code(text: object) -> str:
    """Return text as code, or nothing for an empty text."""
    return f"`{text}`" if str(text) else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
