"""The simulation's judge: it sees who was not told, and who should not have been."""

import pytest

from testbed.simulation.expectations import Mail, Tally, tally
from testbed.simulation.stories import OBEYED, PARKED, SETTLED, Saying, Step, Story

ANA, BEN, CAL = (f"{name}@acme.example" for name in ("ana", "ben", "cal"))
FIRST = {"approvals": [], "announcements": [ANA, BEN], "calendar": [CAL]}
LATER, MUCH_LATER = 2 * SETTLED, 4 * SETTLED


def story(*sayings: Saying, steps: tuple[Step, ...] = ()) -> Story:
    return Story(FIRST, list(sayings), list(steps), frozenset({ANA}))


def mails(at: float, revision: int, *people: str, test: bool = False) -> list[Mail]:
    return [Mail(at + 60.0, one, test, revision, bounced=False) for one in people]


def judged(told: Story, *seen: list[Mail]) -> Tally:
    return tally(told, [mail for part in seen for mail in part], set())


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        ((ANA, BEN, CAL), Tally(0, 0)),
        ((ANA, CAL), Tally(1, 0)),
        ((ANA, BEN), Tally(1, 0)),
        ((ANA, BEN, CAL, "zoe@acme.example"), Tally(0, 1)),
    ],
)
def test_subscribers_and_people_with_calendars_must_be_told_and_nobody_else(
    people: tuple[str, ...], expected: Tally
) -> None:
    told = story(Saying(0.0, 1), steps=(Step(LATER, "zoe@acme.example", "announcements", True),))
    assert judged(told, mails(0.0, 1, *people)) == expected


def test_other_words_for_the_same_are_told_to_nobody_who_knows() -> None:
    told = story(Saying(0.0, 1), Saying(LATER, 2, wording=2, previous=1))
    first = mails(0.0, 1, ANA, BEN, CAL)
    assert judged(told, first) == Tally(0, 0)
    assert judged(told, first, mails(LATER, 2, ANA)) == Tally(0, 1)


@pytest.mark.parametrize(
    "end",
    [Saying(LATER, 2, content=2, role="withdrawn"), Saying(LATER, 2, "cancelled", content=2)],
)
def test_who_knows_of_a_change_must_hear_that_it_is_off(end: Saying) -> None:
    told, first = story(Saying(0.0, 1), end), mails(0.0, 1, ANA, BEN, CAL)
    assert judged(told, first, mails(LATER, 2, ANA, BEN, CAL)) == Tally(0, 0)
    assert judged(told, first, mails(LATER, 2, ANA, CAL)) == Tally(1, 0)


def test_drafts_parked_strays_and_events_of_other_customers_are_told_to_nobody() -> None:
    told = story(
        Saying(0.0, 1, "draft"),
        Saying(LATER, 2, role="others"),
        Saying(MUCH_LATER, PARKED, stray=True),
    )
    assert judged(told) == Tally(0, 0)
    for revision in (1, 2, PARKED):
        assert judged(told, mails(MUCH_LATER, revision, ANA)) == Tally(0, 1)


def test_a_test_goes_to_testers_only() -> None:
    told = story(Saying(0.0, 1, "draft"), Saying(0.0, 1, content=9, test=True))
    assert judged(told, mails(0.0, 1, ANA, test=True)) == Tally(0, 0)
    assert judged(told) == Tally(1, 0)
    assert judged(told, mails(0.0, 1, ANA, BEN, test=True)) == Tally(0, 1)


def test_who_read_a_discarded_revision_must_hear_the_real_one_again() -> None:
    stray = Saying(LATER, OBEYED, content=6, stray=True)
    told = story(Saying(0.0, 1), stray, Saying(MUCH_LATER, 2, previous=1, discards=(OBEYED,)))
    seen = [*mails(0.0, 1, ANA, BEN, CAL), *mails(LATER, OBEYED, ANA)]
    assert judged(told, seen) == Tally(1, 0)
    assert judged(told, seen, mails(MUCH_LATER, 2, ANA)) == Tally(0, 0)
