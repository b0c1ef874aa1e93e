"""What the runbook says to announce after a false event: who then gets a mail, and who does not."""

import json
from typing import Any

import pytest

from changecast.contract.change_announced import ChangeAnnounced
from changecast.hub.announcing.announce import Announcement, Outcome, announce
from testbed.doubles.account import Account
from testbed.doubles.ses import Ses
from tests.support.builders import announced, document, envelope, registered
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub

PEOPLE = [f"p{number}@acme.example" for number in range(1, 4)]


class Hub:
    """A hub with two customers; acme's account gets what the bus gets, if it names acme."""

    def __init__(self, table: Any) -> None:
        self.events = FakeEvents()
        customers = registered("acme", "globex")
        self.hub: Any = FakeHub(table, self.events, customers, fake_hub().caller)  # type: ignore[arg-type]
        self.acme, self.handed_on = Account(ses=Ses(contacts={"announcements": [*PEOPLE]})), 0

    def announce(self, **fields: Any) -> Announcement:
        done = announce(document(**fields), hub=self.hub)
        self.deliver()
        return done

    def put_without_announce(self, false: ChangeAnnounced) -> None:
        self.events.entries.append({"Detail": false.model_dump_json(exclude_none=True)})
        self.deliver()

    def deliver(self) -> None:
        for entry in self.events.entries[self.handed_on :]:
            detail = json.loads(entry["Detail"])
            if "acme" in (*detail["customers"], *detail.get("withdrawn", ())):
                self.acme.announce(envelope(announced()) | {"detail": detail})
                self.acme.settle(3)
        self.handed_on = len(self.events.entries)

    def mailed(self) -> int:
        return len(self.acme.ses.mails)


@pytest.fixture
def hub(table: Any) -> Hub:
    return Hub(table)


def as_put(hub: Hub, **changes: Any) -> ChangeAnnounced:
    """The last announced event, as somebody changes it and puts it again."""
    real = ChangeAnnounced.model_validate_json(hub.events.entries[-1]["Detail"])
    return real.model_copy(update=changes)


def test_a_customer_that_was_added_to_an_event_gets_a_withdrawal_by_the_second_revision(
    hub: Hub,
) -> None:
    hub.announce(customers=["globex"], version=1)
    hub.put_without_announce(as_put(hub, customers=("acme", "globex")))
    assert hub.mailed() == len(PEOPLE)

    done = hub.announce(customers=["globex"], version=2)
    assert (done.withdrawn, hub.mailed()) == ((), len(PEOPLE)), "nobody withdraws acme"

    hub.announce(customers=["acme", "globex"], version=3)
    assert hub.mailed() == len(PEOPLE), "nothing that people read has changed"
    done = hub.announce(customers=["globex"], version=4)
    assert (done.withdrawn, hub.mailed()) == (("acme",), 2 * len(PEOPLE))
    assert hub.acme.run("CHG-1", 4).kind == "withdrawn"


def test_without_a_version_the_second_revision_is_the_recorded_one(hub: Hub) -> None:
    hub.announce(customers=["globex"])
    hub.put_without_announce(as_put(hub, customers=("acme", "globex")))
    hub.announce(customers=["acme", "globex"])
    assert hub.announce(customers=["globex"]).outcome is Outcome.OLDER
    assert hub.mailed() == len(PEOPLE)


def test_other_content_is_corrected_by_the_right_content_under_a_higher_version(hub: Hub) -> None:
    hub.announce(customers=["globex"], version=1)
    right = as_put(hub)
    false = right.change.model_copy(update={"customer_impact": "Poison."})
    hub.put_without_announce(as_put(hub, customers=("acme",), change=false))
    hub.announce(customers=["acme", "globex"], version=2)
    assert hub.mailed() == 2 * len(PEOPLE)
    assert b"Poison" in hub.acme.ses.mails[0].raw


def test_a_bypassed_revision_is_corrected_by_a_version_above_it(hub: Hub) -> None:
    hub.announce(customers=["globex"], version=1)
    change = as_put(hub).change
    false = change.model_copy(update={"revision": 2, "customer_impact": "Poison."})
    hub.put_without_announce(as_put(hub, customers=("acme",), revision=2, change=false))
    hub.announce(customers=["acme", "globex"], version=2, customerImpact="None at all.")
    assert hub.mailed() == len(PEOPLE), "the account refuses other content of revision 2"
    hub.announce(customers=["acme", "globex"], version=3)
    assert hub.mailed() == 2 * len(PEOPLE)
