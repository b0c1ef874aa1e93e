"""The states in which changes are when a release comes, and what must become of each.

A state is prepared before the first step, and finished after the last one. Between the two, stacks
are upgraded and go back, in any order.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from changecast_cli.local.answering import invitation
from changecast_cli.local.mails import by_customer
from changecast_cli.local.receiver import Received, Receiver
from changecast_cli.local.stage import TOPICS
from testbed.doubles.visitor import Form, Shown
from tests.e2e.test_answers import ask, text_of
from tests.support.provider import eventually
from tests.upgrade.world import PATIENCE, Broken, World, window

CODE = re.compile(r"^([0-9]{8})$", re.MULTILINE)
# A code is valid for ten minutes.
CODE_SECONDS = 540.0
CROWD = 40
# Mails a second while a run must still be sending when the stacks change.
SLOW = 1.0
EVIDENCE_AFTER = 100.0
REMINDED_AFTER = 75.0
REFUSED_TRIES = 2


@dataclass
class State:
    """One state: how a change gets into it; how it ends. `change_id` is the change in it."""

    world: World
    change_id: str = ""

    def prepare(self) -> None:
        """Put a change into the state, with the release that runs now."""
        raise NotImplementedError

    def finish(self) -> None:
        """Do what an operator or a person still has to do."""

    def wait(self, look: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """Wait for something, and name it where it does not come."""
        try:
            return eventually(look, seconds)
        except AssertionError as error:
            raise Broken(f"{type(self).__name__}: {what}: {error}") from error


@dataclass
class Open(State):
    """All were told of a change, and initech of another, which every step revises."""

    revised: str = ""

    def prepare(self) -> None:
        self.change_id = self.world.told(*self.world.codes)
        self.revised = self.world.told("initech")
        for code in self.world.codes:
            self.world.wait_for(self.change_id, code, "sent")

    def step(self) -> None:
        """Announce the next revision to initech, and a new change to acme, while stacks change."""
        self.world.told("initech", change_id=self.revised)
        self.world.told("acme")

    def settle(self) -> None:
        """Wait until the last revision is told, by whatever runs now."""
        self.world.wait_for(self.revised, "initech", "sent")

    def finish(self) -> None:
        codes = self.world.codes
        self.world.told(*codes, change_id=self.change_id)
        for code in codes:
            self.world.wait_for(self.change_id, code, "sent")


class Sending(State):
    """A run of 40 people at one mail a second: it is under way while the stacks change."""

    def prepare(self) -> None:
        world = self.world
        people = [f"approver{number}@acme.example" for number in range(CROWD)]
        _subscribe(world, "acme", people, "approvals")
        world.cloud.add_fault(world.account("acme"), "limits", max_send_rate=SLOW)
        self.change_id = world.announce_by_hub(world.document("acme", status="submitted"))
        world.expect(self.change_id, "acme", [*people, *world.people("acme")])
        self.wait(self._some, "the first mails")

    def _some(self) -> bool:
        return 0 < self.world.counted(self.change_id, "acme", "sent") < CROWD

    def finish(self) -> None:
        self.world.cloud.clear_faults(self.world.account("acme"))
        self.world.wait_for(self.change_id, "acme", "sent")


class DeadLetters(State):
    """An announcement whose planner failed five times lies among acme's dead letters."""

    def prepare(self) -> None:
        world = self.world
        session = world.preparing("acme")
        functions, sqs = session.client("lambda"), session.client("sqs")
        urls = sqs.list_queues()["QueueUrls"]
        (queue,) = [url for url in urls if "AnnouncementsQueue" in url]
        (dead,) = [url for url in urls if "AnnouncementsDeadLetters" in url]
        (mapping,) = [
            one["UUID"]
            for one in functions.list_event_source_mappings()["EventSourceMappings"]
            if "AnnouncementsQueue" in one["EventSourceArn"]
        ]
        functions.update_event_source_mapping(UUID=mapping, Enabled=False)
        self.change_id = world.told("acme")

        def received() -> Any:
            found = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1, VisibilityTimeout=60)
            return [one for one in found.get("Messages", []) if self.change_id in one["Body"]]

        (message,) = self.wait(received, "the announcement on its queue")
        sqs.send_message(QueueUrl=dead, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        functions.update_event_source_mapping(UUID=mapping, Enabled=True)

    def finish(self) -> None:
        self.world.newest.types("redrive", self.change_id, "--customer", "acme", "--yes")
        self.world.wait_for(self.change_id, "acme", "sent")


class Held(State):
    """SES did not answer for one person of globex, and the window is over."""

    def prepare(self) -> None:
        world = self.world
        someone = world.people("globex")[0]
        account = world.account("globex")
        world.cloud.add_fault(account, "no_answer_lost", times=1, address=someone)
        self.change_id = world.told("globex")
        self.wait(lambda: self._count("unknown") or self._count("held"), "a call without an answer")

    def held(self) -> None:
        """Wait until the window is over."""
        self.wait(lambda: self._count("held"), "the end of the window")

    def _count(self, name: str) -> bool:
        return self.world.counted(self.change_id, "globex", name) == 1

    def finish(self) -> None:
        words = ("held", self.change_id, "--customer", "globex", "--release", "--yes")
        self.world.newest.types(*words)
        self.world.wait_for(self.change_id, "globex", "sent")


class Paused(State):
    """Globex's account may not send, so its run is paused until somebody resumes it."""

    def prepare(self) -> None:
        self._let_send(False)
        self.change_id = self.world.told("globex")
        self.world.wait_for(self.change_id, "globex", "paused")

    def finish(self) -> None:
        self._let_send(True)
        words = ("resume", self.change_id, "--customer", "globex", "--yes")
        self.world.newest.types(*words)
        self.world.wait_for(self.change_id, "globex", "sent")

    def _let_send(self, enabled: bool) -> None:
        ses = self.world.preparing("globex").client("sesv2")
        ses.put_account_sending_attributes(SendingEnabled=enabled)


class Unknown(State):
    """SES took a mail to one person of initech without an answer; its event comes much later."""

    def prepare(self) -> None:
        world = self.world
        someone, account = world.people("initech")[0], world.account("initech")
        world.cloud.add_fault(account, "no_answer", times=1, address=someone)
        world.cloud.add_fault(account, "delay_events", seconds=EVIDENCE_AFTER, address=someone)
        self.change_id = world.told("initech")
        self.wait(self._is_unknown, "a call without an answer")
        world.cloud.clear_faults(account)

    def _is_unknown(self) -> bool:
        return self.world.counted(self.change_id, "initech", "unknown") == 1

    def finish(self) -> None:
        self.world.wait_for(self.change_id, "initech", "sent")


class Answers(State):
    """Two people of initech must approve: one has, one has got her code and not typed it yet."""

    _form: Form | None = None
    _link: str = ""
    _code: str = ""
    _until: float = 0.0

    def prepare(self) -> None:
        world = self.world
        first, second, *_ = people = world.people("initech")
        self.change_id = world.announce_by_hub(world.document("initech", status="submitted"))
        world.expect(self.change_id, "initech", people)
        world.wait_for(self.change_id, "initech", "sent")
        link, form, code = self._asked(first)
        self._answered(ask(link, form, code=code))
        self._until = time.monotonic() + CODE_SECONDS
        self._link, self._form, self._code = self._asked(second)

    def finish(self) -> None:
        if self._approval() == "approved":
            raise Broken("one approval counted for two")
        if time.monotonic() > self._until:  # the steps took too long; the link is still valid
            second = self.world.people("initech")[1]
            self._link, self._form, self._code = self._asked(second)
        self._answered(ask(self._link, self._form, code=self._code))
        self.wait(lambda: self._approval() == "approved", "the second approval at the hub")

    def _approval(self) -> str | None:
        said = self.world.customer(self.change_id, "initech").get("responses") or {}
        return said.get("approval")

    def _asked(self, address: str) -> tuple[str, Form, str]:
        """Open the link of a person's mail, choose to approve, and read the code in her mail."""
        world = self.world
        codes = {each.account: each.code for each in world.stage.customers}
        mails = [one for one in by_customer(world.cloud.mails(), codes) if one["to"] == address]
        asked = invitation(mails, self.change_id, "initech")
        if asked is None:
            raise Broken(f"no link in the mail about {self.change_id} to {address}")
        shown = ask(asked.link)
        word = ask(asked.link, shown.form("approved"), answer="approved")
        coded = ask(asked.link, word.forms[0], word=word.text.split("Type ")[1].split(" ")[0])

        def mailed() -> list[str]:
            texts = [text_of(one) for one in world.cloud.mails() if one["to"] == address]
            return [found for text in texts[len(mails) :] for found in CODE.findall(text)]

        return asked.link, coded.forms[0], str(self.wait(mailed, "the code")[-1])

    def _answered(self, shown: Shown) -> None:
        if "Your answer is recorded." not in shown.text:
            raise Broken(f"an answer was not recorded: {shown.text[:600]}")


class Reminders(State):
    """A change of initech begins in a little more than an hour: its reminder is due in between."""

    def prepare(self) -> None:
        start = datetime.now(UTC) + timedelta(hours=1, seconds=REMINDED_AFTER)
        self.change_id = self.world.told("initech", **window(start))
        self.world.expect(self.change_id, "initech", self.world.people("initech"), reminder=True)
        self.world.wait_for(self.change_id, "initech", "sent")

    def finish(self) -> None:
        def reminded() -> bool:
            return not {key for key in self.world.expected - self.world.mailed_so_far() if key[3]}

        self.wait(reminded, "the reminders", REMINDED_AFTER + PATIENCE)


@dataclass
class Webhook(State):
    """A webhook of initech refuses a notice twice, and takes it a minute later."""

    receiver: Receiver = field(default_factory=Receiver)
    refused: set[str] = field(default_factory=set)

    def prepare(self) -> None:
        self.receiver.answer = self._answer
        if not self.refused:
            words = ("channels", "add", "webhook", "--name", "ops", "--url", self.receiver.url)
            here = ("--profile", "changecast-initech", "--region", "eu-central-1")
            self.world.newest.types(*words, *here)
        change = self.world.document("initech")
        self.change_id = change["changeId"]
        self.refused.add(self.change_id)
        self.world.announce_by_hub(change)
        self.world.expect(self.change_id, "initech", self.world.people("initech"))
        self.wait(lambda: self._tries(self.change_id), "the first try")

    def _answer(self, received: Received) -> tuple[int, dict[str, str], bytes]:
        change_id = _change(received)
        refuse = change_id in self.refused and self._tries(change_id) <= REFUSED_TRIES
        return (503, {}, b"") if refuse else (200, {}, b"ok")

    def _tries(self, change_id: str) -> int:
        return sum(_change(one) == change_id for one in self.receiver.requests)

    def finish(self) -> None:
        self.wait(lambda: self._tries(self.change_id) > REFUSED_TRIES, "the try that succeeds")

        def reported() -> bool:
            channels = self.world.customer(self.change_id, "initech").get("channels", [])
            return [one["state"] for one in channels] == ["sent"]

        self.wait(reported, "the webhook's state at the hub")
        tries = Counter((_change(one), one.headers["webhook-id"]) for one in self.receiver.requests)
        wanted = {key: 1 + REFUSED_TRIES * (key[0] in self.refused) for key in tries}
        if tries != wanted:
            raise Broken(f"calls of the webhook: {tries}, not {wanted}")


def _change(received: Received) -> str:
    body = json.loads(received.body)
    return str(body["data"].get("change_id", ""))


def _subscribe(world: World, code: str, people: Sequence[str], topic: str) -> None:
    ses: Any = world.preparing(code).client("sesv2")
    known = {one["EmailAddress"] for one in _contacts(ses)}
    for address in people:
        if address not in known:
            wants = [
                {"TopicName": one, "SubscriptionStatus": "OPT_IN" if one == topic else "OPT_OUT"}
                for one in TOPICS
            ]
            ses.create_contact(
                ContactListName="changecast", EmailAddress=address, TopicPreferences=wants
            )


def _contacts(ses: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ses.list_contacts(ContactListName="changecast", PageSize=1000)[
        "Contacts"
    ]
    return found
