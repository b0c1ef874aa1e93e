"""Who gets which mail of a run. Pure; planning and `announce --dry-run` both use it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from changecast.contract.change_announced import ChangeAnnounced
from changecast.customer.ledger.schema import Recipient
from changecast.customer.ledger.states import State
from changecast.customer.mailing import ONLY_CALENDAR, Mailing, Topic, Variant
from changecast.customer.planning.contact_list import ContactList
from changecast.customer.planning.decision import variant_for
from changecast.customer.planning.looks import Look, variant_in
from changecast.customer.planning.recipients import allowed, key_of
from changecast.customer.renderings.splice import LONGEST, is_plain

UNSUPPORTED = "address_not_supported"


@dataclass(frozen=True)
class Audience:
    """The mailing's subscribers, those with calendar entries, and those with only these."""

    people: list[str]
    invited: frozenset[str]
    only_calendar: list[str]

    @property
    def everybody(self) -> list[str]:
        """Return all of them, in a stable order."""
        return sorted({*self.people, *self.only_calendar})


@dataclass(frozen=True)
class MailRights:
    """Whom an account may mail: everybody in `prod`, otherwise only the allow-list."""

    environment: str
    allow_list: frozenset[str]


def has_entry(renderings: Mapping[str, bytes] | Mapping[Variant, bytes]) -> bool:
    """Return whether this mail has a calendar entry; a start, for example, has none."""
    with_entry = renderings.get(Variant.FULL_CALENDAR)
    return with_entry is not None and with_entry != renderings[Variant.FULL]


def audience_of(listed: ContactList, mailing: Mailing, *, with_entry: bool) -> Audience:
    """Return who gets a mailing.

    Raises:
        PauseRun: The list lacks the topic.
    """
    people = listed.subscribers(mailing.topic)
    if not with_entry:
        return Audience(people, frozenset(), [])
    invited = listed.subscribers(Topic.CALENDAR)
    others = {*people}
    return Audience(people, frozenset(invited), [each for each in invited if each not in others])


def recipients_of(
    announced: ChangeAnnounced,
    code: str,
    mailing: Mailing,
    audience: Audience,
    told_before: Mapping[str, int],
    rights: MailRights,
    looks: Mapping[str, Look] = {},
) -> Iterator[Recipient]:
    """Yield all recipients of a run, each with its variant; `looks` are the readers' own looks."""
    only_calendar = {*audience.only_calendar}
    for address in audience.everybody:
        if not allowed(
            address,
            environment=rights.environment,
            allow_list=rights.allow_list,
            test=announced.test,
        ):
            continue
        is_invited = address in audience.invited
        variant = variant_for(mailing, told_before.get(address), calendar=is_invited)
        if variant is not None:
            own = ONLY_CALENDAR[variant] if address in only_calendar else variant
            key = key_of(code, announced.change_id, announced.revision, address)
            yield recipient_for(key, address, variant_in(own, looks.get(address)))


def reason_for_nobody(
    mailing: Mailing, announced: ChangeAnnounced, environment: str
) -> tuple[str, str]:
    """Return code and message for a mailing without recipients."""
    if mailing.base and not mailing.material:
        return (
            "minor_revision",
            "nothing that readers see has changed, and everybody is up to date",
        )
    is_limited = announced.test or environment != "prod"
    only = " who may be mailed here" if is_limited else ""
    return "no_recipients", f"nobody{only} is subscribed to the topic {mailing.topic.value}"


def recipient_for(key: str, address: str, variant: str) -> Recipient:
    """Return a recipient, FAILED from the start if SES does not accept the address."""
    if is_plain(address):
        return Recipient(key, address, variant)
    shown = address[:LONGEST].encode("utf-8", "replace").decode()
    return Recipient(key, shown, variant, state=State.FAILED, code=UNSUPPORTED)
