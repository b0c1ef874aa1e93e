"""A provider and three customers whose stacks change under them, and a model of who gets what."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.local.stage import HUB, Stage, stage_for
from tests.support.provider import Provider, document, eventually
from tests.upgrade.releases import Release

# What is asked of each customer's account.
MORE = {
    "globex": (("UnknownPolicy", "hold"), ("UnknownWindowMinutes", "1")),
    "initech": (
        ("Responses", "yes"),
        ("Channels", "yes"),
        ("Reminders", "1h"),
        ("ApprovalsNeeded", "2"),
    ),
}
CODES = ("acme", *MORE)
PEOPLE = 3
# A busy machine needs this long for what takes seconds.
PATIENCE = 300.0
REMINDER = "Reminder: "
Mail = tuple[str, str, str, bool]


class Broken(AssertionError):
    """Somebody was not told, was told twice, or a status says more than is true."""


def stage_of(codes: Iterable[str]) -> Stage:
    """Return these customers, with the parameters and profiles that they deploy with."""
    return Stage(tuple(_with_more(each) for each in stage_for(codes).customers))


def _with_more(customer: CustomerStack) -> CustomerStack:
    return replace(
        customer, more=MORE.get(customer.code, ()), profile=f"changecast-{customer.code}"
    )


@dataclass
class World(Provider):
    """Everything that is deployed, which release each account runs, and who must have what mail.

    `expected` is the model: change, customer, address and whether it is a reminder -> mails.
    """

    releases: Mapping[str, Release] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)
    expected: Counter[Mail] = field(default_factory=Counter)
    revisions: dict[str, int] = field(default_factory=dict)

    @property
    def codes(self) -> list[str]:
        """Every customer's code."""
        return [customer.code for customer in self.stage.customers]

    @property
    def newest(self) -> Release:
        """The release that is upgraded to; operators type its commands."""
        return self.releases["to"]

    def people(self, code: str) -> list[str]:
        """Who is subscribed to announcements."""
        return [f"person{number}@{code}.example" for number in range(1, PEOPLE + 1)]

    def document(self, *codes: str, change_id: str = "", **changed: Any) -> dict[str, Any]:
        """Return a document of a change, new or known, whose window lies far ahead."""
        named = change_id or f"CHG-{uuid4().hex[:10]}"
        self.revisions[named] = self.revisions.get(named, 0) + 1
        start = datetime.now(UTC) + timedelta(days=40)
        return (
            document(
                customers=list(codes),
                changeId=named,
                version=self.revisions[named],
                **{"changeTitle": f"Patch {self.revisions[named]} of the hosts", **window(start)},
            )
            | changed
        )

    def announce_by_hub(self, change: Mapping[str, Any]) -> str:
        """Hand a document to the hub's intake: whatever release the hub runs announces it."""
        s3 = self.cloud.preparing(HUB.account).client("s3")
        (bucket,) = [one["Name"] for one in s3.list_buckets()["Buckets"] if "intake" in one["Name"]]
        key = f"incoming/{change['changeId']}-{change['version']}.json"
        s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(change).encode())
        return str(change["changeId"])

    def expect(
        self, change_id: str, code: str, people: Iterable[str], *, reminder: bool = False
    ) -> None:
        """Note that each of these people must get one mail more."""
        self.expected.update((change_id, code, address, reminder) for address in people)

    def told(self, *codes: str, **changed: Any) -> str:
        """Announce to everybody on the topic announcements, and note that they must have it."""
        change_id = self.announce_by_hub(self.document(*codes, **changed))
        for code in codes:
            self.expect(change_id, code, self.people(code))
        return change_id

    def customer(self, change_id: str, code: str) -> dict[str, Any]:
        """Return a customer's part of a change's status; empty before the hub knows it."""
        found: dict[str, Any] = self.status(change_id)["customers"].get(code, {})
        return found

    def wait_for(self, change_id: str, code: str, state: str) -> None:
        """Wait until the hub's status of the newest revision has this state.

        Lambda gives a message back only after half an hour where its function could not start in
        time on a busy machine. So this announces once more meanwhile, as an operator would.
        """

        def reached() -> bool:
            found = self.customer(change_id, code)
            said = (found.get("state"), found.get("revision"))
            return said == (state, self.revisions[change_id])

        try:
            try:
                eventually(reached, PATIENCE / 2)
            except AssertionError:
                print(f"    {change_id} is slow at {code}: announced once more", flush=True)
                self.newest.types("reannounce", change_id, "--customer", code, "--yes")
                eventually(reached, PATIENCE)
        except AssertionError as error:
            found = self.customer(change_id, code)
            raise Broken(f"{change_id} at {code} is not {state}: {found}") from error

    def counted(self, change_id: str, code: str, name: str) -> int:
        """Return one count of a customer's status."""
        return int(self.customer(change_id, code).get("counts", {}).get(name, 0))

    def mailed_so_far(self) -> Counter[Mail]:
        """Return how many mails each person got, by change."""
        codes = {customer.account: customer.code for customer in self.stage.customers}
        found: Counter[Mail] = Counter()
        for mail in self.cloud.mails():
            _, bracket, end = mail["subject"].rpartition("[")
            if bracket:
                change_id, is_reminder = end.rstrip("]"), mail["subject"].startswith(REMINDER)
                found[change_id, codes[mail["account"]], mail["to"], is_reminder] += 1
        return found

    def check(self) -> None:
        """Raise Broken if anybody was mailed twice, or a status counts too many mails."""
        said = {change_id: self.status(change_id)["customers"] for change_id in self.revisions}
        mailed = self.mailed_so_far()  # after the statuses, because mails leave meanwhile
        self._refuse_more(mailed)
        for change_id, customers in said.items():
            for code, found in customers.items():
                known = sum(n for key, n in mailed.items() if key[:2] == (change_id, code))
                if found["counts"]["sent"] > known:
                    raise Broken(f"{change_id} at {code}: {known} mails, but status: {found}")

    def check_end(self) -> None:
        """Raise Broken unless everybody has every mail once, and every status says so."""
        self.check()
        lost = self.expected - self.mailed_so_far()
        if lost:
            raise Broken(f"not mailed: {dict(lost)}")
        for change_id in self.revisions:
            for code in self.status(change_id)["customers"]:
                self._check_status(change_id, code)

    def _check_status(self, change_id: str, code: str) -> None:
        found = self.customer(change_id, code)
        keys = [key for key in self.expected if key[:2] == (change_id, code) and not key[3]]
        counts = found["counts"]
        wanted = ("sent", self.revisions[change_id], len(keys), len(keys))
        said = (found["state"], found["revision"], counts["planned"], counts["sent"])
        if said != wanted:
            raise Broken(f"{change_id} at {code} ended as {said}, not {wanted}: {found}")

    def _refuse_more(self, mailed: Counter[Mail]) -> None:
        """Every mail must be one that the model knows, and as often as it says."""
        more = mailed - self.expected
        if more:
            (change_id, _, address, _), *_ = more
            said = [mail["subject"] for mail in self.cloud.mails() if mail["to"] == address]
            raise Broken(
                f"mailed twice, or to the wrong people: {dict(more)}; of {change_id}, {address} "
                f"has {[one for one in said if change_id in one]}"
            )

    def dead_letters(self) -> dict[str, int]:
        """Return the queues with dead letters, by account and name."""
        found = {}
        for account in (HUB.account, *(each.account for each in self.stage.customers)):
            sqs: Any = self.cloud.preparing(account).client("sqs")
            for url in sqs.list_queues().get("QueueUrls", []):
                asked = ["ApproximateNumberOfMessages"]
                said = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"]
                if "DeadLetters" in url and int(said[asked[0]]):
                    found[url.rpartition("/")[2]] = int(said[asked[0]])
        return found


def window(start: datetime) -> dict[str, str]:
    """Return the fields of a window of an hour."""
    end = start + timedelta(hours=1)
    return {"implementationStart": start.isoformat(), "implementationEnd": end.isoformat()}
