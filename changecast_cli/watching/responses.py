"""changecast responses: the answers of customers' people to a change."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from changecast.hub.announcing.announce import STATUS_TABLE
from changecast.hub.tracking.responses import answers, last_answers
from changecast.hub.tracking.revisions import revisions
from changecast.hub.tracking.table import statuses
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_csv, print_json
from changecast_cli.watching.runs import Run, answered, only, run_of
from changecast_cli.watching.status_csv import csv_text

Answer = dict[str, Any]
COLUMNS = ("change_id", "customer", "responder", "revision", "response", "windows", "comment",
           "superseded_by", "recorded_at")  # fmt: skip


def responses(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    customer: Annotated[
        str | None, typer.Option("--customer", "-c", help="Only this customer.")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Also show people's earlier answers.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, one row per answer.")] = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Show who approved, rejected, acknowledged or asked for another time, and why."""
    if as_json and as_csv:
        raise Refused("use either --json or --csv, not both")
    table = session(profile, region).resource("dynamodb").Table(STATUS_TABLE)
    rows = statuses(table, change_id)
    if not rows and not revisions(table, change_id):
        raise Refused(f"unknown change {change_id!r}. To list changes: changecast status")
    run = only(run_of(change_id, rows), customer=customer)
    given = {code: answers(table, change_id, code) for code in run["customers"]}
    shown = [
        _plain(one)
        for rows_of_one in given.values()
        for one in (rows_of_one if every else last_answers(rows_of_one))
    ]
    if as_csv:
        print_csv(csv_text(COLUMNS, [_cells(one) for one in shown]))
    elif as_json:
        print_json({"change_id": change_id, "customers": _summaries(run), "responses": shown})
    else:
        _show(run, shown)


def told(answer: Mapping[str, Any]) -> str:
    """Return an answer's details: the requested times, the reason, its revision."""
    newer = answer.get("superseded_by")
    said = [
        " or ".join(map(_window, answer.get("windows") or ())),
        answer.get("comment") or "",
        f"revision {int(newer)} was announced before this answer" if newer else "",
    ]
    return "; ".join(part for part in said if part)


def _window(window: Mapping[str, str]) -> str:
    start, end = (window[name][:16].replace("T", " ") for name in ("start", "end"))
    return f"{start} to {end} UTC"


def _plain(row: Mapping[str, Any]) -> Answer:
    names = (*COLUMNS, "event_id")
    whole = {name: int(row[name]) for name in ("revision", "superseded_by") if row[name]}
    return {name: row[name] for name in names} | whole


def _cells(answer: Answer) -> dict[str, Any]:
    windows = " or ".join(map(_window, answer["windows"]))
    return {name: answer[name] for name in COLUMNS} | {"windows": windows}


_ELSEWHERE = "its people cannot answer here (Responses=no)"
_UNHEARD = "no report yet, so nothing is known about answers"


def _summaries(run: Run) -> dict[str, Any]:
    return {code: one["responses"] for code, one in run["customers"].items()}


def _show(run: Run, shown: Sequence[Answer]) -> None:
    for code, one in run["customers"].items():
        says = answered(one) or ("no answers yet" if one["responses"] else _without(one))
        out.print(Text.assemble((code, "bold"), f"  {says}"))
    if shown:
        out.print(_table(shown))


def _without(customer: Mapping[str, Any]) -> str:
    """Return why a customer's reports count no answers."""
    return _ELSEWHERE if customer["reported_at"] else _UNHEARD


def _table(shown: Sequence[Answer]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    for name in ("WHEN (UTC)", "CUSTOMER", "REV", "ANSWER"):
        table.add_column(name, no_wrap=True)
    table.add_column("WHO", overflow="fold", ratio=1)
    table.add_column("SAYS", overflow="fold", ratio=3)
    for one in shown:
        table.add_row(
            Text(one["recorded_at"][:19].replace("T", " "), style="dim"),
            Text(one["customer"]),
            Text(str(one["revision"])),
            Text(one["response"].replace("_", " ")),
            Text(str(one["responder"] or "-")),
            Text(told(one)),
        )
    return table
