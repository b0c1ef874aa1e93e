"""Proposals in Chromium: how they look, and a person who proposes and another who approves."""

import json
from collections.abc import Iterator
from typing import Any, cast

import pytest

from changecast.hub.announcing.announce import announce
from changecast.hub.announcing.two_persons import proposal_key
from changecast_cli.announcing.proposing import proposal_for
from changecast_cli.console.state import Console
from tests.integration.console.test_look import FOLDER, LONG, PHONE, Browser, looked_at, whole
from tests.support import programs
from tests.support.builders import document
from tests.support.consoles import PREFIX, TOKEN, FakeAws, FakeBoard
from tests.support.fake_hub import FakeHub
from tests.support.proposals import Publishing, two_person_hub


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "changecast.hub.announcing.publish_approved.kept_objections", lambda _: lambda *_: ()
        )
        yield two_person_hub("bob")


@pytest.fixture(scope="module")
def office(hub: FakeHub) -> Publishing:
    return Publishing(hub)


@pytest.fixture(scope="module")
def console(hub: FakeHub, board: FakeBoard, office: Publishing) -> Console:
    aws = FakeAws(hub, office)
    return Console(cast(Any, aws), cast(Any, board), f"/{PREFIX}", read_only=False)


def propose(office: Publishing, person: str, **fields: Any) -> str:
    """Somebody else's proposal of a change."""
    body = json.dumps(document(**fields)).encode()
    known = announce(body, hub=office.hub, dry_run=True)
    key = proposal_key(person, known.change_id)
    office.bucket.put(key, proposal_for(body, known, {}).body)
    return known.change_id


def test_proposals_and_their_plans_are_readable_everywhere(
    browser: Browser, served: str, office: Publishing
) -> None:
    office.bucket.objects.clear()
    whole(looked_at(browser, "no-proposals", f"{served}proposals"))
    change_id = propose(office, "alice.of-a-long-name@provider.example", changeTitle=LONG[:150])
    whole(looked_at(browser, "proposals", f"{served}proposals"))
    whole(looked_at(browser, "proposal", f"{served}proposals/proposal?id={change_id}"))


def test_a_person_approves_anothers_proposal_and_proposes_a_correction(
    browser: Browser, served: str, office: Publishing, hub: FakeHub
) -> None:
    office.bucket.objects.clear()
    change_id = propose(office, "alice", changeId="CHG-TWO")
    origin = served.rpartition("/")[0].rpartition("/")[0]
    steps = [
        {"see": "Nothing needs attention"},
        {"follow": "Proposals"},
        {"follow": change_id},
        {"see": "SHA-256"},
        {"fill": f"Type {change_id}", "with": change_id},
        {"click": "Approve"},
        {"see": "Customers and revisions"},
        {"follow": "Cancel the change"},
        {"click": "Check"},
        {"fill": f"Type {change_id}", "with": change_id},
        {"click": "Propose"},
        {"see": "nothing is announced yet"},
        {"open": "Nobody else is awake"},
        {"picture": str(FOLDER / "walk-alone.png")},
    ]
    walked = programs.node("walk.mjs", {"address": f"{origin}/open/{TOKEN}", "steps": steps})
    assert walked["complaints"] == []
    assert len(hub.events.entries) == 1
    # What was approved is kept to be repeated; of what waits, there is the correction alone.
    waiting = [key for key in office.bucket.objects if key.startswith("proposals/")]
    assert waiting == [proposal_key("bob", change_id)]
    whole(looked_at(browser, "own-proposal", walked["address"], PHONE))
