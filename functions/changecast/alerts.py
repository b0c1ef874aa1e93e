"""What people are told when something is wrong, and when it is mended again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from changecast.findings import Row

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

SUBJECT_LIMIT = 100
# SNS takes 256 KB; a line may list every customer, and 20 such lines are too many.
LINE_LIMIT = 2_000
MOST_LISTED = 20
# No mail, and no XML in which SNS would answer, has room for these.
_SIGNLESS = re.compile("[\x00-\x1f\x7f-\x9f\ufffe\uffff]")


@dataclass(frozen=True)
class Alert:
    """One message; `attributes` (event, cause, customer, change_id) are for filters."""

    subject: str
    text: str
    attributes: Mapping[str, str]


def found(row: Row) -> Alert:
    """A delivery that somebody must look at; the row has its finding."""
    finding = row["finding"]
    lines = [
        *_lines(row),
        ("Cause", f"{finding['cause']}: {finding['message']}"),
        ("See", finding["command"]),
        ("Page", page(finding["cause"])),
    ]
    return _about(row, "found", finding["cause"], lines)


def mended(row: Row) -> Alert:
    """What was found before is over; `row` has the finding and where the delivery stands now."""
    finding = row["finding"]
    lines = [
        *_lines(row),
        ("Mended", f"{finding['cause']}, found {finding['found_at']}; it is {row['state']} now"),
        ("See", f"changecast status {row['change_id']}"),
    ]
    return _about(row, "mended", finding["cause"], lines)


def facts(items: Sequence[Row]) -> Alert:
    """Announcements or reports that are not what they should be: of one cause and origin."""
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


def rejected_file(key: str, reason: str, copy: str) -> Alert:
    """A file of the intake bucket that cannot be announced."""
    name = key.rpartition("/")[2]
    lines = [
        ("File", key),
        ("Cause", f"rejected_file: {reason}"),
        ("See", f"aws s3 cp {quote(copy)} -"),
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
            name: {"DataType": "String", "StringValue": value}
            for name, value in alert.attributes.items()
        },
    )


def page(cause: str) -> str:
    """The runbook's page about a cause."""
    return f"docs/runbook/{cause.replace('_', '-')}.md"


def what_happened(item: Row) -> str:
    """A fact or a refused report, in a sentence."""
    if "message" in item:
        return f"{item['message']} ({item['found_at']})"
    if item["cause"] == "forged":
        return (
            f"account {item['account']} reported for {item['customer']!r} as {item['source']} "
            f"({item['received_at']})"
        )
    reason = item.get("reason") or {}
    return f"{reason.get('code')}: {reason.get('message')} ({item['received_at']})"


def _command(item: Row) -> str:
    if not item["pk"].startswith("unplaced#"):
        return f"changecast history {item['change_id']}"
    return (
        "aws dynamodb query --table-name changecast-status --key-condition-expression 'pk = :pk' "
        f'--expression-attribute-values \'{{":pk":{{"S":"{item["pk"]}"}}}}\''
    )


def _about(row: Row, event: str, cause: str, lines: list[tuple[str, str]]) -> Alert:
    change_id, customer = row.get("change_id") or "", row.get("customer") or ""
    whose = f" for {customer}" if customer else ""
    attributes = {"event": event, "cause": cause, "customer": customer, "change_id": change_id}
    prefix = "mended, " if event == "mended" else ""
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
    return f"{row['change_id']} revision {row['revision']}{title}"


def _subject(text: str) -> str:
    """SNS wants at most 100 printable ASCII characters."""
    plain = "".join(one if one.isascii() and one.isprintable() else "?" for one in text)
    return f"Changecast: {plain}"[:SUBJECT_LIMIT]


def _text(lines: list[tuple[str, str]]) -> str:
    """A line each, whatever a title, a reason or a file's name may hold."""
    short = (
        (name, " ".join(_SIGNLESS.sub(" ", value).split())[:LINE_LIMIT]) for name, value in lines
    )
    return "".join(f"{name + ':':11}{value}\n" for name, value in short)
