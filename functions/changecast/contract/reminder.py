"""The setting for reminders, as customers write it: `24h,1h` before a change's start.

Functions with few dependencies import it, so it imports no models.
"""

import re

from changecast.contract.errors import ContractError

MOST_REMINDERS = 4
# AllowedPattern of the parameter Reminders in template.yaml is the same.
_SETTING = re.compile(r"(none|[1-9][0-9]{0,3}(min|h|d)(,[1-9][0-9]{0,3}(min|h|d)){0,3})?")
_SECONDS = {"min": 60, "h": 3_600, "d": 86_400}


def seconds_before(setting: str) -> tuple[int, ...]:
    """Return the time of each reminder in seconds before the start, the earliest reminder first.

    Raises:
        ContractError: The setting is invalid; the message says what to write.
    """
    compact = setting.replace(" ", "")
    if not _SETTING.fullmatch(compact):
        raise ContractError(
            "reminders",
            f"{setting!r} is not valid: use `none`, or up to {MOST_REMINDERS} times separated by "
            "commas, for example 24h,1h (units: min, h, d)",
        )
    found = {_seconds(word) for word in compact.split(",") if word not in ("", "none")}
    return tuple(sorted(found, reverse=True))


def words_of(before: float) -> str:
    """Return a time before the start in one unit: 24h, 90min."""
    minutes = int(before) // 60
    return f"{minutes}min" if minutes % 60 else f"{minutes // 60}h"


def _seconds(word: str) -> int:
    number = word.rstrip("minhd")
    return int(number) * _SECONDS[word.removeprefix(number)]
