"""What was announced and what has become of it: sentences, a table that moves, an exit status."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer
from rich.live import Live
from rich.markup import escape

from changecast.contract.change import utc
from changecast.contract.delivery_reported import RunState
from changecast.hub.announcing.announce import Announcement, Hub, Outcome
from changecast_cli.announcing.documents import DocumentFile
from changecast_cli.announcing.dry_run import lines_of
from changecast_cli.announcing.outlook import Outlook
from changecast_cli.failures import FAILED, NOT_YET, say, warn
from changecast_cli.terminal import out, print_json, some_of
from changecast_cli.watching.advice import (
    STRAY_PAGE,
    is_refused,
    is_stuck,
    is_suspect,
    next_steps,
)
from changecast_cli.watching.runs import (
    Look,
    Run,
    follow,
    is_bad,
    is_final,
    run_of,
    seen_as_reported,
)
from changecast_cli.watching.status import say_next, strays_of
from changecast_cli.watching.tables import runs_table

_WORDS = {
    Outcome.ANNOUNCED: "announced to",
    Outcome.ANNOUNCED_AGAIN: "was already announced; its event was sent again to",
    Outcome.OLDER: "was announced earlier to",
    Outcome.DRAFT: "is a draft, so nobody is told; it names",
    Outcome.DRY_RUN: "would be announced to",
    Outcome.DISCARDED: "is void. Customers told of this now:",
}
_ANNOUNCED_ALREADY = (
    "is already announced. Announcing it again mails nobody twice, but sends its event again to"
)
_REFUSED = "would be refused, so nobody would be told; it names"
# Beyond this, the doctor looks at everybody.
_NAMED = 3
IsOver = Callable[[dict[str, Any]], bool]
_PUT = frozenset({Outcome.ANNOUNCED, Outcome.ANNOUNCED_AGAIN})


def show(
    hub: Hub,
    documents: list[DocumentFile],
    announced: list[Announcement],
    *,
    wait: float,
    as_json: bool,
    plans: list[list[Outlook]] | None = None,
    refused: Sequence[Path] = (),
    look: Look = seen_as_reported,
) -> None:
    """Print what was announced and, with `wait`, the results.

    Raises:
        typer.Exit: 1 if somebody was not told, 3 if it is not finished after the wait.
    """
    runs: list[Run] = []
    for number, (document, one) in enumerate(zip(documents, announced, strict=True)):
        if not as_json:
            words = _REFUSED if document.path in refused else _words(one)
            _tell(document, one, plans[number] if plans else [], words)
        if wait and one.outcome in _PUT:
            wait_for = final_run if as_json else _watched_run
            runs.append(wait_for(hub, one, wait, is_stuck, look))
    if as_json:
        told = {"announced": [_plain(one) for one in announced], "runs": runs}
        print_json(
            told | ({"plans": [[asdict(o) for o in each] for each in plans]} if plans else {})
        )
    _exit_unless_told(hub, runs, wait)


def _exit_unless_told(hub: Hub, runs: list[Run], wait: float) -> None:
    """Print what went wrong or is not finished, and exit with that status."""
    lost = [sentence for run in runs for sentence in _superseded_by_strays(hub, run)]
    lost += [sentence for run in runs for sentence in _unreachable(run)]
    for sentence in lost:
        say(sentence)
    say_next(step for run in runs for step in next_steps(run))
    if lost or any(is_bad(customer) for run in runs for customer in run["customers"].values()):
        raise typer.Exit(FAILED)
    late = [sentence for run in runs for sentence in unfinished(run, wait)]
    for sentence in late:
        warn(sentence)
    if late:
        raise typer.Exit(NOT_YET)


def unfinished(run: Run, wait: float) -> Iterator[str]:
    """Yield a sentence for each run that did not finish during the wait."""
    still = {
        code: f"{code} ({one['state']})"
        for code, one in run["customers"].items()
        if not is_final(one)
    }
    if still:
        doctor = (
            "--all" if len(still) > _NAMED else f"--hub --customer {' --customer '.join(still)}"
        )
        yield (
            f"{run['change_id']} is not finished after {wait:g} s at "
            f"{some_of([*still.values()], _NAMED)}. Watch it: changecast status "
            f"{run['change_id']} --watch. If nothing changes for a minute: changecast doctor "
            f"{doctor}"
        )


def _unreachable(run: Run) -> Iterator[str]:
    """Yield a sentence for each customer that did not get the announcement, or cannot report."""
    for code, customer in run["customers"].items():
        if is_suspect(customer):
            yield f"{run['change_id']} does not reach {code}: {customer['reason']['message']}"
        elif is_refused(customer):
            yield (
                f"nobody can tell yet who was told of {run['change_id']} at {code}: "
                f"{customer['reason']['message']}"
            )


def _superseded_by_strays(hub: Hub, run: Run) -> Iterator[str]:
    """Yield a sentence for each run that was superseded by a revision not announced here."""
    codes = [
        code
        for code, customer in run["customers"].items()
        if customer["state"] == RunState.SUPERSEDED
    ]
    newer = codes and [
        one for one in strays_of(hub.table, run["change_id"]) if one > run["revision"]
    ]
    if newer:
        yield (
            f"{run['change_id']} revision {run['revision']} was superseded at "
            f"{', '.join(codes)} by revision {newer[-1]}, which was not announced "
            "here. People who were not mailed before get nothing. To void that "
            f"revision: changecast discard {run['change_id']} --revision {newer[-1]} "
            f"({STRAY_PAGE})"
        )


def final_run(
    hub: Hub,
    announced: Announcement,
    seconds: float,
    is_over: IsOver = is_final,
    look: Look = seen_as_reported,
) -> Run:
    """Return the run once all have finished or `seconds` are over; empty if nothing was put."""
    if announced.outcome not in _PUT:
        return run_of(announced.change_id, [])
    return list(_following(hub, announced, seconds, is_over, look))[-1]


def _watched_run(
    hub: Hub, announced: Announcement, seconds: float, is_over: IsOver, look: Look
) -> Run:
    """Wait like `final_run`, and show progress on a terminal."""
    if not out.is_terminal:
        run = final_run(hub, announced, seconds, is_over, look)
        out.print(runs_table([run]))
        return run
    run = {}
    with Live(console=out, auto_refresh=False) as screen:
        for run in _following(hub, announced, seconds, is_over, look):
            screen.update(runs_table([run]), refresh=True)
    return run


def _following(
    hub: Hub, announced: Announcement, seconds: float, is_over: IsOver, look: Look
) -> Iterator[Run]:
    return follow(
        hub.table,
        announced.change_id,
        announced.revision,
        (*announced.customers, *announced.withdrawn),
        seconds=seconds,
        announced_at=utc(datetime.now(UTC)),
        is_over=is_over,
        look=look,
    )


def _words(announced: Announcement) -> str:
    if announced.newer:
        return _WORDS[Outcome.OLDER]
    if announced.outcome is Outcome.DRY_RUN and announced.already_put:
        return _ANNOUNCED_ALREADY
    return _WORDS[announced.outcome]


def _tell(document: DocumentFile, announced: Announcement, plan: list[Outlook], words: str) -> None:
    who = ", ".join(announced.customers) or "nobody"
    gone = f", withdrawn for {', '.join(announced.withdrawn)}" if announced.withdrawn else ""
    out.print(
        f"{escape(str(document.path))}: {escape(announced.change_id)} revision "
        f"{announced.revision} {words} {escape(who)}{gone}",
    )
    for warning in announced.warnings:
        out.print(f"  [yellow]warning[/] {escape(warning)}")
    for line in (line for one in plan for line in lines_of(one)):
        out.print(line, markup=False)


def _plain(announced: Announcement) -> dict[str, Any]:
    kept = asdict(replace(announced, details=()))
    del kept["details"]
    return {**kept, "outcome": announced.outcome.value}
