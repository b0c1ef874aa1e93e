"""Game day: plant each fault, type what the verdict or the page says, and all is ok again."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from changecast.hub.announcing.announce import Hub, announce
from changecast_cli.local.stage import HUB
from tests.e2e import test_doctor as planting
from tests.gameday import faults
from tests.gameday.conftest import CONTACTS
from tests.gameday.operator import Operator
from tests.support.provider import Provider, document, eventually

CODE = planting.CODE
PEOPLE = [f"person{number}@{CODE}.example" for number in range(1, CONTACTS + 1)]
Plant = Callable[[planting.Ward], planting.Undo]
# The longest time that anything may take on a busy machine.
PATIENCE = 400.0
# A wrong mail has this long to arrive; on a busy machine the test is only less strict.
SETTLED = 5.0


@pytest.fixture(scope="module")
def operator(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    return Operator.on_call(provider, tmp_path_factory.mktemp("operator"), CODE)


@pytest.fixture(scope="module")
def ward(provider: Provider) -> planting.Ward:
    return planting.Ward(provider)


@pytest.fixture(scope="module", autouse=True)
def a_well_cloud(provider: Provider, operator: Operator) -> None:
    """Nothing of other tests is left, and somebody gets the alerts."""
    for account in (provider.account(CODE), HUB.account):
        sqs = provider.cloud.session(account).client("sqs")
        for url in sqs.list_queues()["QueueUrls"]:
            sqs.purge_queue(QueueUrl=url)
    sns = provider.cloud.session(HUB.account).client("sns")
    for topic in sns.list_topics()["Topics"]:
        sns.subscribe(TopicArn=topic["TopicArn"], Protocol="email", Endpoint="ops@provider.example")
    assert operator.problems() == {}


@pytest.fixture
def planted(request: pytest.FixtureRequest, ward: planting.Ward) -> Iterator[str]:
    """Plant a fault; undo it by hand where the cure did not."""
    plant, check = request.param
    undo = plant(ward)
    yield check
    if request.node.stash.get(FAILED, True):
        undo()


FAILED: pytest.StashKey[bool] = pytest.StashKey()

# `make game-day` runs everything; a plain run of the tests takes one of each kind of cure.
in_full = pytest.mark.heavy
SHORT = (planting.no_identity, planting.bus_lets_nobody_in, planting.route_takes_all)
# The doctor's verdict -> the fault. The verdict's own command repairs each.
CURED: list[tuple[Plant, str]] = [
    (planting.no_identity, "identity"),
    (planting.not_signing, "dkim"),
    (planting.set_does_not_send, "configuration-set"),
    (planting.no_event_destination, "event-destination"),
    (planting.topic_missing, "topics"),
    (planting.bus_lets_nobody_in, "bus-policy"),
    (planting.bus_lets_anybody_in, "bus-policy"),
    (planting.hub_hears_not, "reporters"),
    (planting.hub_hears_not, "reports"),
    (planting.rule_disabled, "AnnouncementsRule"),
    (planting.outcomes_lead_nowhere, "OutcomesRule"),
    (planting.route_disabled, "route"),
    (planting.route_takes_all, "route-pattern"),
    (planting.registered_elsewhere, "registry"),
    (planting.long_archive, "ledger-days"),
    (planting.alarms_off, "alarms"),
    (planting.paused, "sending"),
    (planting.nobody_alerted, "alerts"),
    (faults.route_rule_deleted, "route"),
    (faults.planner_unplugged, "switched-off"),
    (faults.tracker_deaf, "TrackReportedRule"),
    (faults.archive_deleted, "archive"),
    (faults.alarm_deleted, "alarm-actions"),
    (faults.event_of_ses_buried, "dead-letters"),
]


@pytest.mark.parametrize(
    "planted",
    [
        pytest.param(each, id=each[0].__name__, marks=() if each[0] in SHORT else in_full)
        for each in CURED
    ],
    indirect=True,
)
def test_the_verdicts_own_command_cures_it(
    planted: str, operator: Operator, request: pytest.FixtureRequest
) -> None:
    verdict = operator.problems()[planted]
    shown = operator.obeys(verdict)
    eventually(lambda: operator.problems() == {}, PATIENCE)
    assert shown
    request.node.stash[FAILED] = False


@in_full
def test_a_topic_of_alarms_that_was_deleted_is_made_again_and_somebody_subscribes(
    operator: Operator, ward: planting.Ward
) -> None:
    planting.alarm_topic_deleted(ward)
    for said in ("does not exist", "nobody subscribes"):
        verdict = operator.problems()["alarm-actions"]
        assert said in verdict.reason
        operator.obeys(verdict)
    assert operator.problems() == {}


@in_full
def test_a_contact_list_that_was_deleted_is_made_again_and_its_people_come_from_the_backup(
    operator: Operator, ward: planting.Ward
) -> None:
    operator.types(f"changecast contacts backup people.json --customer {CODE}")
    ward.own("sesv2").delete_contact_list(ContactListName="changecast")
    operator.types(operator.problems()["contact-list"].fix)
    operator.types(f"changecast contacts restore people.json --customer {CODE} --yes")
    assert operator.problems() == {}
    listed = ward.own("sesv2").list_contacts(ContactListName="changecast")["Contacts"]
    assert sorted(each["EmailAddress"] for each in listed) == PEOPLE


@dataclass(frozen=True)
class Day:
    """A page, and what is planted for it before something is announced.

    `state` is what the hub must know of the run before the page is read; "" is nothing at all.
    """

    page: str
    plant: Callable[[planting.Ward], Any]
    state: str = ""


def trained(name: str) -> Callable[[planting.Ward], Any]:
    """A fault of `changecast game-day`."""

    def plant(ward: planting.Ward) -> None:
        folder = ward.provider.folder / f"game-day-{name}"
        folder.mkdir()
        Operator.on_call(ward.provider, folder, CODE).types(
            f"changecast game-day {name} --customer {CODE}"
        )

    return plant


# Nobody is told while the fault is there; after what the page says, everybody is, once.
CURED_BY_PAGE = [
    Day("refused-by-bus", trained("bus-policy-removed")),
    Day("route-dead-letters", planting.bus_lets_nobody_in),
    Day("no-route", trained("route-disabled")),
    Day("unknown-customer", faults.not_registered),
    Day("forwarded-no-report", trained("planner-unplugged")),
    Day("failed-target", faults.queue_closed),
    Day("stalled", trained("sender-stopped")),
    Day("paused", planting.paused, "paused"),
]
QUICK = ("refused-by-bus", "no-route", "forwarded-no-report", "stalled")


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(day, id=day.page, marks=() if day.page in QUICK else in_full)
        for day in CURED_BY_PAGE
    ],
)
def test_the_page_cures_it_and_everybody_is_told_once(
    day: Day, operator: Operator, ward: planting.Ward
) -> None:
    provider, hub = operator.provider, operator.provider.hub()
    day.plant(ward)
    assert operator.problems(), "the doctor sees it"
    change_id = _announced(provider, hub)
    time.sleep(SETTLED)
    eventually(lambda: day.state in ("", _state(provider, change_id)), PATIENCE)
    assert provider.mails(change_id) == [], "nobody is told while the fault is there"
    operator.follows(day.page, change_id)
    _everybody_is_told_once(provider, change_id)
    eventually(lambda: not operator.problems(), PATIENCE)


@in_full
def test_what_could_not_be_planned_is_planned_by_its_page(
    operator: Operator, ward: planting.Ward
) -> None:
    plug_in = faults.planner_unplugged(ward)
    change_id = operator.provider.announce(document(customers=[CODE])).change_id
    faults.announcement_buried(ward)
    plug_in()
    assert "dead-letters" in operator.problems()
    operator.follows("announcements-dead-letters", change_id)
    _everybody_is_told_once(operator.provider, change_id)
    eventually(lambda: not operator.problems(), PATIENCE)


SET_BACK: list[tuple[str, Plant]] = [
    ("deliveries-dead-letters", faults.hint_buried),
    ("outcomes-dead-letters", faults.event_of_ses_buried),
    ("reports-dead-letters", faults.report_hint_buried),
    ("status-dead-letters", faults.report_buried),
    ("sweep-sleeps", faults.sweep_asleep),
    ("sweep-fails", faults.sweep_without_rights),
    ("watch-sleeps", faults.watch_asleep),
]
# Each of these has its own test below or above.
ALONE = ("announcements-dead-letters", "not-put", "nothing-to-send", "contact-list")


@in_full
@pytest.mark.parametrize(("page", "plant"), SET_BACK)
def test_the_page_sets_back_what_no_announcement_waits_for(
    page: str, plant: Plant, operator: Operator, ward: planting.Ward
) -> None:
    plant(ward)
    is_seen = bool(operator.problems())
    operator.follows(page)
    eventually(lambda: not operator.problems(), PATIENCE)
    # The doctor reads no roles: what is right again there is looked at by itself.
    assert is_seen or faults.sweep_has_rights(ward)
    assert is_seen is (page != "sweep-fails")


@in_full
def test_a_revision_that_was_never_put_is_announced_by_its_page(operator: Operator) -> None:
    provider = operator.provider
    change = document(customers=[CODE])
    hub = provider.hub()
    broken = Hub(hub.table, _Deaf(), hub.customers, hub.caller)  # type: ignore[arg-type]
    with pytest.raises(ConnectionError):
        announce(change, hub=broken)
    assert provider.mails(change["changeId"]) == []
    operator.follows("not-put", change["changeId"], _file(operator, change))
    _everybody_is_told_once(provider, change["changeId"])


@in_full
def test_people_who_were_added_too_late_are_told_by_its_page(
    operator: Operator, ward: planting.Ward
) -> None:
    ses = ward.own("sesv2")
    for address in PEOPLE:
        ses.delete_contact(ContactListName="changecast", EmailAddress=address)
    change = document(customers=[CODE])
    run = operator.provider.announce_and_wait(change)
    assert run["customers"][CODE]["state"] == "nothing_to_send"
    for address in PEOPLE[1:]:
        operator.types(f"changecast contacts add {address} announcements calendar -c {CODE}")
    file = _file(operator, {**change, "version": 2})
    operator.follows("nothing-to-send", change["changeId"], file, PEOPLE[0])
    _everybody_is_told_once(operator.provider, change["changeId"])


@in_full
@pytest.mark.parametrize("fault", ["identity-deleted", "reports-refused"])
def test_a_fault_for_training_is_cured_by_its_verdicts(fault: str, operator: Operator) -> None:
    operator.types(f"changecast game-day {fault} --customer {CODE}")
    found = operator.problems()
    assert found
    for command in sorted({each.fix for each in found.values()}):
        operator.types(command)
    assert operator.problems() == {}


class _Deaf:
    """A bus that cannot be reached."""

    def put_events(self, **_: Any) -> None:
        raise ConnectionError


def _file(operator: Operator, change: dict[str, Any]) -> str:
    path = Path(operator.folder) / "metadata.json"
    path.write_text(json.dumps(change), "utf-8")
    return path.name


def _announced(provider: Provider, hub: Hub) -> str:
    """Announce by a hub that was known before the fault, as a change system does."""
    return announce(document(customers=[CODE]), hub=hub).change_id


def _state(provider: Provider, change_id: str) -> str:
    return str(provider.status(change_id)["customers"].get(CODE, {}).get("state"))


def _everybody_is_told_once(provider: Provider, change_id: str) -> None:
    eventually(lambda: len(provider.mails(change_id)) >= CONTACTS, PATIENCE)
    time.sleep(SETTLED)
    assert sorted(mail["to"] for mail in provider.mails(change_id)) == PEOPLE
