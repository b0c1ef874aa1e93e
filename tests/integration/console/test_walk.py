"""A person's way through the console in Chromium: announce, see a report arrive, correct."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import programs
from tests.support.builders import document
from tests.support.consoles import TOKEN, report
from tests.support.fake_hub import FakeHub
from tests.support.provider import eventually

FOLDER = Path(__file__).parents[3] / "build" / "console"
CHANGE = "CHG-WALK"


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A document as PowerShell writes it."""
    path = tmp_path / "metadata.json"
    path.write_text(json.dumps(document(changeId=CHANGE)), "utf-16")
    return str(path)


def test_a_stranger_announces_sees_the_report_arrive_and_corrects(
    served: str, hub: FakeHub, file: str
) -> None:
    origin = served.rpartition("/")[0].rpartition("/")[0]
    FOLDER.mkdir(parents=True, exist_ok=True)
    steps = [
        {"see": "Nothing needs attention"},
        {"follow": "Announce"},
        {"file": "Choose metadata.json", "with": file},
        {"see": "metadata.json is loaded"},
        {"picture": str(FOLDER / "walk-form.png")},
        {"click": "Check"},
        {"see": "What it would do"},
        {"picture": str(FOLDER / "walk-plan.png")},
        {"fill": f"Type {CHANGE}", "with": CHANGE},
        {"click": "Announce"},
        {"see": "Customers and revisions"},
        {"see": "10 delivered of 10"},
        {"picture": str(FOLDER / "walk-change.png")},
        {"follow": "Cancel the change"},
        {"click": "Check"},
        {"see": f"{CHANGE} revision 2"},
        {"follow": "Mails for acme"},
        {"see": "Cancelled: Patch the hosts"},
        {"framed": "Patch the hosts"},
        {"picture": str(FOLDER / "walk-mails.png")},
    ]
    with ThreadPoolExecutor(1) as thread:
        walk = thread.submit(
            programs.node, "walk.mjs", {"address": f"{origin}/open/{TOKEN}", "steps": steps}
        )
        eventually(lambda: walk.done() or hub.events.entries, 120)
        counts = {"planned": 10, "sent": 10, "delivered": 10}
        report(hub, CHANGE, "acme", counts=counts)
        walked = walk.result(timeout=180)
    assert walked["complaints"] == []
    assert all(url.startswith(f"{origin}/") for url in walked["requests"]), walked["requests"]
    assert len(hub.events.entries) == 1


def test_a_walk_ends_at_a_page_that_says_that_it_failed(served: str) -> None:
    """A test that waits for what such a page will never show costs minutes of everybody's."""
    lost = {"address": f"{served}nowhere", "wait": 300}
    programs.node("walk.mjs", lost | {"steps": [{"see": "Back to the overview"}]})
    with pytest.raises(programs.ProgramMissing, match="the console failed"):
        programs.node("walk.mjs", lost | {"steps": [{"see": "Open changes"}]})
