"""changecast history: everything that was announced and reported about a change, in order."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.discards import Discard, discards
from changecast.hub.tracking.findings import in_words
from changecast.hub.tracking.operator_actions import OperatorAction, actions_on
from changecast.hub.tracking.responses import answers
from changecast.hub.tracking.revisions import Record, reannouncements, revisions
from changecast.hub.tracking.table import history as reports_of
from changecast.hub.tracking.table import statuses
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.watching.announced_by import short
from changecast_cli.watching.responses import told
from changecast_cli.watching.status import refuse_unnamed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table as StatusTable

Entry = dict[str, Any]
_NAME_WIDTH = 45
# A file is this wide and more, and has one line for each entry.
WIDE = 160


def history(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: Annotated[
        str | None,
        typer.Option(
            "--customer", "-c", help="Leave out other customers' reports, answers and repairs."
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Show every report, including those that only update the counts."
        ),
    ] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show who announced what, who intervened, and what was reported.

    Repeated reports of the same state are shown as one line, with the time of the first report and
    the counts of the latest. To see every report, use --all or --json.
    """
    table = session(profile, region).resource("dynamodb").Table(STATUS_TABLE)
    records = revisions(table, change_id)
    named = named_customers(table, change_id, records)
    if named:
        refuse_unnamed(change_id, customer, named)
    requested = [customer] if customer else named
    reports = [report for code in requested for report in reports_of(table, change_id, code)]
    answered = [answer for code in requested for answer in answers(table, change_id, code)]
    entries = timeline(
        records,
        reannouncements(table, change_id),
        reports,
        discards(table, change_id),
        answered,
        [one for one in actions_on(table, change_id) if customer in (None, one.to)],
    )
    if not entries:
        raise Refused(f"unknown change {change_id!r}. To list changes: changecast status")
    if as_json:
        print_json({"change_id": change_id, "history": entries})
    else:
        shown = entries if everything else folded(entries)
        out.print(_table(shown, is_narrow=out.width < WIDE))
        if len(shown) < len(entries):
            out.print(f"[dim]{len(entries)} entries in {len(shown)} lines; --all shows each[/]")


def timeline(
    records: list[Record],
    again: list[Entry],
    reports: list[Entry],
    void: Sequence[Discard] = (),
    answered: Sequence[Entry] = (),
    actions: Sequence[OperatorAction] = (),
) -> list[Entry]:
    """Return one list by time; a customer's reports keep their own order, whatever its clock says.

    Reports are timed by when the hub received them.
    """
    entries = [
        {"at": record.announced_at, "revision": record.revision, "what": "announced",
         "who": record.announced_by, "says": _scope(record)}
        for record in records
    ]  # fmt: skip
    entries += [
        {"at": one["announced_at"], "revision": int(one["revision"]), "what": "announced again",
         "who": one["announced_by"], "says": f"to {one['to']} alone", "customer": one["to"]}
        for one in again
    ]  # fmt: skip
    entries += [
        {"at": one.discarded_at, "revision": one.revision, "what": "discarded",
         "who": one.discarded_by, "says": f"void everywhere{_answered_for(one)}"}
        for one in void
    ]  # fmt: skip
    entries += [
        {"at": one.at, "revision": one.revision, "what": one.action.value, "who": one.by,
         "says": _did(one), "customer": one.to}
        for one in actions
    ]  # fmt: skip
    entries += [
        {"at": one["received_at"], "revision": int(one["revision"]), "what": _state(one),
         "who": one["customer"], "says": _said(one), "customer": one["customer"],
         "reason": _reason(one)}
        for one in reports
    ]  # fmt: skip
    entries += [
        {"at": one["received_at"], "revision": int(one["revision"]), "what": one["response"],
         "who": f"{one['customer']}, {one['responder']}", "says": told(one)}
        for one in answered
    ]  # fmt: skip
    return sorted(entries, key=lambda entry: entry["at"])


def folded(entries: list[Entry]) -> list[Entry]:
    """Fold reports of one run that repeat its state: the newest numbers, how many, and when last.

    Reports of other runs may be between them. An operator's action on a customer's revision
    separates the reports before it from those after it.
    """
    kept: list[Entry] = []
    latest: dict[tuple[Any, ...], dict[str, Entry]] = {}
    for entry in entries:
        of_revision = latest.setdefault((entry.get("customer"), entry["revision"]), {})
        before = of_revision.get(_reminder(entry))
        if before and _repeats(entry, before):
            before |= {
                "times": before["times"] + 1, "last": entry["at"], "says": entry["says"],
            }  # fmt: skip
            continue
        kept.append({**entry, "times": 1, "last": entry["at"]})
        if "reason" not in entry:
            of_revision.clear()
        of_revision[_reminder(entry)] = kept[-1]
    return kept


def _reminder(entry: Entry) -> str:
    """Return which reminder a report is about; empty if it is about the revision's own run."""
    return str(entry["what"].rpartition(" ")[0])


def _repeats(entry: Entry, before: Entry) -> bool:
    """Return whether a report repeats the state of a run for the same reason."""
    same = ("what", "who", "reason")
    return "reason" in entry and all(before.get(name) == entry[name] for name in same)


def named_customers(table: "StatusTable", change_id: str, records: list[Record]) -> list[str]:
    """Return every customer that the change named.

    A change that was put without `announce` has statuses but no record.
    """
    recorded = [code for r in records for code in (*r.customers, *r.withdrawn)]
    return list(dict.fromkeys([*recorded, *(s["customer"] for s in statuses(table, change_id))]))


def _scope(record: Record) -> str:
    gone = f", withdrawn for {', '.join(record.withdrawn)}" if record.withdrawn else ""
    despite = f"; despite objections: {record.despite}" if record.despite else ""
    past = f"; unusual window accepted: {record.past}" if record.past else ""
    everybody = f"; everybody is mailed: {record.notify_all}" if record.notify_all else ""
    who = ", ".join(record.customers) or "nobody"
    return f"{record.status}, to {who}{gone}{despite}{past}{everybody}{_answered_for(record)}"


def _answered_for(record: Record | Discard) -> str:
    """Return who answers for an announcement or a discard, where two persons announce."""
    if record.break_glass:
        return f"; announced alone, without approval: {record.break_glass}"
    short_hash = record.approved_hash[:12]
    return f"; approved by {record.approved_by} (sha256 {short_hash})" if short_hash else ""


def _state(report: Entry) -> str:
    """Return the state of a run, with its reminder."""
    reminder = report.get("reminder")
    return f"reminder {reminder['before']} {report['state']}" if reminder else report["state"]


def _said(report: Entry) -> str:
    counts = {name: int(number) for name, number in report["counts"].items() if number}
    said = ", ".join(f"{number} {name}" for name, number in counts.items())
    return "; ".join(part for part in (said, _reason(report)) if part)


def _reason(report: Entry) -> str:
    return in_words(str(report["state"]), report.get("reason"))


def _did(action: OperatorAction) -> str:
    return f"{action.to}: {action.says}" if action.says else action.to


def _table(entries: list[Entry], *, is_narrow: bool) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    for name in ("WHEN (UTC)", "REV", "WHAT"):
        table.add_column(name, no_wrap=True)
    if is_narrow:
        _fill_narrow(table, entries)
    else:
        _fill_wide(table, entries)
    return table


def _fill_wide(table: Table, entries: list[Entry]) -> None:
    table.add_column("WHO", no_wrap=True)
    table.add_column("SAYS", overflow="fold", ratio=1)
    for entry in entries:
        table.add_row(*_first_cells(entry, _clock(entry["at"])), Text(short(entry["who"])),
                      Text(entry["says"] + _repeated(entry)))  # fmt: skip


def _fill_narrow(table: Table, entries: list[Entry]) -> None:
    """Fill a table with a line for each day, and who did or reported it in one column."""
    table.add_column("WHO AND HOW", overflow="fold", ratio=1)
    day = ""
    for entry in entries:
        if (today := entry["at"][:10]) != day:
            table.add_row(Text(day := today, style="dim"))
        who, says = short(entry["who"]), entry["says"] + _repeated(entry)
        said = f"{who}: {says}" if "reason" in entry else f"{_name(who)}\n{says}"
        table.add_row(*_first_cells(entry, entry["at"][11:19]), Text(said.rstrip()))


def _first_cells(entry: Entry, when: str) -> tuple[Text, ...]:
    by_a_person = "reason" not in entry
    return (
        Text(when, style="dim"),
        Text(str(entry["revision"])),
        Text(entry["what"].replace("_", " "), style="bold" if by_a_person else ""),
    )


def _name(who: str) -> str:
    """Return who it was, a long name in two lines so that no word is broken."""
    return who if len(who) <= _NAME_WIDTH else who.replace("/", "/\n")


def _repeated(entry: Entry) -> str:
    """Return how often a report was repeated, and when last; the day only if it is another one."""
    times = entry.get("times", 1)
    last = _clock(entry.get("last") or entry["at"])
    if last[:10] == entry["at"][:10]:
        last = last[11:]
    return f" ({times} times, last {last})" if times > 1 else ""


def _clock(at: str) -> str:
    return at[:19].replace("T", " ")
