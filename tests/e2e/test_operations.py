"""Watching and repairing: each verb does what it says, can be repeated, mails nobody twice."""

import base64
import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from changecast.contract.change import utc
from changecast.customer.ledger.states import RecipientEvent
from changecast.customer.ledger.table import Ledger, batches_of, runs_of
from changecast.customer.ledger.transitions import Move, move
from changecast.hub.tracking.operator_actions import Action, OperatorAction, note_actions
from changecast_cli.doctor.look import look_at
from changecast_cli.doctor.verdicts import Level
from changecast_cli.local.stage import HUB
from tests.e2e.conftest import Type
from tests.e2e.test_isolation import deleted_bus_policy
from tests.support.provider import AGREED, OPERATED, Provider, document, eventually


def told(provider: Provider, **changed: Any) -> str:
    """A change that everybody it names has been told of."""
    run_ = provider.announce_and_wait(document(**changed))
    assert {one["state"] for one in run_["customers"].values()} == {"sent"}
    return str(run_["change_id"])


def people(provider: Provider, change_id: str, code: str) -> list[str]:
    return sorted(mail["to"] for mail in provider.mails(change_id, code))


def five_of(code: str) -> list[str]:
    return [f"person{number}@{code}.example" for number in range(1, 6)]


def test_status_shows_a_change_live_and_as_json_and_as_a_sheet(
    provider: Provider, typed: Type
) -> None:
    change_id = provider.announce(document()).change_id
    watched = typed("status", change_id, "--watch")
    assert watched.status == 0
    assert change_id in watched.out
    assert "Z by " in watched.out, "who announced it"
    assert "arn:" not in watched.out
    found = typed("status", change_id, "--json").json
    assert (found["change_id"], found["revision"]) == (change_id, 1)
    assert found["customers"]["acme"]["account"] == provider.account("acme")
    assert found["customers"]["acme"]["counts"]["sent"] == 5
    rows = list(csv.DictReader(io.StringIO(typed("status", "--since", "1h", "--csv").out)))
    assert {row["customer"] for row in rows if row["change_id"] == change_id} == {"acme", "globex"}
    mine = typed("status", "--customer", "acme", "--since", "1h", "--json").json["runs"]
    assert {code for each in mine for code in each["customers"]} == {"acme"}
    assert typed("status", "no-such-change").status == 2


def test_recipients_are_masked_unless_asked_and_each_has_a_state(
    provider: Provider, typed: Type
) -> None:
    change_id = told(provider, customers=["acme"])
    masked = typed("recipients", change_id, "--customer", "acme").out
    assert "p***@acme.example" in masked
    assert "person1" not in masked
    whole = typed("recipients", change_id, "-c", "acme", "--show-addresses", "--json").json
    assert sorted(one["address"] for one in whole["recipients"]) == five_of("acme")
    assert {one["state"] for one in whole["recipients"]} <= {"SENT", "DELIVERED"}


def test_a_profile_of_another_account_opens_nothing(provider: Provider, typed: Type) -> None:
    refused = typed("recipients", "CHG-1", "-c", "acme", "--customer-profile", "changecast-globex")
    assert refused.status == 2
    assert f"acme is in {provider.account('acme')}" in refused.err


def test_a_trace_goes_from_the_put_to_the_calls_of_ses(provider: Provider, typed: Type) -> None:
    change_id = told(provider, customers=["acme"])

    def names() -> list[str]:
        way = typed("trace", change_id, "-c", "acme", "--json").json["customers"]["acme"]
        found = [span["name"] for spans in way["traces"] for span in spans]
        return found if "SES SendEmail" in found else []

    found = eventually(names)
    order = ["changecast announce", "PlanDelivery", "SendMail", "SES SendEmail"]
    assert sorted(order, key=found.index) == order
    assert "queue from PlanDelivery" in typed("trace", change_id, "-c", "acme").out
    assert typed("trace", change_id, "-c", "acme", "--html", "trace.html").status == 0
    page = Path("trace.html").read_text("utf-8")
    assert "SES SendEmail" in page
    assert "@acme.example" not in page


def test_the_report_is_one_page_about_the_last_changes(provider: Provider, typed: Type) -> None:
    change_id = told(provider)
    said = typed("report", "--since", "1h", "--out", "page", "--json")
    assert said.json["changes"] >= 1
    assert change_id in Path(said.json["page"]).read_text("utf-8")


def test_a_customer_that_was_told_is_not_mailed_again_by_any_repair(
    provider: Provider, typed: Type
) -> None:
    change_id = told(provider)
    for words in (
        ("reannounce", change_id, "-c", "acme"),
        ("replay", "--from", "1h", "-c", "acme"),
        ("redrive", change_id, "-c", "acme"),
        ("resume", change_id, "-c", "acme"),
    ):
        for _ in range(2):
            assert typed(*words, "--yes").status == 0
    again = typed("history", change_id, "--json").json["history"]
    assert sum(each["what"] == "announced again" for each in again) == 2
    later = told(provider, customers=["acme"])
    assert people(provider, later, "acme") == five_of("acme"), "what was queued before is done"
    for code in ("acme", "globex"):
        assert people(provider, change_id, code) == five_of(code)


def test_nothing_is_done_without_a_yes(provider: Provider, typed: Type) -> None:
    change_id = told(provider)
    for verb in ("reannounce", "redrive"):
        assert typed(verb, change_id, "-c", "acme", "--dry-run").status == 0
    assert typed("reannounce", change_id, "-c", "acme").status == 2
    history = typed("history", change_id, "--json").json["history"]
    assert not any(each["what"] == "announced again" for each in history)


def test_reannounce_never_widens_the_scope(provider: Provider, typed: Type) -> None:
    change_id = told(provider, customers=["acme"])
    refused = typed("reannounce", change_id, "-c", "initech", "--yes")
    assert refused.status == 2
    assert "does not name initech" in refused.err


def test_what_a_route_could_not_deliver_is_replayed_to_that_customer_alone(
    provider: Provider, typed: Type
) -> None:
    change = document()
    with deleted_bus_policy(provider):
        provider.announce(change)
        eventually(lambda: len(provider.mails(change["changeId"], "acme")) == 5)
        eventually(lambda: typed("replay", "--from", "1h", "-c", "globex", "--yes").status == 2)
        for whom in (("-c", "globex"), ()):
            refused = typed("replay", "--from", "1h", *whom, "--yes")
            assert "cannot reach globex: the bus accepts no events" in refused.err
            assert "Repair it first: changecast repair globex" in refused.err
        hub = provider.cloud.session(HUB.account)
        customer = next(one for one in provider.stage.customers if one.code == "globex")
        fixes = [
            each.fix.split()[1]
            for each in look_at(hub, customer, lambda _: provider.preparing("globex"), None)
            if each.level is Level.BROKEN
        ]
        assert fixes == ["repair", "replay"], "the first command repairs the cause"
    repaired = OperatorAction(
        str(change["changeId"]), 1, "globex", Action.REPAIRED, "maria", utc(datetime.now(UTC))
    )
    note_actions(provider.table, [repaired])
    said = typed("status", change["changeId"]).out
    assert "repaired at " in said
    assert "does not let" not in said
    assert "changecast replay --from 14d --customer globex" in said
    done = typed("replay", "--from", "1h", "-c", "globex", "--yes", "--json")
    assert done.json["announced_again"] >= 1
    eventually(lambda: len(provider.mails(change["changeId"], "globex")) == 5)
    once_more = typed("replay", "--from", "1h", "-c", "globex", "--yes", "--json")
    assert once_more.json["announced_again"] == 0
    assert people(provider, change["changeId"], "globex") == five_of("globex")
    assert people(provider, change["changeId"], "acme") == five_of("acme")


@contextmanager
def undelivered(provider: Provider, code: str) -> Iterator[None]:
    """Messages that arrive now end in the dead letters, as after five failed receives."""
    session = provider.session(code)
    functions, sqs = session.client("lambda"), session.client("sqs")
    urls = sqs.list_queues()["QueueUrls"]
    (live,) = [url for url in urls if "AnnouncementsQueue" in url]
    (dead,) = [url for url in urls if "AnnouncementsDeadLetters" in url]
    mappings = functions.list_event_source_mappings()["EventSourceMappings"]
    (mapping,) = [one for one in mappings if "AnnouncementsQueue" in one["EventSourceArn"]]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
        _move(sqs, live, dead)
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def _move(sqs: Any, live: str, dead: str) -> None:
    def messages() -> list[Any]:
        answer = sqs.receive_message(QueueUrl=live, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        return list(answer.get("Messages", []))

    for message in eventually(messages):
        sqs.send_message(QueueUrl=dead, MessageBody=message["Body"])
        sqs.delete_message(QueueUrl=live, ReceiptHandle=message["ReceiptHandle"])


def test_a_dead_letter_is_redriven_and_the_others_stay(provider: Provider, typed: Type) -> None:
    changes = [document(customers=["globex"]) for _ in range(2)]
    for change in changes:
        with undelivered(provider, "globex"):
            provider.announce(change)
    one, other = (str(change["changeId"]) for change in changes)
    said = typed("redrive", one, "-c", "globex", "--yes", "--json")
    assert (said.json["found"], said.json["redriven"]) == (1, 1)
    eventually(lambda: len(provider.mails(one)) == 5)
    assert provider.mails(other) == []
    assert typed("redrive", other, "-c", "globex", "--yes", "--json").json["redriven"] == 1
    eventually(lambda: len(provider.mails(other)) == 5)


def test_a_paused_run_goes_on_when_its_cause_is_gone(provider: Provider, typed: Type) -> None:
    account, change = provider.account("globex"), document(customers=["globex"])
    provider.cloud.add_fault(account, "paused")
    try:
        provider.announce(change)
        eventually(
            lambda: (
                provider.status(change["changeId"])["customers"].get("globex", {}).get("state")
                == "paused"
            )
        )
    finally:
        provider.cloud.clear_faults(account)
    said = typed("resume", change["changeId"], "-c", "globex", "--yes", "--json")
    assert said.json["resumed"]
    assert said.json["was_paused"]
    eventually(lambda: len(provider.mails(change["changeId"], "globex")) == 5)
    assert not typed("resume", change["changeId"], "-c", "globex", "--yes", "--json").json[
        "resumed"
    ]


def test_a_change_that_leads_elsewhere_waits_until_a_person_of_the_account_lets_it_go(
    provider: Provider, typed: Type
) -> None:
    """The limit is a parameter of globex's stack; acme has none and is told at once."""
    change = document(customerImpact="Confirm your password at https://example.com/globex.")
    change_id = provider.announce(change).change_id
    eventually(lambda: len(provider.mails(change_id, "acme")) == 5)
    eventually(lambda: _state(provider, change_id, "globex") == "paused")
    customer = typed("status", change_id, "--json").json["customers"]["globex"]
    assert customer["reason"]["code"] == "link_domains"
    assert "example.com" in customer["reason"]["message"]
    advised = typed("status", change_id).out
    assert f"changecast resume {change_id} --customer globex" in advised
    assert _sweep(provider, "globex")["PausedRuns"] >= 1, "what the account's own alarm looks at"
    plan = typed("resume", change_id, "-c", "globex", "--dry-run").err
    assert "limit of globex's own account" in " ".join(plan.split())
    assert provider.mails(change_id, "globex") == []
    assert typed("resume", change_id, "-c", "globex", "--yes", "--json").json["resumed"]
    _sweep(provider, "globex")
    eventually(lambda: people(provider, change_id, "globex") == five_of("globex"))


def test_a_customer_keeps_changes_out_of_its_own_freeze(provider: Provider, typed: Type) -> None:
    own = ("--profile", "changecast-acme", "--json")
    declared = typed("freeze", "add", "Stocktaking", "--from", "2031-01-10", "--to", "2031-01-12",
                     *own).json["freeze"]  # fmt: skip
    window = {"implementationStart": "2031-01-11T20:00:00Z",
              "implementationEnd": "2031-01-11T21:00:00Z"}  # fmt: skip
    frozen = Path("frozen.json")
    frozen.write_text(json.dumps(document(customers=["acme"], **window)), "utf-8")

    def refused() -> bool:
        """Nothing is put: the dry run asks for freezes as `announce` does."""
        (plan,) = typed("announce", str(frozen), "--dry-run", "--json", "--past", "a test").json[
            "plans"
        ]
        return any("in the freeze 'Stocktaking'" in each for each in plan[0]["warnings"])

    eventually(refused)
    said = typed("announce", str(frozen), "--past", "a test")
    assert (said.status, "acme: in the freeze 'Stocktaking'" in said.err) == (2, True)

    typed("freeze", "remove", declared["freeze_id"], *own)
    eventually(lambda: not refused())


def _state(provider: Provider, change_id: str, code: str) -> str:
    return str(provider.status(change_id)["customers"].get(code, {}).get("state", ""))


def _sweep(provider: Provider, code: str) -> dict[str, Any]:
    """Let the customer's sweep run now; what it measured."""
    functions = provider.session(code).client("lambda")
    names = [one["FunctionName"] for one in functions.list_functions()["Functions"]]
    (name,) = [name for name in names if "SweepFunction" in name]
    answer = functions.invoke(FunctionName=name, LogType="Tail")
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    (measured,) = [json.loads(line) for line in lines if '"PausedRuns"' in line]
    return dict(measured)


def test_who_is_held_is_sent_to_once_more_when_an_operator_says_so(
    provider: Provider, typed: Type
) -> None:
    account, change = provider.account("globex"), document(customers=["globex"])
    change_id = change["changeId"]
    provider.cloud.add_fault(account, "no_answer_lost")
    try:
        provider.announce(change)
        eventually(lambda: _counts(provider, change_id)["unknown"] == 5)
    finally:
        provider.cloud.clear_faults(account)
    _close_the_window(provider, change_id)
    held = ("held", change_id, "-c", OPERATED, "--external-id", AGREED)
    shown = typed(*held, "--json").json
    assert (len(shown["held"]), shown["settled"]) == (5, 0)
    assert typed(*held, "--release", "--dry-run").status == 0
    assert len(typed(*held, "--json").json["held"]) == 5
    said = typed(*held, "--release", "--yes", "--json").json
    assert said["settled"] == 5
    eventually(lambda: len(provider.mails(change_id, "globex")) == 5)
    again = typed(*held, "--release", "--yes", "--json").json
    assert (again["held"], again["settled"]) == ([], 0)


def _counts(provider: Provider, change_id: str) -> dict[str, int]:
    customers = provider.status(change_id)["customers"]
    return dict(customers["globex"]["counts"]) if "globex" in customers else {"unknown": 0}


def _close_the_window(provider: Provider, change_id: str) -> None:
    """What the sweep does to recipients that are unknown for an hour, under the policy `hold`."""
    session = provider.session("globex")
    stack = session.client("cloudformation").describe_stacks(StackName="changecast")["Stacks"][0]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    ledger = Ledger(session.client("dynamodb"), outputs["LedgerTable"], 1e7, 3_600)
    (run_,) = runs_of(ledger, change_id)
    for batch in batches_of(ledger, run_):
        moves = [Move(one, RecipientEvent.WINDOW_OVER_HOLD) for one in batch.recipients]
        move(ledger, batch, moves, time.time())
