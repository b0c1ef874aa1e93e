"""Stories with a weekly digest, and their judge: one Monday, on which anything may move or fail.

Like `expectations`, nothing here calls the product's rules. A digest is owed to those who were on
its topic around Monday 08:00, if the change was ahead then; where either changed about that time,
both are right.
"""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.table import runs_of
from testbed.doubles.ses import SentMail
from testbed.simulation.expectations import EARLIER
from testbed.simulation.plots import story_plot
from testbed.simulation.reminding import REMINDED
from testbed.simulation.stories import SETTLED, TOPICS, Saying, Step, Story
from testbed.simulation.world import Verdict, World, judge, judge_run

HOUR, DAY = 3_600.0, 86_400.0
# Every story begins on Friday 15 January 2027 at 08:00 UTC; Monday 08:00 in Madrid is 07:00 UTC.
MONDAY = 3 * DAY - HOUR
_ID = "digest:2027-01-18"
_STARTS = (MONDAY - HOUR, MONDAY + HOUR, MONDAY + DAY, MONDAY + 6 * DAY, MONDAY + 8 * DAY)
_TIMES = (-DAY, -4 * HOUR, -60.0, -1.0, 0.0, 20.0, 61.0, 130.0, 4 * HOUR)
_STATUSES = ("approved", "approved", "submitted", "in_progress", "completed", "cancelled")


class DigestWorld(World):
    """A plot whose account has a digest: the sweep looks until it is settled."""

    def due(self) -> list[float]:
        """Return when the sweep has something to do."""
        item = self.table.items.get(("account", "digest"), {})
        is_settled = item.get("settled", {}).get("BOOL", False)
        return [*super().due(), *(() if is_settled else (self.start + MONDAY,))]

    @property
    def digests(self) -> list[SentMail]:
        """The digests that SES accepted."""
        return [mail for mail in self.ses.mails if mail.topic == "digest"]

    def digest_runs(self) -> list[Run]:
        """Return the runs of the week's digest."""
        return runs_of(self.modules()["sweep"].ledger, _ID)


def play_digest(seed: int, policy: str) -> tuple[int, Verdict]:
    """Play the story of a seed in which people may get a digest."""
    rng = random.Random(f"digest {seed}/{policy}")
    plot = replace(story_plot(seed, policy), story=digest_story(rng), digest_at=MONDAY)
    if rng.random() < 0.2:
        plot = replace(plot, paused=(MONDAY + rng.choice((-60.0, 30.0, 90.0)), MONDAY + 900.0))
    return seed, judge_digest(DigestWorld(plot))


def judge_digest(world: World) -> Verdict:
    """Play a world, and check its digest beside everything else."""
    assert isinstance(world, DigestWorld)
    world.play()
    sent, story = world.digests, world.plot.story
    assert story is not None
    world.ses.mails = [mail for mail in world.ses.mails if mail.topic != "digest"]
    # Other stories judge whether announcements reach the right people.
    whole = replace(judge(world), lost=0, astray=0)
    runs = world.digest_runs()
    held = {row.address for run in runs for row in world.recipients(run) if row.state == "HELD"}
    got = Counter(mail.to for mail in sent)
    lost = {one for one in _owed(story) if not got[one] and one not in held}
    stray = [mail for mail in sent if not _is_right(world, story, mail)]
    return (
        whole
        + sum((judge_run(world, run, sent) for run in runs), Verdict())
        + Verdict(lost=len(lost), astray=len(stray) + max(0, len(runs) - 1))
    )


def digest_story(rng: random.Random) -> Story:
    """Draw a story of one change around a Monday, and who wants to hear of it."""
    people = [f"p{number}@acme.example" for number in range(rng.choice((1, 2, 3)))]
    topics = (*TOPICS, "digest")
    first = {topic: [one for one in people if rng.random() < 0.6] for topic in topics}
    first["digest"] = first["digest"] or people[: rng.choice((0, 1, 1, 1))]
    return Story(first, list(_sayings(rng)), list(_steps(rng, first, people)), frozenset())


def _sayings(rng: random.Random) -> Iterator[Saying]:
    times = sorted({0.0, *(MONDAY + one for one in rng.sample(_TIMES, rng.choice((0, 1, 1, 2))))})
    starts, content = rng.choice(_STARTS), 1
    for revision, at in enumerate(times, start=1):
        starts = rng.choice(_STARTS) if rng.random() < 0.5 else starts
        content += rng.random() < 0.5
        gone = revision > 1 and rng.random() < 0.15
        yield Saying(
            at=at, revision=revision, content=content, wording=revision, starts=starts,
            status="approved" if revision == 1 else rng.choice(_STATUSES),
            role="withdrawn" if gone else "named", previous=revision - 1,
        )  # fmt: skip


def _steps(rng: random.Random, first: dict[str, list[str]], people: list[str]) -> Iterator[Step]:
    """Draw who joins and leaves the digest."""
    stands = {*first["digest"]}
    for at in sorted(MONDAY + one for one in rng.sample(_TIMES, rng.choice((0, 0, 1, 2)))):
        address = rng.choice([*people, "late@acme.example"])
        joins = address not in stands
        (stands.add if joins else stands.remove)(address)
        yield Step(at, address, "digest", joins)


def _owed(story: Story) -> Iterator[str]:
    """Yield who must get the digest, whatever fails."""
    if _ahead(story, MONDAY, MONDAY + REMINDED) != {True}:
        return
    everybody = {*story.first["digest"], *(step.address for step in story.steps)}
    for address in sorted(everybody):
        if _listed(story, address, MONDAY - EARLIER, MONDAY + REMINDED) == {True}:
            yield address


def _is_right(world: DigestWorld, story: Story, mail: SentMail) -> bool:
    """Return whether a digest came on Monday, to somebody on its topic, about something ahead."""
    at = world.ses.accepted_at[mail.message_id] - world.start
    return (
        MONDAY - EARLIER <= at <= MONDAY + 12 * HOUR + REMINDED
        and True in _ahead(story, MONDAY, at)
        and True in _listed(story, mail.to, MONDAY - EARLIER, at + EARLIER)
    )


def _ahead(story: Story, since: float, until: float) -> set[bool]:
    """Return whether the change is ahead during a time, by what people may have been told then."""
    told = [one for one in story.sayings if one.at <= until]
    settled = [one for one in told if one.at <= since - SETTLED]
    standing = [*settled[-1:], *(one for one in told if one.at > since - SETTLED)]
    found = {_is_ahead(one, at) for one in standing for at in (since, until)}
    return found if settled else found | {False}


def _is_ahead(saying: Saying, at: float) -> bool:
    ends = saying.starts + HOUR * (1 + saying.content % 5)
    is_open = saying.status not in {"completed", "cancelled"} and saying.role == "named"
    return is_open and saying.starts < MONDAY + 7 * DAY and at < ends


def _listed(story: Story, address: str, since: float, until: float) -> set[bool]:
    """Return whether a person gets digests during a time: one answer, or both."""
    is_on, found = address in story.first["digest"], set[bool]()
    for step in story.steps:
        if step.address != address or step.at > until:
            continue
        if step.at > since:
            found.add(is_on)
        is_on = step.joins
    return found | {is_on}
