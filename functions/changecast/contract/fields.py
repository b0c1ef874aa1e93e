"""Types of the values in events and changes; each refuses values that would harm a reader.

The events' own fields are in change_announced.py and delivery_reported.py, a change's in change.py.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

TITLE_LIMIT = 250
TEXT_LIMIT = 100_000
REVISION_LIMIT = 999_999
YEARS = range(1970, 2200)
RESERVED_CODES = frozenset({"hub", "default", "global"})
# `localtime` is the setting of the machine that reads; `Factory` means that nobody has set it.
_NO_ZONES = frozenset({"localtime", "Factory"})
_CONTROLS = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f"
_LINE_BREAKS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_CODE = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_CHANGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,127}")
_CONTROL = re.compile(f"[{_CONTROLS}]")
_LINE_BREAK = re.compile(f"[{_LINE_BREAKS}]")
_DATE_FIRST = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")


def _a_code(code: str) -> str:
    if not _CODE.fullmatch(code):
        raise ValueError(
            "is not a customer code: use a-z, 0-9 and - between them, at most 32 characters"
        )
    return code


def _an_id(change_id: str) -> str:
    if not _CHANGE_ID.fullmatch(change_id):
        raise ValueError(
            "is not a change id: start with a letter or a digit, and use only letters without "
            "accents, digits and . _ : / - (at most 128 characters)"
        )
    return change_id


def _not_reserved(code: str) -> str:
    if code in RESERVED_CODES or code.endswith("-route"):
        raise ValueError("is reserved")
    return code


def _no_controls(text: str) -> str:
    if found := _CONTROL.search(text):
        raise ValueError(f"contains the control character U+{ord(found[0]):04X}")
    return text


def _one_line(text: str) -> str:
    if found := _LINE_BREAK.search(text):
        raise ValueError(f"must be on one line, but contains U+{ord(found[0]):04X}")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """Return the IANA time zones that this machine knows, except those that name no place."""
    return frozenset(available_timezones()) - _NO_ZONES


def _known_zone(name: str) -> str:
    if name not in time_zones():
        raise ValueError(f"{name!r} is not an IANA time zone, for example Europe/Madrid")
    return name


def _web_address(url: str) -> str:
    if not url.lower().startswith(("https://", "http://", "mailto:")):
        raise ValueError("must be an http, https or mailto address")
    try:
        urlsplit(url)
    except ValueError as error:  # brackets of an IPv6 address that are not closed, for example
        raise ValueError("is not a valid address") from error
    return url


def _a_time(value: Any) -> Any:
    """Read a text as a time; pydantic alone would read "1234567" as seconds since 1970."""
    if not isinstance(value, str):
        return value
    fault = "is not a time like 2027-01-20T22:00:00Z"
    if not _DATE_FIRST.match(value):
        raise ValueError(fault)
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError as error:
        raise ValueError(fault) from error


def _in_utc(moment: datetime) -> datetime:
    """Return the time in UTC; refuse years at which a reader's own zone could overflow."""
    if moment.year not in YEARS:
        raise ValueError(f"the year {moment.year} is not between {YEARS[0]} and {YEARS[-1]}")
    return moment.astimezone(UTC)


CustomerCode = Annotated[
    str,
    AfterValidator(_a_code),
    AfterValidator(_not_reserved),
    Field(
        description="A customer's code, for example acme.",
        json_schema_extra={
            "maxLength": 32,
            "pattern": f"^{_CODE.pattern}$",
            "not": {"anyOf": [{"enum": sorted(RESERVED_CODES)}, {"pattern": "-route$"}]},
        },
    ),
]
ChangeId = Annotated[
    str,
    AfterValidator(_an_id),
    Field(
        description="The change's id in the change system, for example CHG0042117.",
        json_schema_extra={"pattern": f"^{_CHANGE_ID.pattern}$"},
    ),
]
RevisionNumber = Annotated[int, Field(ge=1, le=REVISION_LIMIT)]
Whole = Annotated[int, Field(ge=0, le=10**12)]
Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_a_time),
    AfterValidator(_in_utc),
    Field(description="An RFC 3339 time, stored in UTC."),
]
Line = Annotated[
    str,
    StringConstraints(max_length=2_000),
    AfterValidator(_one_line),
    Field(json_schema_extra={"pattern": f"^[^{_LINE_BREAKS}]*$"}),
]
Title = Annotated[
    str,
    StringConstraints(max_length=TITLE_LIMIT),
    AfterValidator(_one_line),
    AfterValidator(_not_blank),
    Field(json_schema_extra={"minLength": 1, "pattern": f"^[^{_LINE_BREAKS}]*$"}),
]
Text = Annotated[
    str,
    StringConstraints(max_length=TEXT_LIMIT),
    AfterValidator(_no_controls),
    Field(json_schema_extra={"pattern": f"^[^{_CONTROLS}]*$"}),
]
TimeZone = Annotated[
    str,
    AfterValidator(_known_zone),
    Field(description="IANA time zone, for example Europe/Madrid."),
]
Url = Annotated[
    str,
    StringConstraints(max_length=2_000),
    AfterValidator(_one_line),
    AfterValidator(_web_address),
    Field(
        json_schema_extra={
            "pattern": f"^([hH][tT][tT][pP][sS]?://|[mM][aA][iI][lL][tT][oO]:)[^{_LINE_BREAKS}]*$"
        }
    ),
]


class Frozen(BaseModel):
    """An immutable model that ignores keys which a later version may add."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
