"""Alerts to people: something is wrong, or is resolved again."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from shlex import quote
from typing import TYPE_CHECKING

from changecast.contract.change import utc
from changecast.contract.pause_code import PauseCode, pause_of
from changecast.hub.tracking.commands import (
    MISSED,
    REPAIR,
    RESUME,
    RESUMES_AUTOMATICALLY,
    filled,
    repeating,
)
from changecast.hub.tracking.findings import ANSWERED, SILENT, Cause
from changecast.hub.tracking.open_windows import ending
from changecast.hub.tracking.schema import Row, is_unplaced

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SUBJECT_LIMIT = 100
# SNS accepts 256 KB; a line may list every customer, and 20 such lines are too many.
LINE_LIMIT = 2_000
MOST_LISTED = 20
# Characters that neither a mail nor SNS's XML response can have.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True)
class Alert:
    """One message; `attributes` (event, cause, customer, change_id) are for filters."""

    subject: str
    text: str
    attributes: Mapping[str, str]


def found(rows: Sequence[Row]) -> Alert:
    """Return the alert about deliveries with one cause; each row has its finding."""
    return _found_one(rows[0]) if len(rows) == 1 else _found_several(rows)


def _found_one(row: Row) -> Alert:
    finding = row["finding"]
    lines = [
        *_lines(row),
        ("Cause", f"{finding['cause']}: {finding['message']}"),
        ("Since", _since(row)),
        ("See", finding["command"]),
        ("Repair", repair(row)),
        *(("Then", each) for each in then(row)),
        ("Page", _page_of(row)),
    ]
    return _about(row, "found", finding["cause"], lines)


def _found_several(rows: Sequence[Row]) -> Alert:
    """Return one alert for several deliveries: a fault in an account affects all of its changes."""
    cause = rows[0]["finding"]["cause"]
    customers = sorted({row["customer"] for row in rows})
    listed = rows[:MOST_LISTED]
    more = len(rows) - len(listed)
    lines = [
        ("Cause", f"{cause}, {len(rows)} deliveries"),
        ("Customers", ", ".join(customers)),
        ("Since", min(map(_since, rows))),
        *(("What", f"{row['customer']}: {_which(row)}: {row['finding']['message']}")
          for row in listed),
        *([("What", f"and {more} more: changecast status --failed")] if more else []),
        *(("Repair", each) for each in dict.fromkeys(map(repair, listed))),
        *(("Then", each) for each in dict.fromkeys(chain.from_iterable(map(then, listed)))),
        *(("Page", each) for each in dict.fromkeys(map(_page_of, listed))),
    ]  # fmt: skip
    attributes = {
        "event": "found",
        "cause": cause,
        "customer": _one_or_list(customers),
        "change_id": _one_or_list(sorted({row["change_id"] for row in rows})),
    }
    who = f"{len(customers)} customers" if len(customers) > 1 else customers[0]
    subject = f"{cause}: {len(rows)} deliveries for {who}"
    return Alert(_subject(subject), _text(lines), attributes)


def _since(row: Row) -> str:
    """Return since when the cause exists, by the table; never later than when the watch noticed it.

    A silent customer is silent since its last report, or else since the announcement.
    """
    finding, known = row["finding"], None
    if finding["cause"] not in SILENT:
        known = (row.get("reason") or row.get("rejection") or {}).get("at")
    times = [finding["found_at"], known or row.get("reported_at") or row.get("announced_at")]
    return utc(min(datetime.fromisoformat(each) for each in times if each))


def _one_or_list(values: Sequence[str]) -> str:
    """Return a filter's value: a text for one value, otherwise a JSON list."""
    return values[0] if len(values) == 1 else json.dumps(values)


def repair(row: Row) -> str:
    """Return the command that repairs a delivery, or shows what must be repaired first."""
    command = RESUME if _is_resumed_first(row) else REPAIR[Cause(row["finding"]["cause"])]
    return _filled(command, row)


def then(row: Row) -> list[str]:
    """Return what follows once the cause is repaired; nothing if the repair is enough."""
    cause = Cause(row["finding"]["cause"])
    if cause in MISSED:
        return [_filled(repeating(cause), row)]
    if cause is not Cause.PAUSED or _is_resumed_first(row):
        return []
    return [RESUMES_AUTOMATICALLY if _resumes_by_itself(row) else _filled(RESUME, row)]


def _filled(command: str, row: Row) -> str:
    """Return a command about a row; a command about one run names its reminder."""
    reminder = (row.get("reminder") or {}).get("before", "")
    return filled(command, row["change_id"], row["customer"], reminder)


def _is_resumed_first(row: Row) -> bool:
    """Return whether a run is paused for a cause that needs no repair in the account."""
    code = _pause(row)
    return code is not None and not code.needs_repair


def _resumes_by_itself(row: Row) -> bool:
    """Return whether a run is paused, and resumes without an operator once its cause is gone."""
    code = _pause(row)
    return code is not None and code.automatic


def _pause(row: Row) -> PauseCode | None:
    """Return why a run is paused; None if it is not, or for a reason that is not known."""
    is_paused = row["finding"]["cause"] == Cause.PAUSED
    return pause_of(row) if is_paused else None


def resolved(row: Row) -> Alert:
    """Return the alert that a finding is over; `row` has it and the delivery's current state."""
    finding = row["finding"]
    lines = [
        *_lines(row),
        (
            "Resolved",
            f"{finding['cause']}, found at {finding['found_at']}; the delivery's state is now "
            f"{_standing(row)}",
        ),
        ("See", f"changecast status {row['change_id']}"),
    ]
    return _about(row, "resolved", finding["cause"], lines)


def _standing(row: Row) -> str:
    counts = row.get("counts") or {}
    of = f", {counts.get('sent', 0)} of {counts['planned']} mails" if counts.get("planned") else ""
    return f"{row['state']}{of}"


def overdue(rows: Sequence[Row]) -> Alert:
    """Return the alert about open changes whose window is over; each row has its finding."""
    first, listed = rows[0], rows[:MOST_LISTED]
    customers = sorted({code for row in rows for code in row["customers"]})
    more = len(rows) - len(listed)
    lines = [
        (
            "Cause",
            f"{first['finding']['cause']}: the window is over, and nobody announced how the "
            "change ended",
        ),
        *(("Change", f"{_which(row)}, until {row['window_end']}") for row in listed),
        *([("Change", f"and {more} more: changecast status")] if more else []),
        ("Customers", ", ".join(customers)),
        ("Since", min(row["window_end"] for row in rows)),
        ("See", first["finding"]["command"]),
        *(("Repair", each) for each in dict.fromkeys(map(ending, listed))),
        ("Page", page(first["finding"]["cause"])),
    ]
    what = first["change_id"] if len(rows) == 1 else f"{len(rows)} changes"
    attributes = _overdue_attributes("found", rows, customers)
    return Alert(_subject(f"overdue: {what}"), _text(lines), attributes)


def overdue_resolved(row: Row, cause: str) -> Alert:
    """Return the alert that an overdue change is completed, cancelled, moved or discarded."""
    is_moved = row["open"]
    now = f"its window now ends at {row['window_end']}" if is_moved else f"it is {row['status']}"
    lines = [
        ("Change", _which(row)),
        ("Customers", ", ".join(row["customers"])),
        ("Resolved", f"{cause}; {now}, revision {row['revision']}"),
        ("See", f"changecast status {row['change_id']}"),
    ]
    attributes = _overdue_attributes("resolved", [row], row["customers"])
    return Alert(_subject(f"resolved, {cause}: {row['change_id']}"), _text(lines), attributes)


def _overdue_attributes(
    event: str, rows: Sequence[Row], customers: Sequence[str]
) -> dict[str, str]:
    attributes = {"event": event, "cause": Cause.OVERDUE.value}
    attributes["change_id"] = _one_or_list(sorted({row["change_id"] for row in rows}))
    return attributes | ({"customer": _one_or_list(customers)} if customers else {})


def facts(items: Sequence[Row]) -> Alert:
    """Return the alert about wrong announcements or reports with the same cause and origin."""
    first = items[0]
    lines = [
        ("Change", _which(first)),
        ("Customer", first.get("customer") or "-"),
        ("Account", first.get("account") or "-"),
        ("Cause", first["cause"] + (f", {len(items)} times" if len(items) > 1 else "")),
        *(("What", what_happened(item)) for item in items[:MOST_LISTED]),
        ("See", _command(first)),
        ("Page", page(first["cause"])),
    ]
    return _about(first, "found", first["cause"], lines)


def rejected_file(key: str, cause: str, reason: str, copy: str) -> Alert:
    """Return the alert about a file of the intake bucket that cannot be announced.

    `cause` is the first fault. `reason` is the address of the file that lists every fault, `copy`
    that of the rejected file.
    """
    name = key.rpartition("/")[2]
    lines = [
        ("File", key),
        ("Cause", f"rejected_file: {cause}"),
        ("See", f"aws s3 cp {quote(reason)} -"),
        ("Copy", f"aws s3 cp {quote(copy)} -"),
        ("Page", page("rejected_file")),
    ]
    attributes = {"event": "found", "cause": "rejected_file"}
    return Alert(_subject(f"rejected_file: {name}"), _text(lines), attributes)


def publish(sns: "SNSClient", topic: str, alert: Alert) -> None:
    """Send an alert to the topic.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    sns.publish(
        TopicArn=topic,
        Subject=alert.subject,
        Message=alert.text,
        MessageAttributes={
            name: {"DataType": _type(value), "StringValue": value}
            for name, value in alert.attributes.items()
        },
    )


def _type(value: str) -> str:
    """Return the data type of a value: a string, or a list that filters match by any value."""
    return "String.Array" if value.startswith("[") else "String"


def page(cause: str) -> str:
    """Return the runbook's page about a cause."""
    return f"docs/runbook/{cause.replace('_', '-')}.md"


def _page_of(row: Row) -> str:
    """Return the page about a delivery: some pauses have a page of their own."""
    code = _pause(row)
    return page(code.runbook if code else row["finding"]["cause"])


def what_happened(item: Row) -> str:
    """Return a sentence about a fact or a refused report."""
    if "message" in item:
        return f"{item['message']} ({item['found_at']})"
    if item["cause"] == "forged":
        return (
            f"account {item['account']} reported for customer {item['customer']!r} with source "
            f"{item['source']} ({item['received_at']})"
        )
    reason = item.get("reason") or {}
    return f"{reason.get('code')}: {reason.get('message')} ({item['received_at']})"


def _command(item: Row) -> str:
    if not is_unplaced(item):
        verb = "responses" if item["cause"] in ANSWERED else "history"
        return f"changecast {verb} {item['change_id']}"
    return (
        "aws dynamodb query --table-name changecast-status --key-condition-expression 'pk = :pk' "
        f'--expression-attribute-values \'{{":pk":{{"S":"{item["pk"]}"}}}}\''
    )


def _about(row: Row, event: str, cause: str, lines: list[tuple[str, str]]) -> Alert:
    change_id, customer = row.get("change_id") or "", row.get("customer") or ""
    whose = f" for {customer}" if customer else ""
    attributes = {"event": event, "cause": cause, "customer": customer, "change_id": change_id}
    prefix = "resolved, " if event == "resolved" else ""
    return Alert(
        _subject(f"{prefix}{cause}: {change_id or 'no change'}{whose}"),
        _text(lines),
        {name: value for name, value in attributes.items() if value},
    )


def _lines(row: Row) -> list[tuple[str, str]]:
    when = f"{row.get('announced_at', 'unknown')} by {row.get('announced_by', 'unknown')}"
    return [("Change", _which(row)), ("Customer", row["customer"]), ("Announced", when)]


def _which(row: Row) -> str:
    if not row.get("change_id"):
        return "unknown"
    title = f", {row['title']}" if row.get("title") else ""
    reminder = f", reminder {row['reminder']['before']}" if row.get("reminder") else ""
    return f"{row['change_id']} revision {row['revision']}{title}{reminder}"


def _subject(text: str) -> str:
    """Return a subject for SNS: at most 100 printable ASCII characters."""
    plain = "".join(one if one.isascii() and one.isprintable() else "?" for one in text)
    return f"Changecast: {plain}"[:SUBJECT_LIMIT]


def _text(lines: list[tuple[str, str]]) -> str:
    """Return the lines as text, one line each, whatever a title, reason or file name contains."""
    short = (
        (name, " ".join(_UNPRINTABLE.sub(" ", value).split())[:LINE_LIMIT]) for name, value in lines
    )
    return "".join(f"{name + ':':11}{value}\n" for name, value in short)
