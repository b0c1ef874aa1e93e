"""changecast announce: change documents become events for every customer that they name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.live import Live
from rich.markup import escape

from changecast.contract.change import utc
from changecast.contract.delivery_reported import RunState
from changecast.contract.errors import ChangecastError, ContractError
from changecast.hub.announcing.announce import (
    Announcement,
    Hub,
    Outcome,
    connect,
    old_file,
    placed_document,
)
from changecast.hub.announcing.announce import announce as announce_document
from changecast.hub.announcing.freeze_gate import Objections
from changecast.hub.announcing.metadata import MetadataFault
from changecast.hub.registry import Customer
from changecast.hub.tracking.open_windows import open_changes
from changecast.hub.tracking.revisions import Record
from changecast_cli.announcing.clashes import clash_lines
from changecast_cli.announcing.documents import DocumentFile, read_files
from changecast_cli.announcing.dry_run import lines_of, outlooks
from changecast_cli.announcing.freezes import (
    DEFAULT_FOLDER,
    objections,
    refuse_missing_folder,
)
from changecast_cli.announcing.outlook import Outlook
from changecast_cli.announcing.proposing import announce_alone, person_of, proposal_for
from changecast_cli.failures import (
    BAD_INPUT,
    FAILED,
    NOT_YET,
    Failed,
    Refused,
    explained,
    place,
    say,
    say_faults,
    warn,
)
from changecast_cli.options import As, AsJson, Files, Profile, Region, session
from changecast_cli.terminal import out, print_json, some_of
from changecast_cli.watching.advice import STRAY_PAGE, is_stuck, is_suspect, next_steps
from changecast_cli.watching.runs import (
    Look,
    Run,
    follow,
    is_bad,
    is_final,
    run_of,
    seen_as_reported,
)
from changecast_cli.watching.silence import looking
from changecast_cli.watching.status import say_next, strays_of
from changecast_cli.watching.tables import runs_table

_WORDS = {
    Outcome.ANNOUNCED: "announced to",
    Outcome.ANNOUNCED_AGAIN: "was already announced; its event was sent again to",
    Outcome.OLDER: "was announced earlier to",
    Outcome.DRAFT: "is a draft, so nobody is told; it names",
    Outcome.DRY_RUN: "would be announced to",
    Outcome.DISCARDED: "is void; announced now to:",
}
_ANNOUNCED_ALREADY = (
    "is announced already. Announcing it again mails nobody twice, but sends its event again to"
)
_REFUSED = "would be refused, so nobody would be told; it names"
# Beyond this, the doctor looks at everybody.
_NAMED = 3
IsOver = Callable[[dict[str, Any]], bool]
Way = Callable[..., Announcement]
_PUT = frozenset({Outcome.ANNOUNCED, Outcome.ANNOUNCED_AGAIN})


Confidential = Annotated[
    bool,
    typer.Option(
        "--confidential",
        help="Send each customer its own event, which does not name other customers.",
    ),
]
Test = Annotated[
    bool,
    typer.Option(
        "--test", help="Mark the announcement as a test, and mail only the allowed recipients."
    ),
]
ChangeId = Annotated[
    str | None, typer.Option(help="The change's ID, if the document has no ID or ticket.")
]
Freezes = Annotated[
    Path,
    typer.Option(
        help="Folder with the customers' freezes, one calendar file (CODE.ics) per customer."
    ),
]
Despite = Annotated[
    str,
    typer.Option(
        help="Announce despite a freeze or short notice; the reason stays in the history."
    ),
]
Past = Annotated[
    str,
    typer.Option(
        help="Accept a window that is over, has begun or looks like a typo; give the reason."
    ),
]
RequireApprovals = Annotated[
    bool,
    typer.Option(
        "--require-approvals",
        help="Refuse an approved change if one of its customers has not approved it.",
    ),
]
NotifyAll = Annotated[
    str,
    typer.Option(
        help="Mail everybody even though nothing that readers see has changed; give the reason."
    ),
]


def announce(
    files: Files,
    wait: Annotated[
        float,
        typer.Option(
            help="Seconds to wait for all results; exits with 3 if some are still missing.", min=0
        ),
    ] = 0,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check everything and show the result; announce nothing."),
    ] = False,
    confidential: Confidential = False,
    test: Test = False,
    change_id: ChangeId = None,
    freezes: Freezes = DEFAULT_FOLDER,
    despite: Despite = "",
    past: Past = "",
    require_approvals: RequireApprovals = False,
    notify_all: NotifyAll = "",
    break_glass: Annotated[
        str,
        typer.Option(
            help="In an emergency, announce without a second person (TwoPerson=yes); give "
            "the reason. Sends an alert."
        ),
    ] = "",
    as_person: As = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce changes to every customer that they name, and to nobody else.

    Checks all files before it announces any. Announcing the same file again mails nobody twice.
    """
    refuse_missing_folder(freezes)
    documents = read_files(files)
    own = session(profile, region)
    hub = connect(own)
    way = _way(own, hub, break_glass, as_person, dry_run=dry_run)
    refuse_faulty(documents, hub.customers, change_id=change_id)
    options: dict[str, Any] = {
        "hub": hub,
        "change_id": change_id,
        "confidential": confidential,
        "test": test,
        "despite": despite,
        "past": past,
        "require_approvals": require_approvals,
        "notify_all": notify_all,
        "objections": objections(hub.table, freezes),
    }
    # Faults that only show when the event is made (too large, taken revision) must show before any
    # put.
    if dry_run:
        known, refusals = _rehearsed_despite_objections(documents, options)
        plans = outlooks(own, hub, known, freezes)
        for sentence in refusals.values():
            say(sentence)
        show(hub, documents, known, wait=0, as_json=as_json, plans=plans, refused=[*refusals])
        if refusals or _old_files(documents, known):
            raise typer.Exit(BAD_INPUT)
        return
    known = _rehearsals(documents, options)
    _refuse_old_files(documents, known)
    clashes = warn_of_clashes(hub, known, options)
    announced, stop = _put_until_one_fails(documents, options, way)
    announced = [
        replace(one, warnings=(*one.warnings, *clashes[number])) if as_json else one
        for number, one in enumerate(announced)
    ]
    put = documents[: len(announced)]
    show(hub, put, announced, wait=0 if stop else wait, as_json=as_json, look=looking(own))
    if stop:
        raise _stopped(stop, documents, put) from stop
    if _old_files(put, announced):  # somebody else announced a newer revision meanwhile
        raise typer.Exit(BAD_INPUT)


def warn_of_clashes(
    hub: Hub, rehearsals: Sequence[Announcement], options: Mapping[str, Any]
) -> list[list[str]]:
    """Warn of other changes in the same window, and of freezes that `--despite` overrides.

    Without `--despite`, the gate has refused every freeze that holds. Returns what was said about
    each.
    """
    objects: Objections = options["objections"] if options["despite"] else lambda *_: ()
    try:
        others = open_changes(hub.table)
    except (ClientError, BotoCoreError) as error:
        warn(f"other changes in the same window could not be looked up: {explained(error)}")
        others = []
    found = [clash_lines(one, others, objects) for one in rehearsals]
    for one, lines in zip(rehearsals, found, strict=True):
        for line in lines:
            warn(f"{one.change_id}: {line}")
    return found


def _way(own: boto3.Session, hub: Hub, reason: str, person: str | None, *, dry_run: bool) -> Way:
    """Return how a document is announced: at once, or alone where two persons must.

    Raises:
        ContractError: `two_persons`: a second person must approve it.
        Refused: There is nothing to break.
    """
    if not reason:
        hub.refuse_one_person(unless=dry_run)
        return announce_document
    if hub.two_persons is None:
        raise Refused(
            "this hub does not require a second person (TwoPerson=no): omit --break-glass"
        )
    who = person_of(hub, person)

    def alone(document: bytes, **options: Any) -> Announcement:
        known = announce_document(document, dry_run=True, **options)
        made = proposal_for(document, known, options, reason=" ".join(reason.split()))
        return announce_alone(own, hub, made, who)

    return alone


def _put_until_one_fails(
    documents: list[DocumentFile], options: dict[str, Any], way: Way
) -> tuple[list[Announcement], Exception | None]:
    """Return the announcements, and the error of the document after them."""
    announced: list[Announcement] = []
    for document in documents:
        try:
            announced.append(way(document.body, **options))
        except (ChangecastError, ClientError, BotoCoreError) as error:
            return announced, error
    return announced, None


def _stopped(
    error: Exception, documents: list[DocumentFile], put: list[DocumentFile]
) -> ChangecastError:
    """Return an error that says what is known of every document, and what to do next."""
    failed, *untried = documents[len(put) :]
    parts = [f"{failed.path} may not have been announced: {explained(error)}"]
    if untried:
        parts.append(f"Not tried: {', '.join(str(each.path) for each in untried)}")
    again = "all of them" if put or untried else "it"
    parts.append(f"Announce {again} again when that is fixed. Nobody is mailed twice")
    kind = Refused if isinstance(error, ContractError | Refused) and not put else Failed
    return kind(". ".join(part.rstrip(".") for part in parts) + ".")


def _old_files(
    documents: Sequence[DocumentFile], announced: Sequence[Announcement]
) -> dict[DocumentFile, Announcement]:
    """Return the files of which a newer revision was announced that is not among these files."""
    files = {(one.change_id, one.revision) for one in announced}
    return {
        document: one
        for document, one in zip(documents, announced, strict=True)
        if one.newer and (one.change_id, one.newer) not in files
    }


def _refuse_old_files(
    documents: Sequence[DocumentFile], rehearsals: Sequence[Announcement]
) -> None:
    """Raise Refused if a file is old, before any file is announced."""
    old = _old_files(documents, rehearsals)
    if not old:
        return
    others = [] if len(documents) == 1 else [f"None of the {len(documents)} files was announced"]
    raise Refused(
        *(
            f"{document.path}: {one.change_id} revision {one.revision} was announced earlier to "
            f"{', '.join(one.customers) or 'nobody'}, and {old_file(one.newer)}"
            for document, one in old.items()
        ),
        *others,
    )


def _rehearsals(documents: Sequence[DocumentFile], options: dict[str, Any]) -> list[Announcement]:
    """Return what the documents would do, one after the other; refuses the first with a fault."""
    before: list[Record] = []
    return [rehearsed(each, {**options, "rehearsal": before}) for each in documents]


def _rehearsed_despite_objections(
    documents: Sequence[DocumentFile], options: dict[str, Any]
) -> tuple[list[Announcement], dict[Path, str]]:
    """Return what the documents would do, and why an announcement would be refused, by file."""
    known = _rehearsals(documents, {**options, "objections": None})
    before: list[Record] = []
    refusals: dict[Path, str] = {}
    for document in documents:
        try:
            rehearsed(document, {**options, "rehearsal": before})
        except Refused as refused:
            refusals[document.path] = f"It would be refused: {refused}"
    return known, refusals


def rehearsed(document: DocumentFile, options: dict[str, Any]) -> Announcement:
    """Return what a document would do; print its faults and exit with status 2 if it has any."""
    try:
        return announce_document(document.body, dry_run=True, **options)
    except MetadataFault as fault:
        say_faults(fault, document.path)
        raise typer.Exit(BAD_INPUT) from fault
    except ContractError as error:
        raise Refused(f"{document.path}: {place(error.path or '')}: {error.message}") from error


def refuse_faulty(
    documents: list[DocumentFile], customers: Mapping[str, Customer], *, change_id: str | None
) -> None:
    """Print every fault of every document, and exit with status 2 if there is one."""
    faulty = False
    for document in documents:
        try:
            placed_document(document.body, customers, change_id=change_id)
        except MetadataFault as fault:
            say_faults(fault, document.path)
            faulty = True
    if faulty:
        raise typer.Exit(BAD_INPUT)


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
    unfinished = [sentence for run in runs for sentence in _unfinished(run, wait)]
    for sentence in unfinished:
        warn(sentence)
    if unfinished:
        raise typer.Exit(NOT_YET)


def _unfinished(run: Run, wait: float) -> Iterator[str]:
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
    """Yield a sentence for each customer that the announcement did not reach."""
    for code, customer in run["customers"].items():
        if is_suspect(customer):
            yield f"{run['change_id']} does not reach {code}: {customer['reason']['message']}"


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
        soft_wrap=True,
    )
    for warning in announced.warnings:
        out.print(f"  [yellow]warning[/] {escape(warning)}", soft_wrap=True)
    for line in (line for one in plan for line in lines_of(one)):
        out.print(line, soft_wrap=True, markup=False)


def _plain(announced: Announcement) -> dict[str, Any]:
    kept = asdict(replace(announced, details=()))
    del kept["details"]
    return {**kept, "outcome": announced.outcome.value}
