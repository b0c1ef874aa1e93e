"""Stories with reminders, and their judge: windows that move, people who join late, jumps in time.

Like `expectations`, nothing here calls the product. An epoch is the consecutive revisions that have
the same start. `_required` yields what each epoch must cause; `_is_right` judges each reminder.
"""

import random
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from testbed.simulation.expectations import EARLIER, Mail, Tally
from testbed.simulation.stories import SETTLED, TOPICS, Saying, Step, Story

HOUR = 3_600.0
OFFSETS = ((86_400, 21_600), (86_400,), (129_600, 86_400, 43_200, 21_600))
# A reminder goes out within this time, whatever fails: eight crashes, each with its window.
REMINDED = 9_000.0
# A mail that was claimed before the start may be sent until its lease ends.
CLAIMED = 150.0
_SOON = 5.9 * HOUR  # before every one of OFFSETS
_STATUSES = ("approved",) * 7 + ("submitted", "in_progress", "completed", "cancelled", "draft")
ReminderKey = tuple[float, float, str]


@dataclass(frozen=True)
class Epoch:
    """The time in which people are told one start: from its first revision until another start."""

    starts: float
    begins: float
    ends: float
    moved: bool

    def due(self, before: float) -> float:
        """Return when a reminder is due."""
        return self.starts - before


def reminded_story(rng: random.Random) -> Story:
    """Draw a story of one change and its reminders."""
    people = [f"p{number}@acme.example" for number in range(rng.choice((1, 2, 3)))]
    first = {topic: [one for one in people if rng.random() < 0.7] for topic in TOPICS}
    first["announcements"] = first["announcements"] or people[:1]
    sayings = list(_sayings(rng))
    steps = list(_steps(rng, first, people, sayings))
    return Story(first, sayings, steps, frozenset(), rng.choice(OFFSETS))


def _sayings(rng: random.Random) -> Iterator[Saying]:
    now, starts, content, said = 0.0, 0.0, 1, list[Saying]()
    for revision in range(1, rng.choice((1, 1, 2, 2, 3, 4)) + 1):
        if not starts or rng.random() < 0.5:
            starts = now + rng.choice((_SOON, 12 * HOUR, 27 * HOUR, 40 * HOUR, 60 * HOUR))
        content += rng.random() < 0.5
        status = "approved" if revision == 1 and rng.random() < 0.8 else rng.choice(_STATUSES)
        gone = revision > 1 and rng.random() < 0.1
        said.append(
            Saying(
                at=now, revision=revision, status=status, content=content, wording=revision,
                role="withdrawn" if gone else "named", previous=revision - 1, starts=starts,
            )
        )  # fmt: skip
        yield said[-1]
        due = [starts - before for before in (86_400.0, 21_600.0) if starts - before > now]
        times = (now + 1.0, now + 60.0, now + SETTLED, *(one + late for one in due
                 for late in (-30.0, -1.0, 0.0, 20.0, 61.0, 100.0)), starts + 60.0)  # fmt: skip
        now = max(now + 0.05, rng.choice(times))
    if rng.random() < 0.2:
        at = now + rng.choice((SETTLED, 20 * HOUR))
        yield from (Saying(**{**vars(one), "at": at}) for one in said)


def _steps(
    rng: random.Random, first: dict[str, list[str]], people: list[str], sayings: list[Saying]
) -> Iterator[Step]:
    """Draw who joins and leaves at any time until the last start."""
    stands = {(topic, one) for topic, listed in first.items() for one in listed}
    end = max(one.starts for one in sayings)
    for at in sorted(rng.uniform(0.0, end) for _ in range(rng.choice((0, 0, 1, 2, 4)))):
        topic = rng.choice(("announcements", "announcements", "calendar"))
        address = rng.choice([*people, "late@acme.example"])
        joins = (topic, address) not in stands
        (stands.add if joins else stands.remove)((topic, address))
        yield Step(at, address, topic, joins)


def remind_tally(story: Story, mails: Sequence[Mail], held: Set[ReminderKey]) -> Tally:
    """Compare the reminders that people got with those that they should have got."""
    epochs, seen = list(epochs_of(story)), [mail for mail in mails if mail.reminds]
    lost = {one for one in _required(story, epochs) if one not in held}
    lost -= {(*mail.reminds, mail.address) for mail in seen if mail.reminds}
    stray = [mail for mail in seen if not _is_right(story, epochs, mails, mail)]
    return Tally(lost=len(lost), astray=len(stray))


def epochs_of(story: Story) -> Iterator[Epoch]:
    """Yield the windows that people were told, in order; a replay has nothing new."""
    said = {one.revision: one for one in reversed(story.sayings)}
    real = [said[revision] for revision in sorted(said)]
    begins = 0
    for at, one in enumerate(real):
        if at and _start(real[at - 1]) != _start(one):
            begins = at
        is_last = at + 1 == len(real) or _start(real[at + 1]) != _start(one)
        if is_last and _start(one):
            ends = real[at + 1].at if at + 1 < len(real) else float("inf")
            moved = any(_start(each) not in (0.0, _start(one)) for each in real[:begins])
            yield Epoch(_start(one), real[begins].at, ends, moved)


def _start(saying: Saying) -> float:
    """Return the start that people are told, which has no seconds; 0 if there is none."""
    is_meant = saying.status == "approved" and saying.role == "named"
    return saying.starts // 60 * 60 if is_meant else 0.0


def _required(story: Story, epochs: Sequence[Epoch]) -> Iterator[ReminderKey]:
    """Yield who must have been reminded, if nothing else happened at the same time."""
    for epoch in epochs:
        for before, since, until in _settled(story, epoch):
            over = min(epoch.ends, epoch.starts)
            alone = not any(
                since - EARLIER < one.at < until for one in story.sayings if one.at != epoch.begins
            )
            if until < over - EARLIER and alone:
                yield from (
                    (epoch.starts, before, address)
                    for address in _everybody(story)
                    if _on_list(story, address, since - EARLIER, until) == {True}
                )


def _settled(story: Story, epoch: Epoch) -> Iterator[tuple[float, float, float]]:
    """Yield each reminder that is certainly due, from when, and by when it must have gone out."""
    offsets = sorted(story.reminders)
    for before in offsets:
        due = epoch.due(before)
        smaller = [each for each in offsets if each < before]
        followed = any(epoch.due(each) <= due + REMINDED for each in smaller)
        if due > epoch.begins + SETTLED and not followed:
            yield float(before), due, due + REMINDED
    passed = [each for each in offsets if epoch.due(each) <= epoch.begins - EARLIER]
    if epoch.moved and passed:
        late = epoch.begins + SETTLED + REMINDED
        if not any(epoch.begins - EARLIER < epoch.due(each) <= late for each in offsets):
            yield float(min(passed)), epoch.begins, late


def _is_right(story: Story, epochs: Sequence[Epoch], mails: Sequence[Mail], mail: Mail) -> bool:
    """Return whether a reminder was for this person, about a valid start, and not too early."""
    starts, before = mail.reminds or (0.0, 0.0)
    own = [each for each in epochs if each.starts == starts and each.begins <= mail.at + EARLIER
           and mail.at <= each.ends + SETTLED]  # fmt: skip
    return (
        mail.at < starts + CLAIMED
        and any(_is_timely(each, before, mail.at) for each in own)
        and True in _on_list(story, mail.address, mail.at - REMINDED, mail.at + EARLIER)
        and _is_worded(mails, mail, own)
    )


def _is_timely(epoch: Epoch, before: float, at: float) -> bool:
    """Return whether a reminder's time had come, and had not passed when people were told."""
    had_passed = epoch.due(before) <= epoch.begins - EARLIER
    return at >= epoch.due(before) - EARLIER and (epoch.moved or not had_passed)


def _is_worded(mails: Sequence[Mail], mail: Mail, epochs: Sequence[Epoch]) -> bool:
    """Return whether people who were told got the short mail, and all others the whole change."""
    own = [one for one in mails if one.address == mail.address and one.whole]
    if not mail.whole:  # a bounce may come later
        return any(one.at < mail.at for one in own)
    # A person who was told of the same window in good time needs no second whole mail.
    known = any(
        each.begins < one.at < mail.at - REMINDED
        and one.revision == mail.revision
        and not one.bounced
        for each in epochs
        for one in own
    )
    return not known


def _everybody(story: Story) -> set[str]:
    listed = {address for people in story.first.values() for address in people}
    return listed | {step.address for step in story.steps}


def _on_list(story: Story, address: str, since: float, until: float) -> set[bool]:
    """Return whether a person gets announcements during a time: one answer, or both."""
    is_on, found = address in story.first["announcements"], set[bool]()
    for step in story.steps:
        if (step.address, step.topic) != (address, "announcements") or step.at > until:
            continue
        if step.at > since:
            found.add(is_on)
        is_on = step.joins
    return found | {is_on}
