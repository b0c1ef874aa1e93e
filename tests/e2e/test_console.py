"""The console over the embedded cloud, in Chromium: what a person does there reaches the people."""

import configparser
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from changecast_cli.deploying import samconfig_file
from changecast_cli.local import stage
from changecast_cli.local.deployer import customer_engineer, hub_engineer
from tests.e2e.test_answers import ask, text_of
from tests.support.console_program import SECONDS, Console, running
from tests.support.provider import WITH_KEY, Provider, document, eventually
from tests.support.shell import CREDENTIALS, HUB, REGION

PAUSED = "globex"


@pytest.fixture(scope="module")
def console(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A console of somebody with the documents of docs/policies, and nothing else.

    The hub is not empty: the overview asks for more rights as soon as there is a change.
    """
    provider.announce_and_wait(document(customers=["acme"]))
    folder = tmp_path_factory.mktemp("console")
    profiles = configparser.ConfigParser(interpolation=None)
    keys = customer_engineer(provider.cloud, provider.account(PAUSED), REGION)
    profiles[f"profile changecast-{PAUSED}"] = {
        name.lower(): keys[name] for name in CREDENTIALS
    }  # fmt: skip
    with (folder / "aws-config").open("w") as file:
        profiles.write(file)
    own = hub_engineer(provider.cloud, HUB, REGION)
    with running({**own, "AWS_CONFIG_FILE": str(folder / "aws-config")}, folder) as console:
        console.walk({"see": "Open changes"})
        yield console


def checked_and_announced(change_id: str) -> list[dict[str, str]]:
    """The steps from the form to the page of the change."""
    return [
        {"click": "Check"},
        {"see": "What it would do"},
        {"fill": f"Type {change_id}", "with": change_id},
        {"click": "Announce"},
        {"see": "Customers and revisions"},
    ]


def test_a_change_is_announced_corrected_and_cancelled(
    provider: Provider, console: Console
) -> None:
    change = document(customers=["acme"])
    name, file = change["changeId"], console.folder / "metadata.json"
    file.write_text(json.dumps(change), "utf-8")
    moved = change | {"version": 2, "implementationEnd": "2027-01-21T23:30:00Z"}
    announced = checked_and_announced(name)
    console.walk(
        {"follow": "Announce"},
        {"file": "Choose metadata.json", "with": str(file)},
        {"see": "metadata.json is loaded"},
        *announced,
        {"see": "✓ sent"},
        {"follow": "Correct"},
        {"fill": "The change document", "with": json.dumps(moved)},
        *announced,
        {"see": "Revision 2"},
        {"see": "window.end"},
        {"follow": "Cancel the change"},
        *announced,
        {"see": "3, cancelled"},
        to="/",
        slow=1.0,  # a file may be chosen before the script is there
    )

    def told(kind: str) -> bool:
        mails = provider.mails(name, "acme")
        return len({mail["to"] for mail in mails if mail["subject"].startswith(kind)}) == 5

    assert told("Planned")
    eventually(lambda: told("Cancelled"), SECONDS)


def test_a_revision_that_nobody_announced_is_discarded_by_a_button(
    provider: Provider, console: Console
) -> None:
    change = document(customers=["acme"])
    (rehearsed,) = provider.announce(change, dry_run=True).details
    announced, detail = provider.announce(change), json.loads(rehearsed.model_dump_json())
    stray = {"event_id": str(uuid4()), "revision": 7, "previous_revision": None}
    inner = detail["change"] | {"revision": 7, "title": "Never meant"}
    provider.put_raw({**detail, **stray, "change": inner})
    console.walk(
        {"see": "not announced here"},
        {"follow": "Discard revision 7"},
        {"see": "revision 7 becomes void"},
        {"fill": f"Type {announced.change_id}", "with": announced.change_id},
        {"click": "Confirm"},
        {"see": "void everywhere"},
        {"gone": "not announced here"},
        to=f"/change?id={announced.change_id}",
    )


def test_a_paused_customer_goes_on_at_a_click(provider: Provider, console: Console) -> None:
    account, change = provider.account(PAUSED), document(customers=[PAUSED])
    name = change["changeId"]
    provider.cloud.add_fault(account, "paused")
    try:
        provider.announce(change)
        console.walk({"see": "! paused"}, to=f"/change?id={name}")
    finally:
        provider.cloud.clear_faults(account)
    console.walk(
        {"follow": "Runbook: paused"},
        {"see": "a run is paused, and sends nothing until it is resumed"},
        to=f"/change?id={name}",
    )
    console.walk(
        {"follow": "Resume"},
        {"see": f"Resume: {name} at {PAUSED}"},
        {"click": "Confirm"},
        {"see": "resumed"},
        {"see": "✓ sent"},
        {"follow": f"Timeline at {PAUSED}"},
        {"see": f"Timeline of {name} at {PAUSED}"},
        {"see": "PlanDelivery"},
        {"see": "queue from PlanDelivery"},
        to=f"/change?id={name}",
    )
    assert len({mail["to"] for mail in provider.mails(name, PAUSED)}) == 5


def test_an_answer_arrives_while_somebody_looks(provider: Provider, console: Console) -> None:
    change = document(customers=[WITH_KEY])
    name, looking = change["changeId"], console.folder / "looking.png"
    provider.announce_and_wait(change, SECONDS)
    mail: dict[str, Any] = provider.mails(name, WITH_KEY)[0]
    (link,) = set(re.findall(r"^(http\S+/c/\S+)$", text_of(mail), re.MULTILINE))
    with ThreadPoolExecutor(1) as thread:
        walk = thread.submit(
            console.walk,
            {"see": "Live"},
            {"picture": str(looking)},
            {"see": "1/5 acknowledged"},
            to=f"/change?id={name}",
        )
        eventually(lambda: walk.done() or looking.exists(), SECONDS)
        word = ask(link, ask(link).form("acknowledged"), answer="acknowledged")
        done = ask(link, word.forms[0], word=word.text.split("Type ")[1].split(" ")[0])
        assert "Your answer is recorded." in done.text
        walk.result(timeout=2 * SECONDS)


def test_a_customer_is_added_by_a_form(console: Console) -> None:
    console.walk(
        {"follow": "Add a customer"},
        {"fill": "Code: a-z", "with": "umbra"},
        {"fill": "Name, as its people", "with": "Umbra"},
        {"fill": "AWS account, 12 digits", "with": "444444444444"},
        {"fill": "Region where it uses SES", "with": REGION},
        {"fill": "Address that its mails", "with": "changes@umbra.example"},
        {"fill": "Time zone", "with": "Europe/Madrid"},
        {"fill": "AWS account of the hub", "with": HUB},
        {"fill": "Region of the hub", "with": REGION},
        {"click": "Check"},
        {"see": "umbra is new"},
        {"click": "Write"},
        {"see": "the hub has no route to it yet"},
        {"see": "changecast customers add umbra --deploy"},
        to="/customers",
    )
    text = samconfig_file.read(console.folder / "samconfig.toml")
    assert [*samconfig_file.customers_in(text)] == ["umbra"]


def test_what_somebody_switched_off_is_switched_on_at_two_clicks(
    provider: Provider, console: Console
) -> None:
    (own,) = (one for one in provider.stage.customers if one.code == PAUSED)
    entered = replace(own, profile=f"changecast-{PAUSED}")
    samconfig_file.edit(
        console.folder / "samconfig.toml",
        lambda text: samconfig_file.with_customer(text, entered, stage.HUB),
    )
    events = provider.cloud.session(HUB, REGION).client("events")
    rule = {"Name": f"changecast-route-{PAUSED}", "EventBusName": "changecast-hub"}
    events.disable_rule(**rule)
    console.walk(
        {"follow": PAUSED},
        {"click": "Compare"},
        {"see": f"rule {rule['Name']}: disabled -> enabled"},
        {"click": "Restore"},
        {"see": f"Restored at {PAUSED}:"},
        to="/customers",
    )
    assert events.describe_rule(**rule)["State"] == "ENABLED"
