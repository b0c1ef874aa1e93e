"""changecast start and complete: tell everybody that a change has started, or how it ended.

Where two persons announce, they propose it.
"""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from changecast.contract.change import utc
from changecast.hub.announcing.announce import Announcement, connect
from changecast.hub.announcing.progress import progress
from changecast.hub.announcing.proposed import STATUSES, Verb, proposed_status
from changecast_cli.announcing.proposing import (
    PROPOSES,
    person_of,
    propose,
    say_proposed,
)
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.failures import Refused
from changecast_cli.options import As, AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json

ChangeId = Annotated[str, typer.Argument(help="The change.")]
_AT = (
    "When the change {}, if the mails should say so: RFC 3339 with an offset, such as "
    "2027-01-14T22:05:00+01:00."
)


def start(
    change_id: ChangeId,
    at: Annotated[str, typer.Option(help=_AT.format("started"))] = "",
    as_person: As = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce that a change has started, to everybody on the topic `announcements`.

    Needs no document: announces the last one again with the new status, as the next revision.
    Repeating the command mails nobody twice. With TwoPerson=yes, the command only proposes this;
    another person must approve it.
    """
    given = _given(actual_start=_instant("--at", at))
    _announce(
        change_id,
        Verb.START,
        given,
        as_person=as_person,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
        profile=profile,
        region=region,
    )


def complete(
    change_id: ChangeId,
    outcome: Annotated[str, typer.Option(help="How the change went, in a sentence or two.")] = "",
    follow_up: Annotated[str, typer.Option(help="What happens next.")] = "",
    at: Annotated[str, typer.Option(help=_AT.format("ended"))] = "",
    as_person: As = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Announce that a change is completed, to everybody on the topic `announcements`.

    Needs no document: announces the last one again with the new status, as the next revision.
    Repeating the command mails nobody twice. With TwoPerson=yes, the command only proposes this;
    another person must approve it.
    """
    given = _given(outcome=outcome, follow_up=follow_up, actual_end=_instant("--at", at))
    _announce(
        change_id,
        Verb.COMPLETE,
        given,
        as_person=as_person,
        yes=yes,
        dry_run=dry_run,
        as_json=as_json,
        profile=profile,
        region=region,
    )


def _announce(
    change_id: str,
    verb: Verb,
    given: dict[str, Any],
    *,
    as_person: str | None,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    profile: str | None,
    region: str | None,
) -> None:
    own, status = session(profile, region), STATUSES[verb]
    hub = connect(own)
    person = person_of(hub, as_person) if hub.two_persons else ""
    planned = progress(change_id, status, hub=hub, given=given, dry_run=True)
    done = None
    plan = [*_plan(planned, verb), *([PROPOSES] if hub.two_persons else [])]
    if go_on(plan, yes=yes, dry_run=dry_run):
        if hub.two_persons:
            made = proposed_status(verb, planned, hub=hub, given=given, now=datetime.now(UTC))
            say_proposed(propose(own, hub, made, person), as_json=as_json)
            return
        done = progress(change_id, status, hub=hub, given=given)
    if as_json:
        print_json(asdict(done or planned))
    elif done:
        out.print(
            f"Announced. Next: changecast status {done.change_id} --watch",
            markup=False,
        )


def _plan(planned: Announcement, verb: Verb) -> list[str]:
    return [
        f"{planned.change_id} ({planned.title}) becomes "
        f"{STATUSES[verb].value.replace('_', ' ')} as "
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
            f"{option} {text!r} is not a time with an offset: write it like "
            f"{utc(datetime.now().astimezone())}"
        )
    return moment
