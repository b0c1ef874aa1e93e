"""A dry run says what the customer's planner then does: both decide by the same functions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from changecast.contract.change_announced import ChangeAnnounced
from changecast.customer.planning.decision import SILENT
from changecast.hub.announcing.announce import Outcome, announce
from changecast_cli.announcing import outlook as planning
from changecast_cli.announcing.dry_run import lines_of
from changecast_cli.announcing.outlook import NOBODY, Outlook, announced_before, outlook
from changecast_cli.customer_access import CustomerAccount
from changecast_cli.failures import Refused
from testbed.doubles.account import ENVIRONMENT, Account
from testbed.doubles.ses import Ses
from tests.support.builders import NOW, document, envelope, registered
from tests.support.fake_hub import FakeHub, fake_hub

PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
Step = dict[str, Any]


@dataclass
class Session:
    """A person's way into the account: the same clients as its functions have."""

    account: Account

    def client(self, service: str, **_: Any) -> Any:
        # A person's own clients wait for their turns at SES.
        ses = Ses(contacts=self.account.ses.contacts)
        own = {"dynamodb": self.account.table, "s3": self.account.s3, "sqs": self.account.sqs}
        return {**own, "sesv2": ses}[service]


@dataclass
class World:
    """A hub and the account of acme, which gets everything that the hub puts."""

    hub: FakeHub
    account: Account

    def dry_run(self, step: Step) -> Outlook:
        said = announce(document(**step), hub=self.hub, dry_run=True, now=lambda: NOW, **told(step))
        (detail,) = said.details
        earlier = announced_before(self.hub, said.change_id)
        session = cast(Any, Session(self.account))
        return outlook(session, self.hub, detail, "acme", earlier, NOW)

    def announce(self, step: Step) -> ChangeAnnounced:
        before = len(self.hub.events.entries)
        announce(document(**step), hub=self.hub, now=lambda: NOW, **told(step))
        (entry,) = self.hub.events.entries[before:]
        detail = ChangeAnnounced.model_validate_json(entry["Detail"])
        self.account.announce(envelope(detail))
        self.account.settle()
        return detail


def told(step: Step) -> dict[str, Any]:
    return {"notify_all": step.pop("notify_all")} if "notify_all" in step else {}


@pytest.fixture(params=["its account", "the hub alone"])
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    contacts = {
        "announcements": PEOPLE,
        "approvals": PEOPLE[:2],
        "calendar": [*PEOPLE[:1], "cal@acme.example"],
    }
    account = Account(ses=Ses(contacts=contacts), environment={"ALLOWED_RECIPIENTS": PEOPLE[0]})
    world = World(fake_hub(registered("acme", "globex")), account)

    def enter(*_: Any) -> CustomerAccount:
        if request.param == "the hub alone":
            raise Refused("no way leads there")
        return account_of(account)

    monkeypatch.setattr(planning, "enter", enter)
    return world


def account_of(account: Account) -> CustomerAccount:
    outputs = {"LedgerTable": "ledger", "MailsBucket": "mails", "ContactListName": "changecast",
               "ReportsQueue": "reports"}  # fmt: skip
    settings = ENVIRONMENT | account.environment
    names = ("LEDGER_TTL_DAYS", "UNKNOWN_WINDOW_MINUTES", "ENVIRONMENT", "ALLOWED_RECIPIENTS",
             "CUSTOMER_NAME", "SENDER", "TIMEZONE", "LANGUAGE", "MAX_LIST_GROWTH")  # fmt: skip
    parameters = {name.title().replace("_", ""): settings[name] for name in names}
    customer = registered("acme")["acme"]
    return CustomerAccount(customer, cast(Any, Session(account)), "a profile", outputs, parameters)


LIVES: dict[str, Sequence[Step]] = {
    "a request, an approval, an update": [
        {"status": "submitted"}, {}, {"customerImpact": "The shop is down."},
    ],
    "a minor correction": [{}, {"customerImpact": "Sessions drop"}],
    "a minor correction that everybody must have": [
        {}, {"customerImpact": "Sessions drop", "notify_all": "Somebody asked twice."},
    ],
    "a title only": [{}, {"changeTitle": "Patch all hosts"}],
    "the whole life": [{}, {"status": "in progress"}, {"status": "completed"}],
    "cancelled before anybody was told": [{"status": "cancelled"}],
    "cancelled as a request": [{"status": "submitted"}, {"status": "cancelled"}],
    "withdrawn": [{}, {"customers": ["globex"]}],
    "withdrawn, then back": [{}, {"customers": ["globex"]}, {"version": 3}],
    "a test": [{"testRun": True}, {}],
}  # fmt: skip


@pytest.mark.parametrize("life", LIVES.values(), ids=LIVES)
def test_the_dry_run_says_what_the_planner_then_does(world: World, life: Sequence[Step]) -> None:
    for step in life:
        said = world.dry_run(dict(step))
        detail = world.announce(dict(step))
        run = world.account.run(detail.change_id, detail.revision)
        planned = len(world.account.recipients(detail.change_id, detail.revision))
        is_silent = run.kind == SILENT or not planned
        assert (said.mail, bool(said.why)) == (NOBODY if is_silent else run.kind, is_silent), said
        if said.known_by == "its own ledger and list":
            assert sum((said.recipients or {}).values()) == planned


def test_people_who_missed_the_last_revision_are_counted_by_the_ledger(world: World) -> None:
    world.announce({})
    world.account.ses.contacts["announcements"].append("new@acme.example")
    said = world.dry_run({"customerImpact": "Sessions drop"})
    if said.known_by == "its own ledger and list":
        assert (said.mail, said.recipients, said.up_to_date) == (
            "update", {"announcements": 1}, 6,
        )  # fmt: skip
    else:
        assert "except that people who missed revision 1 are mailed" in said.why


def test_what_was_announced_before_and_what_is_newer_there_mails_nobody(world: World) -> None:
    world.announce({})
    again = world.dry_run({})
    assert (again.mail, again.why) == (
        NOBODY, "revision 1 was announced before; nobody is mailed twice",
    )  # fmt: skip
    stray = world.announce({"customerImpact": "The shop is down.", "version": 9})
    world.hub.table.items = {
        key: item for key, item in world.hub.table.items.items() if "000009" not in key[1]
    }
    behind = world.dry_run({"customerImpact": "The shop is down."})
    if behind.known_by == "its own ledger and list":
        assert (behind.mail, behind.why) == (NOBODY, f"revision {stray.revision} is newer")


def test_a_correction_is_forced_once_and_its_reason_is_kept(world: World) -> None:
    world.announce({})
    forced: dict[str, Any] = {"notify_all": "Somebody asked twice."}
    first = announce(document(), hub=world.hub, now=lambda: NOW, **forced)
    again = announce(document(), hub=world.hub, now=lambda: NOW, **forced)
    assert (first.revision, again.revision, again.outcome) == (2, 2, Outcome.ANNOUNCED_AGAIN)
    details = [
        ChangeAnnounced.model_validate_json(entry["Detail"]) for entry in world.hub.events.entries
    ]
    assert [one.notify_all for one in details] == [None, *2 * ["Somebody asked twice."]]


@pytest.mark.parametrize("denied", ["AccessDeniedException", "AccessDenied"])
def test_who_may_not_list_the_people_gets_the_hubs_records(
    world: World, monkeypatch: pytest.MonkeyPatch, denied: str
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": denied, "Message": "no"}}, "ListContacts")

    monkeypatch.setattr(Ses, "list_contacts", refuse)
    said = world.dry_run({})
    assert (said.known_by, said.mail) == ("the hub's records", "announcement")


def test_what_a_person_reads_names_the_mail_how_many_and_why_nobody() -> None:
    said = Outlook("acme", "its own list", "update", "", {"announcements": 1_200}, 3, 90.0, ("w",))
    assert list(lines_of(said)) == [
        "  acme: update to 1,200 people on the topic announcements, 3 already up to date, 90 s "
        "to send (according to its own list)",
        "  acme: warning: w",
    ]
    nobody = replace(said, mail=NOBODY, why="revision 5 is newer", warnings=())
    assert list(lines_of(nobody)) == [
        "  acme: nobody is mailed: revision 5 is newer (according to its own list)"
    ]


@pytest.mark.parametrize(
    ("mail", "read"),
    [
        ("approval_request", "approval request"),
        ("announcement", "announcement"),
        ("started", "start"),
        ("completed", "completion"),
        ("cancelled", "cancellation"),
        ("withdrawn", "withdrawal"),
    ],
)
def test_every_kind_of_mail_has_a_noun(mail: str, read: str) -> None:
    said = Outlook("acme", "its own list", mail, "", {"announcements": 1}, 0, None, ())
    (line,) = lines_of(said)
    assert line.startswith(
        f"  acme: {read} to about 1 person on the topic announcements (according "
    )
