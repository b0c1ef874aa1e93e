"""changecast start and complete: tell everybody that a change has started, or how it ended."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer

from changecast.contract.change import Status, utc
from changecast.hub.announcing.announce import Announcement, connect
from changecast.hub.announcing.progress import progress
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json

ChangeId = Annotated[str, typer.Argument(help="The change.")]
At = Annotated[
    str,
    typer.Option(
        help="When it actually happened: RFC 3339 with an offset, such as "
        "2027-01-14T22:05:00+01:00."
    ),
]


def start(
    change_id: ChangeId,
    at: At = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce that a change has started, to everybody who was told of it.

    Announces the next revision of what was announced last, so no document is needed. Repeating it
    mails nobody twice.
    """
    given = _given(actual_start=_instant("--at", at))
    _announce(
        change_id,
        Status.IN_PROGRESS,
        given,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
        profile=profile,
        region=region,
    )


def complete(
    change_id: ChangeId,
    outcome: Annotated[str, typer.Option(help="How it went, in a sentence or two.")] = "",
    follow_up: Annotated[str, typer.Option(help="What happens next.")] = "",
    at: At = "",
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce that a change is completed, to everybody who was told of it.

    Announces the next revision of what was announced last, so no document is needed. Repeating it
    mails nobody twice.
    """
    given = _given(outcome=outcome, follow_up=follow_up, actual_end=_instant("--at", at))
    _announce(
        change_id,
        Status.COMPLETED,
        given,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
        profile=profile,
        region=region,
    )


def _announce(
    change_id: str,
    status: Status,
    given: dict[str, Any],
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    profile: str | None,
    region: str | None,
) -> None:
    hub = connect(session(profile, region))
    planned = progress(change_id, status, hub=hub, given=given, dry_run=True)
    done = None
    if go_on(_plan(planned, status), yes=yes, dry_run=dry_run):
        done = progress(change_id, status, hub=hub, given=given)
    if as_json:
        print_json(asdict(done or planned))
    elif done:
        out.print(
            f"Announced. Next: changecast status {done.change_id} --watch",
            markup=False,
            soft_wrap=True,
        )


def _plan(planned: Announcement, status: Status) -> list[str]:
    return [
        f"{planned.change_id} ({planned.title}) becomes {status.value.replace('_', ' ')} as "
        f"revision {planned.revision}, for {', '.join(planned.customers)}",
        *planned.warnings,
    ]


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}


def _instant(option: str, text: str) -> datetime | None:
    """Return the given moment; Refused if it has no offset or is not a time."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Refused(
            f"{option} {text!r} is not a time with an offset: write it as "
            f"{utc(datetime.now().astimezone())}"
        )
    return moment
