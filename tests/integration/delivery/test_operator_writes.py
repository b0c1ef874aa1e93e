"""An operator's verbs write exactly the attributes that the role may write."""

from typing import Any

from changecast.contract.errors import PauseRun
from changecast.contract.pause_code import PauseCode
from changecast.customer.ledger.held import drop_held, release_held
from changecast.customer.ledger.runs import pause, resume, sweep_soon
from changecast_local.table_keys import attributes
from testbed.doubles.account import Account
from testbed.doubles.ses import Ses
from testbed.expand import expanded
from tests.integration.delivery.test_send_mail import PEOPLE, planned, raises, timeout


class Recorder:
    """The ledger's client; `updates` are those that went through it since the list was emptied."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.updates: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def update_item(self, **request: Any) -> Any:
        self.updates.append(request)
        return self._client.update_item(**request)

    def transact_write_items(self, **request: Any) -> Any:
        items = request["TransactItems"]
        self.updates += [item["Update"] for item in items if "Update" in item]
        return self._client.transact_write_items(**request)


def test_the_operator_may_write_what_its_verbs_write_and_nothing_else() -> None:
    written = _resuming() | _settling(release_held) | _settling(drop_held)

    assert written == _allowed()


def _resuming() -> set[str]:
    account, recorder = _held_one()
    pause(account.ledger, account.run("CHG1").run, PauseRun(PauseCode.LIST_GROWTH, "x"), 1.0)
    recorder.updates.clear()
    sweep_soon(account.ledger, resume(account.ledger, account.run("CHG1")), account.clock.now)
    return _named(recorder)


def _settling(settle: Any) -> set[str]:
    account, recorder = _held_one()
    recorder.updates.clear()
    assert settle(account.ledger, account.run("CHG1"), account.clock.now) == 1
    return _named(recorder)


def _named(recorder: Recorder) -> set[str]:
    return {name for update in recorder.updates for name in attributes(update)}


def _held_one() -> tuple[Account, Recorder]:
    """An account that holds one recipient, and the record of what is written there."""
    recorders: list[Recorder] = []

    def wrap(service: str, client: Any) -> Any:
        if service != "dynamodb":
            return client
        recorders.append(Recorder(client))
        return recorders[-1]

    account = Account(
        ses=Ses(contacts={"announcements": PEOPLE}),
        environment={"UNKNOWN_POLICY": "hold"},
        wrap=wrap,
    )
    account.ses.answer = raises(timeout(), only="p3", times=1)
    planned(account).settle(70)
    return account, recorders[-1]


def _allowed() -> set[str]:
    policies = expanded("template.yaml")["Resources"]["OperatorRole"]["Properties"]["Policies"]
    statements = policies[0]["PolicyDocument"]["Statement"]
    (update,) = (
        s
        for s in statements
        if s["Action"] == "dynamodb:UpdateItem"
        and "dynamodb:LeadingKeys" not in s["Condition"]["ForAllValues:StringEquals"]
    )
    return set(update["Condition"]["ForAllValues:StringEquals"]["dynamodb:Attributes"])
