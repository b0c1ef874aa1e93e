"""changecast history: everything that was announced and reported about a change, in order."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from boto3.dynamodb.conditions import Key
from rich.table import Table
from rich.text import Text

from changecast.announce import STATUS_TABLE
from changecast.records import Record, change_key, revisions
from changecast.status_table import history as reports_of
from changecast.status_table import statuses
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.watching.announced_by import short

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table as StatusTable

Entry = dict[str, Any]


def history(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only this customer's reports.")
    ] = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show who announced what when, and every report since: the record that nobody edits."""
    table = session(profile, region).resource("dynamodb").Table(STATUS_TABLE)
    records = revisions(table, change_id)
    wanted = [customer] if customer else told(table, change_id, records)
    reports = [report for code in wanted for report in reports_of(table, change_id, code)]
    condition = Key("pk").eq(change_key(change_id)) & Key("sk").begins_with("again#")
    again = table.query(KeyConditionExpression=condition)["Items"]
    entries = timeline(records, again, reports)
    if not entries:
        raise Refused(f"nothing is known of a change {change_id!r}; see `changecast status`")
    if as_json:
        print_json({"change_id": change_id, "history": entries})
    else:
        out.print(_table(folded(entries)))


def timeline(records: list[Record], again: list[Entry], reports: list[Entry]) -> list[Entry]:
    """One list by time; within one customer reports keep their own order, whatever its clock says.

    Reports are timed by when the hub received them.
    """
    entries = [
        {"at": r.announced_at, "revision": r.revision, "what": "announced", "who": r.announced_by,
         "says": _scope(r)}
        for r in records
    ]  # fmt: skip
    entries += [
        {"at": one["announced_at"], "revision": int(one["revision"]), "what": "announced again",
         "who": one["announced_by"], "says": f"to {one['to']} alone"}
        for one in again
    ]  # fmt: skip
    entries += [
        {"at": one["received_at"], "revision": int(one["revision"]), "what": one["state"],
         "who": one["customer"], "says": _said(one)}
        for one in reports
    ]  # fmt: skip
    return sorted(entries, key=lambda entry: entry["at"])


def folded(entries: list[Entry]) -> list[Entry]:
    """What the same customer says again and again, once: with how often, and when last."""
    kept: list[Entry] = []
    latest: dict[str, Entry] = {}
    for entry in entries:
        before = latest.get(entry["who"])
        if before and all(before[name] == entry[name] for name in ("revision", "what", "says")):
            before |= {"times": before["times"] + 1, "last": entry["at"]}
        else:
            latest[entry["who"]] = {**entry, "times": 1, "last": entry["at"]}
            kept.append(latest[entry["who"]])
    return kept


def told(table: "StatusTable", change_id: str, records: list[Record]) -> list[str]:
    """Whom the change named; one that was put without `announce` has statuses and no record."""
    recorded = [code for r in records for code in (*r.customers, *r.withdrawn)]
    return list(dict.fromkeys([*recorded, *(s["customer"] for s in statuses(table, change_id))]))


def _scope(record: Record) -> str:
    gone = f", withdrawn for {', '.join(record.withdrawn)}" if record.withdrawn else ""
    return f"{record.status}, to {', '.join(record.customers) or 'nobody'}{gone}"


def _said(report: Entry) -> str:
    counts = {name: int(number) for name, number in report["counts"].items() if number}
    said = ", ".join(f"{number} {name}" for name, number in counts.items())
    reason = (report.get("reason") or {}).get("message", "")
    return "; ".join(part for part in (said, reason) if part)


def _table(entries: list[Entry]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    for name in ("WHEN (UTC)", "REV", "WHAT"):
        table.add_column(name, no_wrap=True)
    table.add_column("WHO", overflow="fold", ratio=2)
    table.add_column("SAYS", overflow="fold", ratio=3)
    for entry in entries:
        announced = entry["what"].startswith("announced")
        table.add_row(
            Text(_clock(entry["at"]), style="dim"),
            Text(str(entry["revision"])),
            Text(entry["what"].replace("_", " "), style="bold" if announced else ""),
            Text(short(entry["who"])),
            Text(entry["says"] + _repeated(entry)),
        )
    return table


def _repeated(entry: Entry) -> str:
    return f" ({entry['times']} times, last {_clock(entry['last'])})" if entry["times"] > 1 else ""


def _clock(at: str) -> str:
    return at[:19].replace("T", " ")
