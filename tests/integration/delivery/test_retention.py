"""What a change left behind lives until its window's end plus the retention, and no longer.

Time passes in days, and with it DynamoDB's time to live and the lifecycle of the mails bucket.
"""

import math
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest

from changecast.customer.ledger.table import query
from testbed.doubles.account import DEAD_LETTERS, Account
from testbed.doubles.announcements import envelope
from testbed.doubles.answers import refusal
from testbed.doubles.ses import Ses

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
KEPT_DAYS, FAR_AHEAD = 120, 200
FIRST, DAY = 1_800_000_000, 86_400


@pytest.fixture
def account() -> Account:
    contacts = {"announcements": [*PEOPLE], "approvals": PEOPLE[:2], "calendar": PEOPLE[:1]}
    return Account(ses=Ses(contacts=contacts))


def announcement(revision: int, starts_on: int, **what: Any) -> dict[str, Any]:
    """An announcement whose window starts on a day of the simulation, the first is day 0."""
    event = envelope(revision, **what)
    start = datetime.fromtimestamp(FIRST + starts_on * DAY, UTC)
    window = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    event["detail"]["change"]["window"] |= window
    return event


def put(account: Account, event: dict[str, Any]) -> None:
    account.announce(event)
    account.settle(3)


def subjects(account: Account, address: str = PEOPLE[1]) -> list[str]:
    """The subjects of a person's mails, in the order in which they came."""
    mails = [mail.raw.decode() for mail in account.ses.mails if mail.to == address]
    return [raw.split("Subject: ", 1)[1].split("\r\n", 1)[0] for raw in mails]


def mails(account: Account) -> list[int]:
    """How many mails each person got."""
    return [sum(mail.to == one for mail in account.ses.mails) for one in PEOPLE]


def kinds(account: Account, *revisions: int) -> list[str]:
    return [account.run("CHG1", revision).kind for revision in revisions]


@pytest.mark.parametrize(
    ("what", "kind"),
    [
        ({"starts_on": FAR_AHEAD + 30}, "update"),
        ({"starts_on": FAR_AHEAD, "status": "cancelled"}, "cancelled"),
        ({"starts_on": FAR_AHEAD, "customers": ("beta",), "withdrawn": ("acme",)}, "withdrawn"),
        ({"starts_on": FAR_AHEAD, "status": "in_progress"}, "started"),
    ],
)
@pytest.mark.parametrize("day", [KEPT_DAYS + 1, FAR_AHEAD - 1, FAR_AHEAD + KEPT_DAYS])
def test_a_change_announced_far_ahead_still_has_an_end(
    account: Account, what: dict[str, Any], kind: str, day: int
) -> None:
    put(account, announcement(1, FAR_AHEAD))
    account.pass_days(day)
    put(account, announcement(2, **what))

    assert kinds(account, 1, 2) == ["announcement", kind]
    assert account.events.last_report(2)["state"] == "sent"
    assert mails(account) == [2] * 5


def test_an_update_far_ahead_says_what_changed(account: Account) -> None:
    put(account, announcement(1, FAR_AHEAD))
    account.pass_days(KEPT_DAYS + 1)
    put(account, announcement(2, FAR_AHEAD + 30))

    assert set(account.states("CHG1", 2).values()) == {"SENT"}
    variants = {one.variant for one in account.recipients("CHG1", 2).values()}
    assert variants == {"changed", "changed-calendar"}


def test_an_event_replayed_far_ahead_mails_nobody_again(account: Account) -> None:
    put(account, first := announcement(1, FAR_AHEAD))
    account.pass_days(KEPT_DAYS + 1)
    put(account, first)
    assert mails(account) == [1] * 5

    put(account, second := announcement(2, FAR_AHEAD + 30))
    account.pass_days(KEPT_DAYS + 1)
    put(account, second)
    put(account, first)
    assert mails(account) == [2] * 5
    assert not account.sqs.queue(DEAD_LETTERS)


def test_a_window_moved_far_ahead_takes_the_older_runs_along(account: Account) -> None:
    put(account, announcement(1, 10))
    account.pass_days(5)
    put(account, announcement(2, 10, prior_status="submitted"))  # minor: nobody is told
    account.pass_days(1)
    put(account, announcement(3, FAR_AHEAD, prior_status="submitted"))
    account.pass_days(FAR_AHEAD)
    put(account, announcement(4, FAR_AHEAD, status="cancelled"))

    assert kinds(account, 1, 3, 4) == ["announcement", "update", "cancelled"]
    assert mails(account) == [3] * 5


def test_a_minor_revision_does_not_shorten_what_it_is_compared_with(account: Account) -> None:
    put(account, announcement(1, 10))
    account.pass_days(KEPT_DAYS)
    put(account, announcement(2, 10, prior_status="submitted"))
    account.pass_days(KEPT_DAYS - 1)
    put(account, announcement(3, 10, status="completed"))

    assert kinds(account, 1, 2, 3) == ["announcement", "update", "completed"]
    assert mails(account) == [2] * 5


def test_a_late_older_revision_shortens_nothing(account: Account) -> None:
    put(account, announcement(2, FAR_AHEAD))
    put(account, announcement(1, 1))
    account.pass_days(FAR_AHEAD)
    put(account, announcement(3, FAR_AHEAD, status="cancelled"))

    assert kinds(account, 1, 2, 3) == ["silent", "announcement", "cancelled"]
    assert mails(account) == [2] * 5


def test_a_discarded_revision_stays_void_as_long_as_the_change(account: Account) -> None:
    put(account, announcement(1, FAR_AHEAD))
    put(account, announcement(2, 1, impact="A mistake."))
    real = announcement(3, FAR_AHEAD)
    real["detail"]["discards"] = [2]
    put(account, real)
    account.pass_days(FAR_AHEAD)
    put(account, announcement(2, 1, impact="A mistake.", event_id=""))
    put(account, announcement(4, FAR_AHEAD, status="cancelled"))

    assert account.run("CHG1", 2).discarded
    assert kinds(account, 3, 4)[1] == "cancelled"
    assert mails(account) == [4] * 5


def test_a_run_paused_for_half_a_year_still_has_its_mail(account: Account) -> None:
    account.ses.answer = refuse
    put(account, announcement(1, FAR_AHEAD))
    assert account.run("CHG1").paused
    account.pass_days(KEPT_DAYS + 150)
    account.start()  # no function has the mail in its memory
    account.ses.answer = lambda to: None
    account.resume("CHG1")
    account.settle(5)
    assert mails(account) == [1] * 5


def refuse(to: str) -> None:
    raise refusal("AccountSuspendedException", 400)


def test_what_an_approval_was_asked_for_is_compared_with_after_a_far_move(account: Account) -> None:
    put(account, announcement(1, 3, status="submitted"))
    put(account, announcement(2, FAR_AHEAD))
    account.pass_days(FAR_AHEAD - 10)
    put(account, announcement(3, FAR_AHEAD, status="submitted"))

    assert {one.variant for one in account.recipients("CHG1", 3).values()} == {"changed"}


def test_a_moved_window_moves_every_item_of_every_run(stores: Any) -> None:
    table, s3 = stores
    account = Account(ses=Ses(contacts={"announcements": [*PEOPLE]}), table=table, s3=s3)
    put(account, announcement(1, 10))
    until = expiries(account, 1)
    assert until == {ceil_days(10 * DAY + 7_200)}
    put(account, announcement(2, FAR_AHEAD))
    assert expiries(account, 1) == expiries(account, 2) == {ceil_days(FAR_AHEAD * DAY + 7_200)}
    put(account, announcement(3, 20))
    assert expiries(account, 1) == expiries(account, 3) == {ceil_days(20 * DAY + 7_200)}


def ceil_days(after: float) -> int:
    return math.ceil((FIRST + after) / DAY + KEPT_DAYS) * DAY


def expiries(account: Account, revision: int) -> set[int]:
    run = account.run("CHG1", revision)
    pks = [f"run#{run.run}", f"run#{run.run}#00001", f"event#{run.event_id}", "change#CHG1"]
    return {
        int(item["expires_at"]["N"])
        for pk in pks
        for item in query(
            account.ledger,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": pk}},
        )
    }


@pytest.mark.parametrize("moved_to", [0, 1, 30])
def test_nothing_outlives_the_window_by_more_than_the_retention(
    account: Account, moved_to: int
) -> None:
    put(account, announcement(1, FAR_AHEAD))
    put(account, announcement(2, moved_to))
    account.pass_days(moved_to + KEPT_DAYS - 1)
    assert {kind for kind, _ in of_changes(account)} == {"change", "event", "run"}
    account.pass_days(3)
    assert of_changes(account) == []


def of_changes(account: Account) -> list[tuple[str, str]]:
    """The kind and the key of every item that belongs to a change, not to the whole account."""
    keys = [pk.partition("#") for pk, _ in account.table.items]
    return [(kind, key) for kind, has_key, key in keys if has_key]


def test_the_mails_bucket_forgets_too(account: Account) -> None:
    put(account, announcement(1, FAR_AHEAD))
    account.pass_days(FAR_AHEAD + KEPT_DAYS)
    assert account.s3.objects
    account.pass_days(FAR_AHEAD + KEPT_DAYS)
    assert not account.s3.objects


def again(event: dict[str, Any], number: int) -> dict[str, Any]:
    """The same announcement put once more, as `reannounce` does: a new event that names it."""
    detail = event["detail"]
    own = {"event_id": str(uuid5(NAMESPACE_URL, f"again {number}"))}
    return event | {"detail": detail | own | {"reannounces": detail["event_id"]}}


@pytest.mark.parametrize("day", [10, KEPT_DAYS, KEPT_DAYS + 4])
def test_an_event_announced_again_is_known_as_long_as_it_can_be_replayed(
    account: Account, day: int
) -> None:
    put(account, first := announcement(1, 5))
    account.pass_days(day)
    put(account, second := again(first, 1))
    account.pass_days(KEPT_DAYS - 1)
    for event in (second, first, again(first, 2)):
        put(account, event)

    assert mails(account) == [1] * 5
    assert not account.sqs.queue(DEAD_LETTERS)


def test_announced_again_extends_the_whole_change_and_its_mails(account: Account) -> None:
    put(account, announcement(1, 5))
    put(account, second := announcement(2, 6))
    account.pass_days(100)
    put(account, again(second, 1))
    account.pass_days(KEPT_DAYS - 1)
    put(account, announcement(3, 400))

    assert kinds(account, 1, 2, 3) == ["announcement", "update", "update"]
    variants = {one.variant for one in account.recipients("CHG1", 3).values()}
    assert variants == {"changed", "changed-calendar"}


def test_an_older_revision_announced_again_shortens_nothing(account: Account) -> None:
    put(account, first := announcement(1, 5))
    put(account, announcement(2, FAR_AHEAD))
    before = expiries(account, 2)
    account.pass_days(1)
    put(account, again(first, 1))

    assert expiries(account, 1) == expiries(account, 2) == before


@pytest.mark.parametrize("status", ["approved", "completed", "cancelled"])
def test_what_the_ledger_may_have_forgotten_is_not_told_again(
    account: Account, status: str
) -> None:
    put(account, first := announcement(1, 5, status=status))
    told = mails(account)
    account.pass_days(5 + KEPT_DAYS + 2)
    put(account, again(first, 1))

    assert mails(account) == told
    assert account.events.last_report()["reason"]["code"] == "no_longer_known"
