"""Propose, approve, and announce alone in an emergency: what the verbs and the console share."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from rich.markup import escape

from changecast.contract.change import utc
from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import Announcement, Hub, Outcome
from changecast.hub.announcing.metadata import Fault, MetadataFault
from changecast.hub.announcing.proposed import GIVEN, STATUSES, Verb, read_content, verb_of
from changecast.hub.announcing.reannounce import reannounce
from changecast.hub.announcing.two_persons import (
    Proposal,
    Stored,
    approval_body,
    approval_key,
    break_glass_key,
    digest,
    proposal_key,
    proposals,
    repeat_body,
    repeat_key,
    write,
)
from changecast.hub.registry import Place
from changecast_cli.failures import Failed, Refused
from changecast_cli.terminal import out, print_json

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The function may take 300 s. Nobody asks twice meanwhile.
_PATIENT = Config(read_timeout=310, retries={"total_max_attempts": 1})
_OPTIONS = ("confidential", "test", "despite", "past", "require_approvals", "notify_all")


PROPOSES = "this is only a proposal: nobody is told until another person approves it"


def place_of(hub: Hub) -> Place:
    """Return where two persons announce; Refused if one person announces here."""
    if hub.two_persons is None:
        raise Refused(
            "this hub does not require a second person (TwoPerson=no). Announce "
            "directly: changecast announce FILE. To require a second person, see "
            "docs/two-persons.md"
        )
    return hub.two_persons


def person_of(hub: Hub, given: str | None = None) -> str:
    """Return the caller's aws:SourceIdentity: as given, else the name of the role session.

    AWS tells nobody their own source identity. Where it differs from the session's name, AWS
    refuses what is written under the wrong one.
    """
    if given:
        return given
    resource = hub.caller.split(":", 5)[-1]
    if not resource.startswith("assumed-role/"):
        raise Refused(
            f"{hub.caller} is not a role session, so it has no aws:SourceIdentity. "
            "Assume a role with a source identity: see docs/two-persons.md"
        )
    return resource.rsplit("/", 1)[-1]


def proposal_for(
    document: bytes, rehearsed: Announcement, options: Mapping[str, Any], *, reason: str = ""
) -> Proposal:
    """Return the proposal of a document that was rehearsed with these options of `announce`."""
    if rehearsed.outcome is Outcome.DRAFT or not rehearsed.details:
        raise Refused(
            f"{rehearsed.change_id} is a draft, so nobody is told: there is nothing to propose"
        )
    if rehearsed.newer:
        raise Refused(
            f"{rehearsed.change_id} already has revision {rehearsed.newer}, but this document is "
            f"revision {rehearsed.revision}: is it an old file?"
        )
    return Proposal(
        rehearsed.change_id,
        rehearsed.revision,
        rehearsed.customers,
        rehearsed.withdrawn,
        rehearsed.title,
        document.decode("utf-8-sig"),
        utc(datetime.now(UTC)),
        options.get("change_id") or "",
        **{name: options[name] for name in _OPTIONS if name in options},
        reason=reason,
    )


def propose(session: boto3.Session, hub: Hub, proposal: Proposal, person: str) -> Stored:
    """Put a proposal where others approve it; it replaces the person's last one of the change."""
    key = proposal_key(person, proposal.change_id)
    _write(session, place_of(hub), key, proposal.body, person)
    return Stored(key, person, digest(proposal.body), proposal)


def waiting(session: boto3.Session, hub: Hub) -> list[Stored]:
    """Return the proposals that nobody has approved yet, the oldest first."""
    found = proposals(_s3(session), place_of(hub).bucket)
    return sorted(found, key=lambda one: one.proposal.proposed_at)


def proposed(
    session: boto3.Session, hub: Hub, change_id: str, proposer: str | None = None
) -> Stored:
    """Return the one proposal of a change; Refused if there is none, or several persons'."""
    every = [one for one in waiting(session, hub) if one.proposal.change_id == change_id]
    found = [one for one in every if proposer in (None, one.person)]
    if not found:
        by = f" by {proposer}" if proposer else ""
        raise Refused(
            f"no open proposal for {change_id}{by}: it was already announced, was never proposed, "
            "or was deleted after 90 days. To list proposals: changecast proposals"
        )
    if len(found) > 1:
        persons = ", ".join(one.person for one in found)
        raise Refused(f"{persons} have each proposed {change_id}: choose one with --by")
    return found[0]


def refuse_changed(stored: Stored, rehearsed: Announcement, person: str) -> None:
    """Raise Refused if a person cannot approve a proposal, by what the hub knows now."""
    if stored.person.casefold() == person.casefold():
        raise Refused(
            f"{person} proposed {stored.proposal.change_id}: another person must approve it"
        )
    proposal = stored.proposal
    now = (rehearsed.revision, rehearsed.customers, rehearsed.withdrawn)
    if now != (proposal.revision, proposal.customers, proposal.withdrawn):
        raise Refused(
            f"{proposal.change_id} has changed since it was proposed: it would now be revision "
            f"{rehearsed.revision}, for {', '.join(rehearsed.customers) or 'nobody'}. "
            f"{stored.person} must propose it again"
        )


def approve(session: boto3.Session, hub: Hub, stored: Stored, person: str) -> Announcement:
    """Approve exactly these bytes, and return what was announced.

    Raises:
        ContractError: The function refused it: nothing was announced.
        Failed: It may not have been announced; approve again.
    """
    key = approval_key(stored.person, person, stored.proposal.change_id)
    body = approval_body(stored.sha256, datetime.now(UTC))
    _write(session, place_of(hub), key, body, person)
    return _published(session, place_of(hub), key)


def announce_alone(
    session: boto3.Session, hub: Hub, proposal: Proposal, person: str
) -> Announcement:
    """Announce without a second person, for the proposal's reason; people are alerted.

    Raises the same as `approve`.
    """
    key = break_glass_key(person, proposal.change_id)
    _write(session, place_of(hub), key, proposal.body, person)
    return _published(session, place_of(hub), key)


def announce_again(
    session: boto3.Session, hub: Hub, change_id: str, code: str, given: str | None = None
) -> Announcement:
    """Announce a change's newest revision again, to one customer that it names.

    Where two persons announce, the function repeats what they approved: nobody is told anything
    new, so one person may ask for it. `given` is the caller's aws:SourceIdentity.

    Raises:
        ContractError: Refused: nothing was announced.
        Failed: It may not have been announced; do it again.
    """
    if hub.two_persons is None:
        return reannounce(change_id, code, hub=hub)
    person = person_of(hub, given)
    key = repeat_key(person, change_id)
    _write(session, hub.two_persons, key, repeat_body(change_id, code), person)
    return _published(session, hub.two_persons, key)


def lines_of(stored: Stored) -> Iterator[str]:
    """Yield a proposal for people: what, whose, its hash, and every option that matters."""
    one = stored.proposal
    gone = f", withdrawn for {', '.join(one.withdrawn)}" if one.withdrawn else ""
    yield (
        f"{one.change_id} revision {one.revision} ({one.title}), to "
        f"{', '.join(one.customers) or 'nobody'}{gone}"
    )
    yield f"proposed by {stored.person} at {one.proposed_at}"
    yield f"sha256 {stored.sha256}"
    yield from verb_lines(one)
    yield from options_of(stored)


def verb_lines(proposal: Proposal) -> Iterator[str]:
    """Yield what is proposed beside a document: a change's next status, or that one is void."""
    verb = verb_of(proposal)
    if verb is Verb.ANNOUNCE:
        return
    change, *_ = read_content(proposal)
    if verb is Verb.DISCARD:
        instead = (
            f"revision {change.revision} applies again" if change else "no other revision applies"
        )
        yield f"{verb}: revision {proposal.revision} becomes void, {instead}"
        return
    yield f"{verb}: the change becomes {STATUSES[verb].value.replace('_', ' ')}"
    for name in GIVEN:
        if value := getattr(change, name, None):
            said = utc(value) if isinstance(value, datetime) else value
            yield f"{name.replace('_', ' ')}: {said}"


def tell_proposed(stored: Stored, of: str = "", warnings: Sequence[str] = ()) -> None:
    """Print a proposal just made, and what comes next."""
    first, _, *lines = lines_of(stored)
    out.print(escape(f"{of}proposed {first}"))
    for line in (*lines, *(f"warning: {one}" for one in warnings)):
        out.print(f"  {escape(line)}")
    change_id = stored.proposal.change_id
    out.print(f"  Next, another person runs: changecast approve {escape(change_id)}")


def say_proposed(stored: Stored, *, as_json: bool) -> None:
    """Print a proposal that was made without a document."""
    if as_json:
        print_json({"proposed": [plain(stored)]})
    else:
        tell_proposed(stored)


def options_of(stored: Stored) -> Iterator[str]:
    """Yield every option of a proposal that was given, as the verb spells it."""
    for name in _OPTIONS:
        value = getattr(stored.proposal, name)
        if value:
            said = "" if value is True else f": {value}"
            yield f"--{name.replace('_', '-')}{said}"


def plain(stored: Stored) -> dict[str, Any]:
    """Return a proposal for programs."""
    one = stored.proposal
    return {
        "change_id": one.change_id,
        "revision": one.revision,
        "title": one.title,
        "customers": list(one.customers),
        "withdrawn": list(one.withdrawn),
        "verb": one.verb or "announce",
        "proposed_by": stored.person,
        "proposed_at": one.proposed_at,
        "sha256": stored.sha256,
    }


def _s3(session: boto3.Session) -> "S3Client":
    return session.client("s3")


def _write(session: boto3.Session, place: Place, key: str, body: bytes, person: str) -> None:
    """Write under one's own name; Refused with what to do if AWS denies it."""
    try:
        write(_s3(session), place.bucket, key, body)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        raise Refused(
            f"AWS does not let you write {key}. The name in this key must be your own "
            f"aws:SourceIdentity. If yours is not {person}, add --as IDENTITY. If you have none, "
            "or lack the policy for this, see docs/two-persons.md"
        ) from error


def _published(session: boto3.Session, place: Place, key: str) -> Announcement:
    """Let the function announce it, and return what it says."""
    call = session.client("lambda", config=_PATIENT).invoke
    answer = call(FunctionName=place.function, Payload=json.dumps({"key": key}).encode())
    said = json.loads(answer["Payload"].read() or b"{}")
    if answer.get("FunctionError"):
        message = str(said.get("errorMessage", "the function failed")).rstrip(".")
        raise Failed(
            f"the hub's function failed ({message}), so this may not have been carried out. Run "
            "the same command again: nobody is mailed twice"
        )
    if refused := said.get("refused"):
        raise _fault(refused)
    tuples = ("customers", "withdrawn", "event_ids", "warnings")
    values = {**said, **{name: tuple(said[name]) for name in tuples}, "details": ()}
    return Announcement(**{**values, "outcome": Outcome(said["outcome"])})


def _fault(refused: Mapping[str, Any]) -> ContractError:
    if faults := refused.get("faults"):
        return MetadataFault([Fault(*one) for one in faults])
    return ContractError(refused["code"], refused["message"], refused["path"])
