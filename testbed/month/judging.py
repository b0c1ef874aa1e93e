"""Judge a month: every inbox, every calendar, every status. Calls no product code.

Inboxes are judged by the tables of `testbed.simulation.expectations`, a change and a customer at a
time; calendars by a parser that is not ours.
"""

import email
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.policy import default
from typing import Any

from icalendar import Calendar

from testbed.month.plot import Month, Party, Told, story_of
from testbed.simulation.expectations import Mail, tally
from testbed.simulation.reminding import remind_tally

NOT_PLANNED = {"draft"}


@dataclass(frozen=True)
class Inbox:
    """What one customer's people got about one change: raw mails beside what the judges read."""

    mails: Sequence[Mail]
    raw: Sequence[tuple[str, bytes]]
    keys: Sequence[str]


@dataclass
class Verdict:
    """What is wrong with a month; `mails` is how many there were."""

    mails: int = 0
    twice: int = 0
    lost: int = 0
    astray: int = 0
    calendars: int = 0
    statuses: int = 0
    answers: int = 0
    letters: int = 0

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        wrong = {name: value for name, value in vars(self).items() if name != "mails"}
        return not any(wrong.values())


def judge_inbox(verdict: Verdict, told: Told, party: Party, month: Month, inbox: Inbox) -> None:
    """Count who was not told, told twice, or told what was not for them."""
    story = story_of(told, party, month)
    found = tally(story, inbox.mails, frozenset())
    if story.reminders:
        found = found + remind_tally(story, inbox.mails, frozenset())
    verdict.mails += len(inbox.mails)
    verdict.lost += found.lost
    verdict.astray += found.astray
    verdict.twice += sum(number - 1 for number in Counter(inbox.keys).values())


def judge_calendars(verdict: Verdict, told: Told, inbox: Inbox, start: float) -> list[str]:
    """Count the people whose calendar, after all their mails, shows anything but what they know."""
    wrong = []
    for address in dict.fromkeys(address for address, _ in inbox.raw):
        own = [raw for to, raw in inbox.raw if to == address]
        entries = [entry for raw in own for entry in _entries(raw)]
        fault = _calendar_fault(told, entries, start)
        if fault:
            wrong.append(f"{told.change_id} {address}: {fault}")
    verdict.calendars += len(wrong)
    return wrong


def _entries(raw: bytes) -> Iterator[Mapping[str, Any]]:
    """Yield the calendar entry of a mail."""
    message = email.message_from_bytes(raw, policy=default)
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            calendar: Any = Calendar.from_ical(part.get_content())
            for event in calendar.walk("VEVENT"):
                yield {"method": str(calendar["METHOD"]), "uid": str(event["UID"]),
                       "sequence": int(event["SEQUENCE"]), "start": event["DTSTART"].dt,
                       "status": str(event.get("STATUS", ""))}  # fmt: skip
            return


def _calendar_fault(told: Told, entries: Sequence[Mapping[str, Any]], start: float) -> str:
    """Return what is wrong with an entry once a calendar has read all of it; empty if nothing."""
    if not entries:
        return ""
    if len({entry["uid"] for entry in entries}) > 1:
        return "two entries for one change"
    numbers = [entry["sequence"] for entry in entries]
    if numbers != sorted(numbers):
        return f"the sequence numbers go back: {numbers}"
    last = entries[-1]
    of = next(one for one in told.revisions if one.number == last["sequence"])
    is_off = of.status == "cancelled" or last["status"] == "CANCELLED"
    if is_off != (last["method"] == "CANCEL"):
        return f"the calendar has {last}, but the change is {of.status}"
    starts = datetime.fromtimestamp(int(start + of.starts), UTC)
    return "" if is_off or last["start"] == starts else f"{last} should start at {starts}"


def status_fault(told: Told, party: Party, inbox: Inbox, found: Mapping[str, Any] | None) -> str:
    """Return what is wrong with the hub's status of a customer; empty if it is right."""
    named = [one for one in told.revisions if party.code in (*one.customers, *one.withdrawn)]
    if found is None:
        return "the hub has no status for it"
    newest = named[-1].number
    own = [mail for mail in inbox.mails if mail.revision == newest and mail.reminds is None]
    counts = found["counts"]
    said = (found["revision"], counts["sent"], counts["bounced"])
    true = (newest, len(own), sum(mail.bounced for mail in own))
    if said != true:
        return f"the status says {said}, but {true} is right"
    right = {"sent"} if own else {"nothing_to_send"}
    return "" if found["state"] in right else f"state {found['state']} with {len(own)} mails"
