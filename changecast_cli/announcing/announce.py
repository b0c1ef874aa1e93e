"""changecast announce: change documents become events for every customer that they name."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.live import Live
from rich.markup import escape

from changecast.announce import Announcement, Hub, Outcome, connect, placed_document
from changecast.announce import announce as announce_document
from changecast.errors import ChangecastError, ContractError
from changecast.metadata import MetadataFault
from changecast.registry import Customer
from changecast_cli.announcing.documents import DocumentFile, read_files
from changecast_cli.announcing.dry_run import lines_of, outlooks
from changecast_cli.announcing.outlook import Outlook
from changecast_cli.failures import (
    BAD_INPUT,
    FAILED,
    Failed,
    Refused,
    explained,
    say_faults,
)
from changecast_cli.options import AsJson, Files, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.watching.runs import Run, follow, is_bad, is_final, run_of
from changecast_cli.watching.tables import runs_table

_WORDS = {
    Outcome.ANNOUNCED: "announced to",
    Outcome.ANNOUNCED_AGAIN: "was announced before, put again for",
    Outcome.DRAFT: "is a draft, nobody is told; it names",
    Outcome.DRY_RUN: "would be announced to",
}
_PUT = frozenset({Outcome.ANNOUNCED, Outcome.ANNOUNCED_AGAIN})


def announce(
    files: Files,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for every customer's result.", min=0)
    ] = 0,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, put nothing.")
    ] = False,
    confidential: Annotated[
        bool,
        typer.Option(
            "--confidential",
            help="An event of its own for each customer, without anything about any other.",
        ),
    ] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Mail only allow-listed recipients, marked as a test.")
    ] = False,
    change_id: Annotated[
        str | None, typer.Option(help="Names the change of a document without an id or ticket.")
    ] = None,
    freezes: Annotated[
        Path,
        typer.Option(help="With --dry-run: a folder with CODE.ics, when nobody wants changes."),
    ] = Path("freezes"),
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce changes to every customer that they name, and to nobody else.

    All files are checked before anything is put. The same file again mails nobody twice.
    """
    documents = read_files(files)
    own = session(profile, region)
    hub = connect(own)
    refuse_faulty(documents, hub.customers, change_id=change_id)
    options: dict[str, Any] = {
        "hub": hub,
        "change_id": change_id,
        "confidential": confidential,
        "test": test,
    }
    # What only shows when the event is made (too large, taken revision) must show before any put.
    rehearsed = [_rehearsed(each, options) for each in documents]
    if dry_run:
        plans = outlooks(own, hub, documents, rehearsed, freezes, change_id)
        show(hub, documents, rehearsed, wait=0, as_json=as_json, plans=plans)
        return
    announced, stop = _put_until_one_fails(documents, options)
    put = documents[: len(announced)]
    show(hub, put, announced, wait=0 if stop else wait, as_json=as_json)
    if stop:
        raise _stopped(stop, documents, put) from stop


def _put_until_one_fails(
    documents: list[DocumentFile], options: dict[str, Any]
) -> tuple[list[Announcement], Exception | None]:
    """What was announced, and what went wrong with the document after it."""
    announced: list[Announcement] = []
    for document in documents:
        try:
            announced.append(announce_document(document.body, **options))
        except (ChangecastError, ClientError, BotoCoreError) as error:
            return announced, error
    return announced, None


def _stopped(
    error: Exception, documents: list[DocumentFile], put: list[DocumentFile]
) -> ChangecastError:
    """What is known of every document, and what to do next."""
    failed, *untried = documents[len(put) :]
    parts = [f"{failed.path} was not announced, or not surely: {explained(error)}"]
    if untried:
        parts.append(f"Not tried after it: {', '.join(str(each.path) for each in untried)}")
    again = "all of them" if put or untried else "it"
    parts.append(f"Announce {again} again once that is mended: nobody is mailed twice")
    kind = Refused if isinstance(error, ContractError) and not put else Failed
    return kind(". ".join(part.rstrip(".") for part in parts) + ".")


def _rehearsed(document: DocumentFile, options: dict[str, Any]) -> Announcement:
    try:
        return announce_document(document.body, dry_run=True, **options)
    except MetadataFault as fault:
        say_faults(fault, document.path)
        raise typer.Exit(BAD_INPUT) from fault
    except ContractError as error:
        raise Refused(f"{document.path}: {error.path or '$'}: {error.message}") from error


def refuse_faulty(
    documents: list[DocumentFile], customers: Mapping[str, Customer], *, change_id: str | None
) -> None:
    """Name every fault of every document, and leave with status 2 if there is one."""
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
) -> None:
    """Print what was announced, and with `wait` what came of it; exit 1 where that is not good."""
    runs: list[Run] = []
    for number, (document, one) in enumerate(zip(documents, announced, strict=True)):
        if not as_json:
            _tell(document, one, plans[number] if plans else [])
        if wait and one.outcome in _PUT:
            wait_for = final_run if as_json else _watched_run
            runs.append(wait_for(hub, one, wait))
    if as_json:
        told = {"announced": [_plain(one) for one in announced], "runs": runs}
        print_json(
            told | ({"plans": [[asdict(o) for o in each] for each in plans]} if plans else {})
        )
    customers = [customer for run in runs for customer in run["customers"].values()]
    if any(is_bad(customer) or not is_final(customer) for customer in customers):
        raise typer.Exit(FAILED)


def final_run(
    hub: Hub,
    announced: Announcement,
    seconds: float,
    is_over: Callable[[dict[str, Any]], bool] = is_final,
) -> Run:
    """The run once it is over for everybody, or `seconds` are; empty where nothing was put."""
    if announced.outcome not in _PUT:
        return run_of(announced.change_id, [])
    return list(_following(hub, announced, seconds, is_over))[-1]


def _watched_run(hub: Hub, announced: Announcement, seconds: float) -> Run:
    """The same, shown while it goes on where there is a screen for it."""
    if not out.is_terminal:
        run = final_run(hub, announced, seconds)
        out.print(runs_table([run]))
        return run
    run = {}
    with Live(console=out, auto_refresh=False) as screen:
        for run in _following(hub, announced, seconds, is_final):
            screen.update(runs_table([run]), refresh=True)
    return run


def _following(
    hub: Hub, announced: Announcement, seconds: float, is_over: Callable[[dict[str, Any]], bool]
) -> Iterator[Run]:
    expected = (*announced.customers, *announced.withdrawn)
    where = hub.table, announced.change_id, announced.revision, expected
    return follow(*where, seconds=seconds, is_over=is_over)


def _tell(document: DocumentFile, announced: Announcement, plan: list[Outlook]) -> None:
    who = ", ".join(announced.customers) or "nobody"
    gone = f", withdrawn for {', '.join(announced.withdrawn)}" if announced.withdrawn else ""
    out.print(
        f"{escape(str(document.path))}: {escape(announced.change_id)} revision "
        f"{announced.revision} {_WORDS[announced.outcome]} {escape(who)}{gone}",
        soft_wrap=True,
    )
    for warning in announced.warnings:
        out.print(f"  [yellow]warning[/] {escape(warning)}", soft_wrap=True)
    for line in (line for one in plan for line in lines_of(one)):
        out.print(line, soft_wrap=True, markup=False)


def _plain(announced: Announcement) -> dict[str, Any]:
    return {**asdict(announced), "outcome": announced.outcome.value}
