"""One metadata.json reaches exactly the customers that it names, complete and once."""

import json

import pytest

from tests.support.provider import SAMPLES, Provider, document

NAMED = {
    "a-current-approved.json": {"acme", "globex"},
    "b-form-export.json": {"acme", "globex", "initech"},
    "c-early-camel.json": {"globex", "initech"},
    "c-names-only.json": {"acme"},
    "d-flat.json": {"initech"},
    "e-announcement.json": {"acme", "globex", "initech"},
}


@pytest.mark.parametrize("name", NAMED)
def test_each_sample_is_mailed_to_everybody_it_names_and_nobody_else(
    provider: Provider, name: str
) -> None:
    body = (SAMPLES / name).read_bytes()
    run = provider.announce_and_wait(body)
    mails = provider.mails(run["change_id"])
    to = sorted(mail["to"] for mail in mails)
    people = [f"person{n}@{code}.example" for code in NAMED[name] for n in range(1, 6)]
    assert to == sorted(people)
    assert {one["state"] for one in run["customers"].values()} == {"sent"}
    again = provider.announce_and_wait(body)
    assert again["revision"] == run["revision"]
    assert len(provider.mails(run["change_id"])) == len(people)


def test_every_mail_leaves_its_own_customers_account(provider: Provider) -> None:
    change = document(customers=["acme", "globex", "initech"])
    run = provider.announce_and_wait(change)
    for mail in provider.mails(run["change_id"]):
        assert mail["account"] == provider.account(mail["customer"])
        assert mail["to"].endswith(f"@{mail['customer']}.example")
        assert f"changes@{mail['customer']}.example" in mail["from"]


def test_an_update_tells_what_changed_withdraws_who_was_dropped_and_tells_the_new_one_all(
    provider: Provider,
) -> None:
    first = document()
    later = json.loads((SAMPLES / "a-current-rescheduled.json").read_text("utf-8"))
    provider.announce_and_wait(first)
    announced = provider.announce({**later, "changeId": first["changeId"], "version": 2})
    assert announced.withdrawn == ("globex",)
    run = provider.announce_and_wait({**later, "changeId": first["changeId"], "version": 2})
    assert {code: one["state"] for code, one in run["customers"].items()} == {
        "acme": "sent",
        "globex": "sent",
        "initech": "sent",
    }
    mails = {code: provider.mails(first["changeId"], code) for code in run["customers"]}
    assert {code: len(found) for code, found in mails.items()} == {
        "acme": 10,
        "globex": 10,
        "initech": 5,
    }
    old, new = "up to 5 minutes", "up to 15 minutes"
    assert sum(old in mail["text"] and new in mail["text"] for mail in mails["acme"]) == 5
    assert sum("no longer affects" in mail["text"] for mail in mails["globex"]) == 5
    assert not any(old in mail["text"] for mail in mails["initech"])
    assert all(new in mail["text"] for mail in mails["initech"])


def test_only_subscribers_of_the_calendar_get_an_entry(provider: Provider) -> None:
    run = provider.announce_and_wait(document(customers=["acme"]))
    entries = {
        mail["to"]: "text/calendar" in mail["raw"] for mail in provider.mails(run["change_id"])
    }
    assert entries == {f"person{n}@acme.example": n < 5 for n in range(1, 6)}


def test_a_draft_is_never_told(provider: Provider) -> None:
    draft = document(status="draft")
    assert provider.announce(draft).event_ids == ()
    assert provider.mails(draft["changeId"]) == []


def test_many_changes_at_once_do_not_disturb_each_other(provider: Provider) -> None:
    changes = [document(customers=["acme", "globex", "initech"]) for _ in range(6)]
    for change in changes:
        provider.announce(change)
    for change in changes:
        run = provider.announce_and_wait(change)
        assert {one["state"] for one in run["customers"].values()} == {"sent"}
        assert len(provider.mails(change["changeId"])) == 15
