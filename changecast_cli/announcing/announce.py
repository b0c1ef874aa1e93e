"""changecast announce: change documents become events for every customer that they name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError, ContractError
from changecast.hub.announcing.announce import (
    Announcement,
    Hub,
    connect,
)
from changecast.hub.announcing.announce import announce as announce_document
from changecast.hub.announcing.freeze_gate import Objections
from changecast.hub.tracking.open_windows import open_changes
from changecast_cli.announcing.clashes import clash_lines
from changecast_cli.announcing.documents import DocumentFile, read_files
from changecast_cli.announcing.dry_run import outlooks
from changecast_cli.announcing.freezes import (
    DEFAULT_FOLDER,
    objections,
    refuse_missing_folder,
)
from changecast_cli.announcing.proposing import announce_alone, person_of, proposal_for
from changecast_cli.announcing.rehearsal import (
    old_files,
    refuse_faulty,
    refuse_old_files,
    rehearsals,
    rehearsed_despite_objections,
)
from changecast_cli.announcing.results import show
from changecast_cli.failures import (
    BAD_INPUT,
    Failed,
    Refused,
    explained,
    say,
    warn,
)
from changecast_cli.options import As, AsJson, Files, Profile, Region, session
from changecast_cli.watching.silence import looking

Way = Callable[..., Announcement]


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
        "--test",
        help="Mark the announcement as a test, and mail only the AllowedRecipients of each "
        "customer's stack.",
    ),
]
ChangeId = Annotated[
    str | None,
    typer.Option(help="The change's ID, if the document has none (default: its ticket)."),
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
        help="Announce despite a freeze or short notice; give the reason, which stays in the "
        "history."
    ),
]
Past = Annotated[
    str,
    typer.Option(
        help="Accept a window that has ended, has already begun or looks like a typo; give the "
        "reason."
    ),
]
RequireApprovals = Annotated[
    bool,
    typer.Option(
        "--require-approvals",
        help="Refuse a change whose `status` is `approved` if a needed approval is missing or "
        "somebody has rejected the change. The first revision is not checked.",
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
    """Announce each change to the customers that it names, and to nobody else.

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
        known, refusals = rehearsed_despite_objections(documents, options)
        plans = outlooks(own, hub, known, freezes)
        for sentence in refusals.values():
            say(sentence)
        show(hub, documents, known, wait=0, as_json=as_json, plans=plans, refused=[*refusals])
        if refusals or old_files(documents, known):
            raise typer.Exit(BAD_INPUT)
        return
    known = rehearsals(documents, options)
    refuse_old_files(documents, known)
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
    if old_files(put, announced):  # somebody else announced a newer revision meanwhile
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
        warn(f"cannot check for other changes in the same window: {explained(error)}")
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
