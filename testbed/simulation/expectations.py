"""Who must have been told, and who must not: the tables of `docs/mails.md` as code.

Nothing here calls the product. It knows a story, and the mails that SES accepted.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from itertools import takewhile

from testbed.simulation.stories import OBEYED, PARKED, SETTLED, TOPICS, Saying, Story

# Before an event: how wrong clocks can be. After it: how long planning may take.
EARLIER, LATER = 15.0, SETTLED
ANNOUNCING = frozenset({"approved", "in_progress", "completed"})


@dataclass(frozen=True)
class Mail:
    """A mail that SES accepted: seconds from the start, and whether it bounced later.

    `reminds` is the start, and how long before it a reminder was due; `whole`: it has everything.
    """

    at: float
    address: str
    test: bool
    revision: int
    bounced: bool
    reminds: tuple[float, float] | None = None
    whole: bool = True


@dataclass(frozen=True)
class Tally:
    """People who were not told, and mails that nobody should have got."""

    lost: int
    astray: int

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.lost + other.lost, self.astray + other.astray)


def tally(story: Story, mails: Sequence[Mail], held: Set[tuple[str, int, bool]]) -> Tally:
    """Compare the result of a story with what the tables promise.

    People decide about the recipients that the ledger has as held (address, revision, test).
    """
    telling = [mail for mail in mails if mail.whole]
    announcing = [mail for mail in mails if mail.reminds is None]
    lost = [
        one for one in missing(story, telling) if (one[0], one[1].revision, one[1].test) not in held
    ]
    return Tally(lost=len(lost), astray=len([*astray(story, announcing)]))


def missing(story: Story, mails: Sequence[Mail]) -> Iterable[tuple[str, Saying]]:
    """Yield who was not told what, each time that everything has settled."""
    real = [one for one in _once(story) if one.is_real]
    decisive = [one.at for one in story.sayings if one.is_real or one.revision == OBEYED]
    for at, saying in enumerate(real):
        until = min((when for when in decisive if when > saying.at), default=float("inf"))
        overtaken = any(one.at == saying.at for one in real[at + 1 :])
        if overtaken or until - saying.at < SETTLED - 1.0:
            continue
        seen = [mail for mail in mails if mail.at < until and not mail.test]
        for address in _everybody(story):
            if _must_know(story, real[: at + 1], address, seen) is False:
                yield address, saying
    yield from _missing_tests(story, mails)


def _must_know(story: Story, real: list[Saying], address: str, seen: Sequence[Mail]) -> bool | None:
    """Return whether a person knows what the newest revision says; None if they need not."""
    newest = real[-1]
    own = [mail for mail in seen if mail.address == address]
    if newest.status == "draft":
        return None
    if newest.role == "withdrawn" or newest.status == "cancelled":
        return _knows_the_end(story, real, address, own)
    if not _is_asked(story, newest, address):
        return None
    if newest.status == "submitted":
        earlier = [one for one in real if one.status == "submitted" and one.role == "named"]
        return any(_says_the_same(_of(earlier, mail), newest) for mail in own)
    told = [mail for mail in own if _status_of(story, mail) not in {None, "submitted"}]
    return any(_says_the_same(_of(story.sayings, mail), newest) for mail in _last_read(told))


def _last_read(told: Sequence[Mail]) -> list[Mail]:
    """Return the mail that a person read last, and the mails after it that bounced."""
    bounced = list(takewhile(lambda mail: mail.bounced, reversed(told)))
    return [*bounced, *told[-1 - len(bounced) : len(told) - len(bounced)]]


def _status_of(story: Story, mail: Mail) -> str | None:
    saying = _of(story.sayings, mail)
    return saying.status if saying else None


def _knows_the_end(
    story: Story, real: list[Saying], address: str, own: Sequence[Mail]
) -> bool | None:
    """Yield who was told of a change, but not of its end, although they are still subscribed."""
    newest = real[-1]
    before = [(mail, _of(real[:-1], mail)) for mail in own]
    known = [(mail, of) for mail, of in before if of is not None]
    if not known or _is_over(known[-1][1]):
        return None
    announced = [one for one in _since_withdrawn(real[:-1]) if one.status in ANNOUNCING]
    if not announced and not all(of.status == "submitted" for _, of in known):
        return None
    topic = "announcements" if announced else "approvals"
    if announced and known[-1][1].status == "submitted":
        return None
    if _subscribes(story, address, topic, newest) is not True:
        return None
    return any(mail.revision == newest.revision for mail in own)


def _since_withdrawn(real: Sequence[Saying]) -> list[Saying]:
    """Return the revisions since the change last named the customer again, but no withdrawal."""
    found, was_withdrawn = list[Saying](), False
    for one in real:
        if one.role != "withdrawn":
            found = [one] if was_withdrawn else [*found, one]
        was_withdrawn = one.role == "withdrawn"
    return found


def _is_over(saying: Saying) -> bool:
    return saying.role == "withdrawn" or saying.status == "cancelled"


def _is_asked(story: Story, saying: Saying, address: str) -> bool:
    """Return whether a revision is for this person, by its topic or as a calendar entry only."""
    topic = "approvals" if saying.status == "submitted" else "announcements"
    if (stands := _subscribes(story, address, topic, saying)) is not False:
        return stands is True
    takes_entries = _subscribes(story, address, "calendar", saying)
    return saying.status == "approved" and takes_entries is True


def _says_the_same(told: Saying | None, newest: Saying) -> bool:
    """Return whether two revisions read the same; mails show no seconds."""
    return told is not None and (told.content, told.status, told.role, told.starts // 60) == (
        newest.content, newest.status, newest.role, newest.starts // 60,
    )  # fmt: skip


def _missing_tests(story: Story, mails: Sequence[Mail]) -> Iterable[tuple[str, Saying]]:
    tests = [one for one in _once(story) if one.test]
    for saying in tests[-1:]:
        for address in story.testers:
            if _subscribes(story, address, "announcements", saying) and not any(
                (mail.test, mail.revision, mail.address) == (True, saying.revision, address)
                for mail in mails
            ):
                yield address, saying


def astray(story: Story, mails: Sequence[Mail]) -> Iterable[Mail]:
    """Yield the mails that nobody should have got."""
    for at, mail in enumerate(mails):
        saying = next((one for one in _once(story) if _is_of(one, mail)), None)
        if (
            saying is None
            or not _may_get(story, saying, mail)
            or _is_told_again(story, saying, mail, mails[:at])
        ):
            yield mail


def _may_get(story: Story, saying: Saying, mail: Mail) -> bool:
    if mail.test:
        return mail.address in story.testers and _may_be_on(
            story, saying, mail.address, {"announcements", "calendar"}
        )
    if saying.status == "draft" or saying.revision == PARKED:
        return False
    if saying.status == "submitted" and saying.role == "named":
        return _may_be_on(story, saying, mail.address, {"approvals"})
    is_end = saying.role == "withdrawn" or saying.status == "cancelled"
    topics = {*TOPICS} if is_end else {"announcements", "calendar"}
    return _may_be_on(story, saying, mail.address, topics)


def _may_be_on(story: Story, saying: Saying, address: str, topics: set[str]) -> bool:
    return any(_subscribes(story, address, topic, saying) is not False for topic in topics)


def _is_told_again(story: Story, saying: Saying, mail: Mail, before: Sequence[Mail]) -> bool:
    """Return whether a person is told again what they have known for long."""
    own = [one for one in before if (one.address, one.test) == (mail.address, mail.test)]
    if not own or own[-1].bounced or mail.test:
        return False
    told = _of(story.sayings, own[-1])
    if told is None or told.revision == saying.revision or saying.at - own[-1].at < 2_000.0:
        return False
    if _had_the_entry_only(story, told, mail.address):
        return False
    if not _says_the_same(told, saying) or told.at + SETTLED > saying.at + 1.0:
        return False
    # A revision between them may still be on its way, so the last one is told for certain.
    return not any(
        told.revision < one.revision < saying.revision
        and saying.at - one.at < SETTLED
        and not _says_the_same(one, saying)
        for one in _once(story)
        if one.is_real
    )


def _had_the_entry_only(story: Story, told: Saying, address: str) -> bool:
    """Return whether a person was told by a calendar entry, which is not the announcement."""
    return _subscribes(story, address, "announcements", told) is False


def _of(sayings: Iterable[Saying], mail: Mail) -> Saying | None:
    return next((one for one in sayings if _is_of(one, mail)), None)


def _is_of(saying: Saying, mail: Mail) -> bool:
    mine = (saying.test, saying.revision) == (mail.test, mail.revision)
    return mine and saying.role != "others" and not saying.again


def _once(story: Story) -> list[Saying]:
    """Return the first arrival of each event; a replay has nothing new."""
    seen: dict[Saying, Saying] = {}
    for one in story.sayings:
        key = Saying(**{**vars(one), "at": 0.0})
        seen.setdefault(key, one)
    return list(seen.values())


def _everybody(story: Story) -> set[str]:
    listed = {address for people in story.first.values() for address in people}
    return listed | {step.address for step in story.steps}


def _subscribes(story: Story, address: str, topic: str, saying: Saying) -> bool | None:
    """Return whether a person is on a topic all the while; None if that changes."""
    start, end = saying.at - EARLIER, saying.at + LATER
    is_on, found = address in story.first[topic], set[bool]()
    for step in story.steps:
        if (step.address, step.topic) != (address, topic):
            continue
        if step.at > end:
            break
        if step.at > start:
            found.add(is_on)
        is_on = step.joins
    found.add(is_on)
    return found.pop() if len(found) == 1 else None
