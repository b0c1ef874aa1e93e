"""The model of `make upgrade-test` finds who was lost, who was told twice, and untrue statuses."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from changecast_cli.watching.runs import Run
from tests.upgrade.releases import mark_if_equal
from tests.upgrade.world import Broken, World, stage_of

ANA, BOB = "person1@acme.example", "person2@acme.example"


class Told(World):
    """A world with these mails and this status of CHG-1 at acme."""

    counts: dict[str, int]
    state = "sent"

    def status(self, change_id: str) -> Run:
        customer = {"state": self.state, "revision": 1, "counts": self.counts}
        return {"change_id": change_id, "customers": {"acme": customer}}


def world(*mails: str, sent: int | None = None) -> Told:
    stage = stage_of(["acme"])
    account = stage.customers[0].account
    listed = [{"account": account, "to": to, "subject": "Planned: x [CHG-1]"} for to in mails]
    cloud = cast(Any, SimpleNamespace(mails=lambda account=None: listed))
    made = Told(cloud, stage, Path())
    made.counts = {"planned": 2, "sent": len(mails) if sent is None else sent}
    made.revisions["CHG-1"] = 1
    made.expect("CHG-1", "acme", [ANA, BOB])
    return made


def test_everybody_once_is_right_on_the_way_and_at_the_end() -> None:
    world(ANA).check()
    world(ANA, BOB).check_end()


def test_who_is_told_twice_or_by_mistake_is_found_at_once() -> None:
    for more in (ANA, "eva@acme.example"):
        with pytest.raises(Broken, match="mailed twice, or to the wrong people"):
            world(ANA, BOB, more).check()


def test_a_status_that_counts_too_many_is_found_at_once() -> None:
    with pytest.raises(Broken, match="1 mails, but status"):
        world(ANA, sent=2).check()


def test_who_is_lost_and_a_status_that_lies_are_found_at_the_end() -> None:
    with pytest.raises(Broken, match="not mailed"):
        world(ANA).check_end()
    with pytest.raises(Broken, match="ended as"):
        world(ANA, BOB, sent=1).check_end()
    late = world(ANA, BOB)
    late.state = "sending"
    with pytest.raises(Broken, match="ended as"):
        late.check_end()


def test_the_same_release_is_marked_and_another_one_is_not(tmp_path: Path) -> None:
    for name in ("from", "to"):
        for folder in ("functions/changecast", "hub"):
            (tmp_path / name / folder).mkdir(parents=True)
        for template in ("template.yaml", "hub/template.yaml"):
            (tmp_path / name / template).write_text('Value: "0.1.0"\n')
        (tmp_path / name / "functions/changecast/__init__.py").write_text("")
    assert mark_if_equal(tmp_path / "from", tmp_path / "to")
    assert (tmp_path / "from/template.yaml").read_text() == 'Value: "0.0.9"\n'
    assert (tmp_path / "from/functions/changecast/__init__.py").read_text()
    assert not mark_if_equal(tmp_path / "from", tmp_path / "to"), "it is another one now"
