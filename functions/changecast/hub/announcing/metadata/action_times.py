"""Times of day without a time zone in what customers must do. Pure."""

import re
from collections.abc import Iterator

from changecast.contract.change import Change
from changecast.hub.announcing.metadata.document import RawDocument

_HOUR = r"(?:[01]?\d|2[0-3])"
_HALF = r"\s?(?:[ap]\.m\.|[ap]m\b)"
# 22:00, 22h00, 10 pm; no part of a longer number, of an address or of a date with a time.
_TIME = re.compile(
    rf"(?<![\w.:/+-])(?:{_HOUR}[:h][0-5]\d(?:{_HALF})?|(?:0?[1-9]|1[0-2]){_HALF})(?![\w:])",
    re.IGNORECASE,
)
_ZONE = re.compile(
    r"\b(?:UTC|GMT|[CEW]ES?T|[BIJMS]ST|[ACEMP][SD]T|AE[SD]T|[A-Z][a-z]+/[A-Z]\w+|[A-Z]\w+ time)\b"
    r"|\d(?:Z|\s?[+-]\d\d(?::?\d\d)?)\b"
    r"|(?i:time ?zone|(?:local|your) time)"
)


def warn_of_times(source: RawDocument, change: Change) -> None:
    """Warn of actions with a time of day and no zone, which readers take for one in their own."""
    zone = change.window.timezone if change.window else "UTC"
    for location, action in _actions(change):
        time = _TIME.search(action)
        if time and not _ZONE.search(action):
            source.warnings.append(
                f"{source.origin(location)}: {time.group()!r} has no time zone, and each reader "
                "sees the window in their own. Write a time zone too "
                f'("{time.group()} {_named(zone)}"), or the moment ("before the work starts")'
            )


def _actions(change: Change) -> Iterator[tuple[tuple[str, ...], str]]:
    if change.action:
        yield ("action",), change.action
    for code, section in (change.customer_details or {}).items():
        action = section.get("action") if isinstance(section, dict) else None
        if isinstance(action, str):
            yield ("customer_details", code, "action"), action


def _named(zone: str) -> str:
    """Return a zone as people write it behind a time: `Madrid time`, or `UTC`."""
    place = zone.rpartition("/")[2].replace("_", " ")
    return f"{place} time" if "/" in zone and not zone.startswith("Etc/") else place
