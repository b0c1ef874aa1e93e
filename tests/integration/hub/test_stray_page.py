"""The commands of docs/runbook/stray-revision.md get a change out of a stray revision."""

import json
import re
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from changecast.contract.change_announced import parse_announced
from changecast.contract.delivery_reported import DeliveryReported
from changecast.hub.tracking.table import apply_report, open_status_rows
from changecast_cli.announcing import announce, discard
from changecast_cli.main import app
from testbed.doubles.account import Account
from testbed.doubles.ses import Ses
from tests.support.builders import announced, arrived, change, document, envelope, registered
from tests.support.fake_hub import FakeEvents, FakeHub, fake_hub

PAGE = Path(__file__).parents[3] / "docs" / "runbook" / "stray-revision.md"
PEOPLE = [f"p{number}@acme.example" for number in range(1, 6)]
STRAY = 999_999


class Bus(FakeEvents):
    """A bus with one customer behind it: what is put is tracked, planned, sent and reported."""

    def __init__(self, table: Any) -> None:
        super().__init__()
        self.table, self.account = table, Account(ses=Ses(contacts={"announcements": [*PEOPLE]}))
        self.reported = 0

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        answer = super().put_events(Entries)
        for entry in Entries:
            self.deliver(json.loads(entry["Detail"]))
        return answer

    def deliver(self, detail: dict[str, Any]) -> None:
        event = envelope(announced()) | {"detail": detail}
        open_status_rows(self.table, parse_announced(json.dumps(event)), datetime.now(UTC))
        self.account.announce(event)
        self.account.settle(3)
        new = self.account.events.entries[self.reported :]
        self.reported += len(new)
        for number, entry in enumerate(new):
            report = DeliveryReported.model_validate_json(entry["Detail"])
            came = arrived(report, event=f"event-{self.reported}-{number}")
            apply_report(self.table, came, "acme", datetime.now(UTC))


@pytest.fixture
def bus(table: Any, monkeypatch: pytest.MonkeyPatch) -> Bus:
    own = Bus(table)
    hub = FakeHub(table, own, registered("acme"), fake_hub().caller)  # type: ignore[arg-type]
    for module in (announce, discard):
        monkeypatch.setattr(module, "connect", lambda _: hub)
    return own


def commands(file: Path) -> Iterator[list[str]]:
    """What the page says to type, in order, for this change."""
    for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        for line in block.splitlines():
            typed = line.replace("CHANGE_ID", "CHG-1").replace("FILE", str(file))
            yield shlex.split(typed)[1:]


def test_the_page_gets_a_change_out_of_a_stray_revision(bus: Bus, tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(document(customers=["acme"])))
    poison = announced(change(revision=STRAY, customer_impact="Poison."), customers=["acme"])
    bus.deliver(json.loads(poison.model_dump_json(exclude_none=True)))

    lost = CliRunner().invoke(app, ["announce", str(file), "--wait", "60"])
    assert lost.exit_code == 1
    assert f"superseded at acme by revision {STRAY}" in " ".join(lost.stderr.split())
    assert PAGE.name in lost.stderr

    shown = CliRunner().invoke(app, ["status", "CHG-1", "--json"])
    assert json.loads(shown.stdout)["not_announced_here"] == [STRAY]

    typed = list(commands(file))
    assert [words[0] for words in typed] == ["status", "history", "discard", "announce"]
    for words in typed:
        result = CliRunner().invoke(app, words)
        assert result.exit_code == 0, (words, result.output, result.exception)

    shown = CliRunner().invoke(app, ["status", "CHG-1", "--json"])
    assert json.loads(shown.stdout)["not_announced_here"] == []
    acme = json.loads(shown.stdout)["customers"]["acme"]
    assert (acme["revision"], acme["state"], acme["counts"]["sent"]) == (2, "sent", 5)
    mails = [mail.to for mail in bus.account.ses.mails]
    assert sorted(mails) == sorted(PEOPLE * 2)  # the false row, and the true one
