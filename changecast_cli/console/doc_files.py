"""The files of the documentation, in a checkout or as they were installed."""

import re
from functools import cache
from pathlib import Path

from changecast_cli.deploying.sam import repository
from changecast_cli.failures import Failed

_NAME = re.compile(r"(?:[a-z]{1,20}/)?[A-Za-z0-9-]{1,60}")


def file_of(name: str) -> Path | None:
    """Return the file of a page, for example `runbook/paused`; None if there is none."""
    path = _folder() / f"{name}.md"
    return path if _NAME.fullmatch(name) and path.is_file() else None


def page_of(path: str) -> str:
    """Return a page's name by its file in the checkout, as alerts name it; empty if it has none.

    Also empty if the installed files cannot be copied: what is in trouble is shown all the same.
    """
    name = path.removeprefix("docs/").removesuffix(".md")
    try:
        return name if path.endswith(".md") and file_of(name) else ""
    except (Failed, OSError, RuntimeError):  # a person without a home is a RuntimeError
        return ""


@cache
def _folder() -> Path:
    return repository() / "docs"
