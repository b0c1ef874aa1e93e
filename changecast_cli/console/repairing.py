"""Verbs without a document: first the plan, then a button that executes it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from changecast.customer.ledger.held import held
from changecast.hub.announcing.discard import discard
from changecast.hub.announcing.progress import progress
from changecast.hub.announcing.proposed import STATUSES, Verb, proposed_discard, proposed_status
from changecast.hub.announcing.reannounce import reannounce
from changecast_cli.announcing.discard import plan_for as discard_plan
from changecast_cli.announcing.proposing import PROPOSES, announce_again, person_of, propose
from changecast_cli.console.announcing import form_of
from changecast_cli.console.inside import EVER
from changecast_cli.console.pages import page
from changecast_cli.console.trouble import (
    COMPLETE,
    DISCARD,
    DROP,
    REANNOUNCE,
    REDRIVE,
    RELEASE,
    REPLAY,
    RESUME,
    START,
)
from changecast_cli.customer_access import enter
from changecast_cli.doctor.verdicts import repair_of as cure_of
from changecast_cli.failures import Failed, Refused
from changecast_cli.repair.causes import bus_causes, bus_words, in_words, remaining_causes
from changecast_cli.repair.dead_letters import taken, to_plan_again
from changecast_cli.repair.held import decide, who_waits
from changecast_cli.repair.held import plan_for as held_plan
from changecast_cli.repair.reannounce import plan_for as reannounce_plan
from changecast_cli.repair.redrive import note_redriven, send_back
from changecast_cli.repair.resume import let_go_on
from changecast_cli.repair.resume import plan_for as resume_plan
from changecast_cli.repair.route_dead_letters import letters_of, send_again
from changecast_cli.terminal import counted
from changecast_cli.watching.recipients import masked, run_in

if TYPE_CHECKING:
    from changecast_cli.console.aws import Aws


# The most held recipients to name.
SHOWN_HELD = 25


@dataclass(frozen=True)
class Repair:
    """What a repair does, in sentences, and the call that does it.

    `proposes` says that another person must approve it first. `broken` is the customer whose stacks
    must be repaired first, if there is one. `typed` is what a person types to confirm it. `about`
    names what the page showed: the revision, the recipients or the dead letters, and nothing else.
    """

    plan: list[str]
    apply: Callable[[], object]
    about: Sequence[str]
    proposes: bool = False
    broken: str = ""
    typed: str = ""

    @property
    def mark(self) -> str:
        """Return a short text that differs where the repair is about something else."""
        return sha256("\n".join(self.about).encode()).hexdigest()[:16]


def shown(request: Request) -> Response:
    """Show what a repair would do."""
    query = request.query_params
    verb, change_id, code = query.get("verb", ""), query.get("id", ""), query.get("customer", "")
    console = request.app.state.console
    repair = repair_of(console.aws, query, console.person)
    return page(request, "repair.html.j2", repair=repair, verb=verb, change_id=change_id,
                customer=code, revision=query.get("revision", ""))  # fmt: skip


async def done(request: Request) -> Response:
    """Execute it, and go on to the change, to the proposals, or to the customer it was about."""
    sent, console = await form_of(request), request.app.state.console
    change_id = sent.get("id", "")
    proposes = await run_in_threadpool(_do, console.aws, sent, console.person)
    if proposes:
        return RedirectResponse(f"{console.base}/proposals", 303)
    if change_id:
        return RedirectResponse(f"{console.base}/change?{urlencode({'id': change_id})}", 303)
    code = sent.get("customer", "")
    console.dead_letters.forget(code)
    return RedirectResponse(f"{console.base}/customers/customer?{urlencode({'code': code})}", 303)


def _do(aws: "Aws", asked: Mapping[str, str], person: str | None) -> bool:
    """Execute the requested repair; return whether it only proposes."""
    repair = repair_of(aws, asked, person)
    if repair.typed and asked.get("confirmed", "").strip() != repair.typed:
        raise Refused(f"type {repair.typed} to confirm; nothing was done")
    if asked.get("mark") != repair.mark:
        where = " at ".join(filter(None, (asked.get("id"), asked.get("customer"))))
        raise Refused(
            f"{where} has changed since this page was shown. Nothing was done: go "
            "back, and reload the page"
        )
    repair.apply()
    return repair.proposes


def repair_of(aws: "Aws", asked: Mapping[str, str], person: str | None = None) -> Repair:
    """Return the requested repair; Refused if there is no such repair or nothing to do.

    `person` is the user's aws:SourceIdentity, if it is not the name of the role session.
    """
    makers: dict[str, Callable[[Aws, Mapping[str, str]], Repair]] = {
        RESUME: _resume,
        RELEASE: partial(_held, release=True),
        DROP: partial(_held, release=False),
        REDRIVE: _redrive,
        REPLAY: partial(_replay, person=person),
        REANNOUNCE: partial(_reannounce, person=person),
        START: partial(_progress, person=person),
        COMPLETE: partial(_progress, person=person),
        DISCARD: partial(_discard, person=person),
    }
    if asked.get("verb") not in makers:
        raise Refused("there is no such repair")
    return makers[asked["verb"]](aws, asked)


def _resume(aws: "Aws", asked: Mapping[str, str]) -> Repair:
    change_id, code = asked.get("id", ""), asked.get("customer", "")
    account = enter(aws.session, code)
    run = run_in(account, account.ledger(), change_id, None)
    if not run.paused:
        raise Refused(f"{change_id} revision {run.revision} is not paused at {code}")
    causes = remaining_causes(account, run.pause_code)
    return Repair(
        [*resume_plan(run, code), *in_words(causes)],
        lambda: let_go_on(aws.session, account, run),
        [run.run, str(run.reason_code)],
        broken=code if any(each.fix == cure_of(code) for each in causes) else "",
    )


def _held(aws: "Aws", asked: Mapping[str, str], *, release: bool) -> Repair:
    """Send again to held recipients, or give up on them, as `changecast held` does."""
    change_id, code = asked.get("id", ""), asked.get("customer", "")
    account = enter(aws.session, code)
    run = run_in(account, account.ledger(), change_id, None)
    waiting = held(account.ledger(), run)
    if not waiting:
        raise Refused(f"no recipient is held in {change_id} revision {run.revision} at {code}")
    shown = ", ".join(masked(each.address) for each in waiting[:SHOWN_HELD])
    more = len(waiting) - SHOWN_HELD
    plan = [
        held_plan(who_waits(waiting, run, code), release=release),
        f"They are: {shown}" + (f" and {more} more" if more > 0 else ""),
    ]
    return Repair(
        plan,
        lambda: decide(aws.session, account, run, release=release),
        [run.run, *sorted(f"{each.key} {each.attempt}" for each in waiting)],
    )


def _redrive(aws: "Aws", asked: Mapping[str, str]) -> Repair:
    """Plan again what the customer's account could not plan, as `changecast redrive` does."""
    code = asked.get("customer", "")
    account = enter(aws.session, code)
    sqs, dead = account.session.client("sqs"), account.output("DeadLetters")

    def apply() -> None:
        with taken(sqs, dead) as letters:
            sent = send_back(account, letters, to_plan_again(letters))
        note_redriven(aws.session, code, sent)

    with taken(sqs, dead) as letters:
        said = [one.said for one in to_plan_again(letters)]
    if not said:
        raise Refused(f"no dead letter of {code} can be sent back")
    letters_ = counted(len(said), "dead letter")
    plan = [f"Send {letters_} of {code} back to its announcements queue", *said]
    return Repair(plan, apply, sorted(said))


def _replay(aws: "Aws", asked: Mapping[str, str], person: str | None) -> Repair:
    """Announce again what the customer's route could not deliver, to that customer alone."""
    code = asked.get("customer", "")

    def apply() -> None:
        with letters_of(aws.session, code, *EVER) as letters:
            hub = aws.hub()
            again = partial(announce_again, aws.session, hub, given=person)
            _, refused = send_again(letters, hub, again)
        if refused:
            raise Failed(f"not announced again: {'; '.join(refused)}")

    with letters_of(aws.session, code, *EVER) as letters:
        said = [one.said for one in letters.chosen]
    if not said:
        raise Refused(f"the route of {code} has no dead letters")
    letters_ = counted(len(said), "dead letter")
    plan = [f"Announce {letters_} of the route again, to {code} only", *said]
    causes = bus_causes(aws.session, [code])
    return Repair(
        [*plan, "Nobody who was already mailed is mailed again", *bus_words(causes)],
        apply,
        sorted(said),
        broken=code if causes else "",
    )


def _reannounce(aws: "Aws", asked: Mapping[str, str], person: str | None) -> Repair:
    change_id, code, hub = asked.get("id", ""), asked.get("customer", ""), aws.hub()
    rehearsed = reannounce(change_id, code, hub=hub, dry_run=True)
    what = reannounce_plan(rehearsed, code)
    causes = bus_causes(aws.session, [code])
    first = [*bus_words(causes)] or [
        f"First repair what kept the announcement from reaching {code}"
    ]
    return Repair(
        [what, *first],
        lambda: announce_again(aws.session, hub, change_id, code, person),
        [what],
        broken=code if causes else "",
    )


def _progress(aws: "Aws", asked: Mapping[str, str], person: str | None) -> Repair:
    """Start or complete a change, as `changecast start` and `changecast complete` do."""
    hub, change_id, outcome = aws.hub(), asked.get("id", ""), asked.get("outcome", "").strip()
    verb = Verb(asked["verb"])
    status = STATUSES[verb]
    given = {"outcome": outcome} if outcome else {}
    rehearsed = progress(change_id, status, hub=hub, given=given, dry_run=True)
    what = (
        f"{change_id} revision {rehearsed.revision} ({rehearsed.title}), "
        f"{status.value.replace('_', ' ')}, is announced to {', '.join(rehearsed.customers)}"
    )
    plan = [what, *rehearsed.warnings]
    if hub.two_persons is None:
        return Repair(plan, lambda: progress(change_id, status, hub=hub, given=given), [what])

    def apply() -> None:
        made = proposed_status(verb, rehearsed, hub=hub, given=given, now=datetime.now(UTC))
        propose(aws.session, hub, made, person_of(hub, person))

    return Repair([*plan, PROPOSES.capitalize()], apply, [what], proposes=True)


def _discard(aws: "Aws", asked: Mapping[str, str], person: str | None) -> Repair:
    """Make a revision void, as `changecast discard` does."""
    hub, change_id, given = aws.hub(), asked.get("id", ""), asked.get("revision", "")
    revision = int(given) if given.isdecimal() and len(given) < 8 else 0
    rehearsed = discard(change_id, revision, hub=hub, dry_run=True)
    what = [discard_plan(rehearsed), *_untold(rehearsed.untold)]
    plan = [*what, "Mails cannot be recalled. To correct them, announce the change again"]
    if hub.two_persons is None:
        return Repair(plan, lambda: discard(change_id, revision, hub=hub), what, typed=change_id)

    def apply() -> None:
        made = proposed_discard(change_id, revision, hub=hub, now=datetime.now(UTC))
        propose(aws.session, hub, made, person_of(hub, person))

    return Repair([*plan, PROPOSES.capitalize()], apply, what, proposes=True, typed=change_id)


def _untold(codes: Sequence[str]) -> list[str]:
    """Return a sentence about customers that are told with a later announcement."""
    if not codes:
        return []
    return [f"Customers told with their next announcement: {', '.join(codes)}"]
