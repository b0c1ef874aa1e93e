"""changecast propose, approve, proposals: one person proposes, another approves."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from changecast.hub.announcing.announce import Announcement, connect
from changecast.hub.announcing.proposed import announce_proposed
from changecast.hub.announcing.two_persons import Stored
from changecast_cli.announcing.announce import (
    ChangeId,
    Confidential,
    Despite,
    Freezes,
    NotifyAll,
    Past,
    RequireApprovals,
    Test,
    warn_of_clashes,
)
from changecast_cli.announcing.documents import DocumentFile, read_files
from changecast_cli.announcing.dry_run import lines_of as outlook_lines
from changecast_cli.announcing.dry_run import outlooks
from changecast_cli.announcing.freezes import DEFAULT_FOLDER, objections, refuse_missing_folder
from changecast_cli.announcing.proposing import (
    approve as approve_stored,
)
from changecast_cli.announcing.proposing import (
    lines_of,
    person_of,
    place_of,
    plain,
    proposal_for,
    proposed,
    refuse_changed,
    tell_proposed,
    waiting,
)
from changecast_cli.announcing.proposing import (
    propose as propose_document,
)
from changecast_cli.announcing.rehearsal import refuse_faulty, rehearsed
from changecast_cli.announcing.results import show
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.failures import Refused
from changecast_cli.options import As, AsJson, Files, Profile, Region, session
from changecast_cli.terminal import out, print_json
from changecast_cli.watching.silence import looking


def propose(
    files: Files,
    confidential: Confidential = False,
    test: Test = False,
    change_id: ChangeId = None,
    freezes: Freezes = DEFAULT_FOLDER,
    despite: Despite = "",
    past: Past = "",
    require_approvals: RequireApprovals = False,
    notify_all: NotifyAll = "",
    as_person: As = None,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Propose changes that another person must approve (TwoPerson=yes).

    Checks all files as `announce` does, and announces nothing. If you propose a change again, the
    new proposal replaces your earlier one.
    """
    refuse_missing_folder(freezes)
    documents, own = read_files(files), session(profile, region)
    hub = connect(own)
    place_of(hub)
    person = person_of(hub, as_person)
    refuse_faulty(documents, hub.customers, change_id=change_id)
    options: dict[str, Any] = {
        "change_id": change_id,
        "confidential": confidential,
        "test": test,
        "despite": despite,
        "past": past,
        "require_approvals": require_approvals,
        "notify_all": notify_all,
    }
    gates: dict[str, Any] = {"hub": hub, "objections": objections(hub.table, freezes)}
    known = [rehearsed(each, {**options, **gates}) for each in documents]
    made = [
        proposal_for(document.body, one, options)
        for document, one in zip(documents, known, strict=True)
    ]
    warn_of_clashes(hub, known, {**options, **gates})
    done = [propose_document(own, hub, one, person) for one in made]
    if as_json:
        print_json({"proposed": [plain(one) for one in done]})
        return
    for document, one, stored in zip(documents, known, done, strict=True):
        tell_proposed(stored, f"{document.path}: ", one.warnings)


def approve(
    change_id: Annotated[str, typer.Argument(help="The change.")],
    by: Annotated[
        str | None,
        typer.Option(
            "--by", help="Whose proposal to approve, if several people proposed the change."
        ),
    ] = None,
    sha256: Annotated[
        str | None, typer.Option(help="Approve only if the proposal has this hash.")
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            help="Seconds to wait for all results; exits with 3 if some are still missing.", min=0
        ),
    ] = 0,
    freezes: Freezes = DEFAULT_FOLDER,
    as_person: As = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Approve and announce another person's proposal (TwoPerson=yes).

    Shows the hash of the proposal and what it would do at each customer, and asks for confirmation.
    Only what you see is announced: if the proposal has changed in the meantime, the approval is
    refused.
    """
    own = session(profile, region)
    hub = connect(own)
    place_of(hub)
    person, stored = person_of(hub, as_person), proposed(own, hub, change_id, by)
    if sha256 and sha256.lower() != stored.sha256:
        whose = f" --by {by}" if by else ""
        raise Refused(
            f"the proposal's SHA-256 is {stored.sha256}, not {sha256}. Look at the proposal again: "
            f"changecast approve {change_id}{whose} --dry-run"
        )
    known = _rehearsed(hub, stored)
    refuse_changed(stored, known, person)
    (plans,) = outlooks(own, hub, [known], freezes)
    lines = [line.strip() for one in plans for line in outlook_lines(one)]
    warnings = [f"warning: {one}" for one in known.warnings]
    plan = [*lines_of(stored), *warnings, *lines]
    if not go_on(plan, yes=yes, dry_run=dry_run):
        if as_json:
            print_json({"proposal": plain(stored), "announced": [], "runs": []})
        return
    announced = approve_stored(own, hub, stored, person)
    file = DocumentFile(Path(stored.key), b"")
    show(hub, [file], [announced], wait=wait, as_json=as_json, look=looking(own))


def proposals(as_json: AsJson = False, profile: Profile = None, region: Region = None) -> None:
    """List the proposals that wait for another person's approval (TwoPerson=yes)."""
    own = session(profile, region)
    found = waiting(own, connect(own))
    if as_json:
        print_json({"proposals": [plain(one) for one in found]})
    elif found:
        out.print(_table(found))
    else:
        out.print("No proposal is waiting for approval. To make one: changecast propose FILE")


def _rehearsed(hub: Any, stored: Stored) -> Announcement:
    return announce_proposed(stored.proposal, hub=hub, dry_run=True)


def _table(found: list[Stored]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    for name in ("CHANGE", "REV", "BY", "PROPOSED (UTC)", "SHA256"):
        table.add_column(name, no_wrap=True)
    table.add_column("CUSTOMERS", overflow="fold", ratio=1)
    table.add_column("TITLE", overflow="fold", ratio=1)
    for stored in found:
        one = stored.proposal
        told = ", ".join(one.customers)
        at = one.proposed_at[:16].replace("T", " ")
        row = (one.change_id, str(one.revision), stored.person, at, stored.sha256[:12], told)
        table.add_row(*(escape(text) for text in (*row, one.title)))
    return table
