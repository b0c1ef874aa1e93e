"""Paged responses, read to the end."""

from collections.abc import Iterator
from typing import Any


def pages(operation: Any, key: str, **arguments: Any) -> Iterator[Any]:
    """Yield every element under `key` of an operation with NextToken; a page may be empty."""
    token: dict[str, str] = {}
    while True:
        page = operation(**arguments, **token)
        yield from page.get(key, ())
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}
