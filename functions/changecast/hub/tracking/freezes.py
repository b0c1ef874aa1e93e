"""Customers' freezes as the hub keeps them: plain times, in one item."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from boto3.dynamodb.conditions import Key

from changecast.contract.change import Window, utc
from changecast.contract.errors import ContractError
from changecast.contract.freeze import MOST_FREEZES, FreezeDeclared
from changecast.hub.lengths import in_words
from changecast.hub.tracking.items import change_row, query
from changecast.hub.tracking.schema import DECLARED, FREEZES_KEY, Row, declared_key

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# Removals are kept until the freeze ends, because the declaration may still arrive; this many fit
# into one item easily.
MOST_REMOVED = 1_000


@dataclass(frozen=True)
class FrozenTime:
    """One freeze; times are RFC 3339."""

    name: str
    start: str
    end: str


@dataclass(frozen=True)
class CustomerFreezes:
    """One customer's freezes and notice. `notice_hours` is 0 if it wants no notice."""

    times: tuple[FrozenTime, ...]
    notice_hours: int


def keep_freezes(
    table: "Table", freezes: Mapping[str, CustomerFreezes], by: str, at: datetime
) -> None:
    """Replace the hub's freezes of all customers."""
    of: Any = {
        code: {"times": [asdict(time) for time in one.times], "notice_hours": one.notice_hours}
        for code, one in freezes.items()
    }
    table.put_item(Item=FREEZES_KEY | {"of": of, "pushed_by": by, "pushed_at": utc(at)})


def kept_freezes(table: "Table") -> dict[str, CustomerFreezes]:
    """Return the hub's freezes by code: from files, and declared by customers."""
    items = _items(table)
    kept = {
        code: CustomerFreezes(
            tuple(FrozenTime(**time) for time in one["times"]), int(one["notice_hours"])
        )
        for item in items
        for code, one in item.get("of", {}).items()
    }
    for code, declared in _all_declared(items):
        before = kept.get(code, CustomerFreezes((), 0))
        kept[code] = CustomerFreezes((*before.times, *declared.times), before.notice_hours)
    return kept


def declared_freezes(table: "Table") -> dict[str, CustomerFreezes]:
    """Return the freezes that customers declared themselves, by code."""
    return dict(_all_declared(_items(table)))


def _items(table: "Table") -> list[Row]:
    condition = Key("pk").eq(FREEZES_KEY["pk"])
    return list(query(table, KeyConditionExpression=condition, ConsistentRead=True))


def _all_declared(items: Iterable[Row]) -> Iterator[tuple[str, CustomerFreezes]]:
    for item in items:
        if item["sk"].startswith(DECLARED):
            times = tuple(_declared(item))
            yield item["sk"].removeprefix(DECLARED), CustomerFreezes(times, 0)


def _declared(row: Row) -> Iterator[FrozenTime]:
    for one in row["declared"].values():
        yield FrozenTime(one["name"], one["start"], one["end"])


def keep_declared(table: "Table", freeze: FreezeDeclared, now: datetime) -> None:
    """Store a customer's declaration or removal, in whichever order they arrive.

    Raises:
        ContractError: `too_many_freezes`: the customer has reached its limit.
        Retry: Too many other writers of the customer's freezes.
    """
    change_row(table, declared_key(freeze.customer), lambda row: _with(row, freeze, now))


def _with(row: Row, freeze: FreezeDeclared, now: datetime) -> Row:
    at = utc(now)
    removed = {name: end for name, end in row.get("removed", {}).items() if end > at}
    declared = {name: one for name, one in row.get("declared", {}).items() if one["end"] > at}
    name, end = str(freeze.freeze_id), utc(freeze.end)
    if freeze.removed:
        declared.pop(name, None)
        removed |= {name: end} if end > at else {}
    elif name not in removed and end > at:
        declared[name] = {
            "name": freeze.name,
            "start": utc(freeze.start),
            "end": end,
            "declared_at": utc(freeze.declared_at),
            "declared_by": freeze.declared_by,
        }
    if len(declared) > MOST_FREEZES:
        raise ContractError(
            "too_many_freezes",
            f"{freeze.customer} already has {MOST_FREEZES} open freezes, which is the limit",
        )
    last = sorted(removed.items(), key=lambda each: str(each[1]))[-MOST_REMOVED:]
    return {"declared": declared, "removed": dict(last)}


def objections_to(freezes: CustomerFreezes, window: Window, now: datetime) -> Iterator[str]:
    """Yield why the customer does not want a change in this window, announced now."""
    for one in freezes.times:
        start, end = datetime.fromisoformat(one.start), datetime.fromisoformat(one.end)
        if start < window.end and end > window.start:
            yield in_freeze(one.name, start, end, window.timezone)
    notice = timedelta(hours=freezes.notice_hours)
    if window.start - now < notice:
        yield short_notice(window, notice, now)


def in_freeze(name: str, start: datetime, end: datetime, timezone: str) -> str:
    """Return a sentence: in which freeze a window is, in the time zone of the change."""
    zone = ZoneInfo(timezone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.time() == last.time() == time():  # whole days
        days = dict.fromkeys((f"{first:%Y-%m-%d}", f"{last - timedelta(days=1):%Y-%m-%d}"))
        return f"in the freeze {name!r} ({' to '.join(days)})"
    return f"in the freeze {name!r} ({first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}, {timezone})"


def short_notice(window: Window, notice: timedelta, now: datetime) -> str:
    """Return a sentence: how much notice a customer wants, and how much there is."""
    left = window.start - now
    if left <= timedelta(0):
        return f"it requires {in_words(notice)} of notice, but the window has begun"
    return f"it requires {in_words(notice)} of notice, but the window begins in {in_words(left)}"
