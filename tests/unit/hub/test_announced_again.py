"""What an account makes of the same file announced again: already done, and never a rejection."""

import json

import pytest

from changecast.announce import announce
from changecast.bus import NotPut
from changecast.event import ChangeAnnounced, parse_announced
from changecast.ledger_items import Run, run_id
from changecast.plan import AlreadyDone, Mailing, Superseded, decide, mark
from tests.support.builders import SAMPLES, document, envelope, registered, sample
from tests.support.fake_hub import FakeHub, fake_hub


def received(hub: FakeHub) -> list[ChangeAnnounced]:
    """What the accounts read, in the order in which it was put."""
    found = [ChangeAnnounced.model_validate_json(one["Detail"]) for one in hub.events.entries]
    return [parse_announced(json.dumps(envelope(detail))).detail for detail in found]


def done(detail: ChangeAnnounced, code: str) -> Run:
    """The run of an announcement that an account has planned."""
    return Run(
        run=run_id(detail.change_id, detail.revision),
        change_id=detail.change_id,
        revision=detail.revision,
        event_id=str(detail.event_id),
        fingerprint=mark(detail, code),
        kind="announcement",
        topic="announcements",
        material=True,
        started_at=1.0,
        trace_id="",
        complete=True,
    )


def decisions(hub: FakeHub, code: str) -> list[type]:
    runs: list[Run] = []
    found: list[type] = []
    for detail in received(hub):
        if code not in (*detail.customers, *detail.withdrawn):
            continue
        decision = decide(detail, code, runs, None)
        found.append(type(decision))
        if not isinstance(decision, AlreadyDone):
            runs = sorted([*runs, done(detail, code)], key=lambda run: run.revision)
    return found


@pytest.mark.parametrize("name", [path.stem for path in sorted(SAMPLES.glob("*.json"))])
@pytest.mark.parametrize("ways", [(False, False), (False, True), (True, False), (True, True)])
def test_every_sample_announced_twice_in_any_way_is_done_once(
    name: str, ways: tuple[bool, bool]
) -> None:
    hub = fake_hub()
    for confidential in ways:
        told = announce(sample(name), hub=hub, confidential=confidential)
    for code in told.customers:
        first, second = decisions(hub, code)
        assert (first, second) == (Mailing, AlreadyDone)


def test_all_files_in_order_and_again_mail_nobody_the_second_time() -> None:
    hub = fake_hub()
    names = [path.stem for path in sorted(SAMPLES.glob("*.json"))]
    for name in names * 2:
        announce(sample(name), hub=hub)
    for change_id in {detail.change_id for detail in received(hub)}:
        of_one = fake_hub()
        of_one.events.entries = [
            one for one in hub.events.entries if f'"change_id":"{change_id}"' in one["Detail"]
        ]
        for code in registered():
            found = decisions(of_one, code)
            assert set(found[len(found) // 2 :]) <= {AlreadyDone}


def test_a_put_that_failed_and_was_tried_again_is_the_same_event() -> None:
    hub = fake_hub()
    hub.events.answers = ["MalformedDetail"]
    with pytest.raises(NotPut):
        announce(document(), hub=hub)
    announce(document(), hub=hub)
    announce(document(), hub=hub)
    assert decisions(hub, "acme") == [Mailing, AlreadyDone]


def test_an_older_file_announced_after_a_newer_one_is_superseded_where_it_never_came() -> None:
    hub = fake_hub()
    announce(document(version=1), hub=hub)
    announce(document(version=2, changeTitle="Two"), hub=hub)
    hub.events.entries.reverse()
    assert decisions(hub, "acme") == [Mailing, Superseded]
