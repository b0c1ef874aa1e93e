"""Contact lists against the embedded SES: imports, backups, interruptions."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.backup import (
    backup,
    planned_restore,
    read_backup,
    restore,
    write_backup,
)
from changecast_cli.contacts.file import read_people
from changecast_cli.contacts.plan import ImportPlan, plan_import
from changecast_cli.contacts.records import Contact, defaults_of, every_contact
from changecast_cli.contacts.roles import people_by_role
from changecast_cli.contacts.suppression_list import suppress, suppressed
from changecast_cli.contacts.sync import MARK, gone
from changecast_cli.contacts.write import BY_JOB_FROM, by_job, change, create, write
from changecast_cli.failures import Failed, Refused


def people(number: int) -> list[Contact]:
    """Of every kind: no choice, each choice, unsubscribed from everything."""
    return [
        Contact(
            f"Person{n}@acme.example",
            {} if n % 4 == 0 else {"approvals": "OPT_IN" if n % 3 else "OPT_OUT",
                                   "announcements": "OPT_OUT" if n % 5 == 0 else "OPT_IN"},
            n % 7 == 0,
        )
        for n in range(number)
    ]  # fmt: skip


def existing(contacts: OpenList) -> dict[str, Contact]:
    return {each.key: each for each in every_contact(contacts)}


def imported(contacts: OpenList, text: str, topics: list[str] | None = None) -> ImportPlan:
    defaults = defaults_of(contacts)
    people = read_people(text, defaults, topics)
    plan = plan_import(people.requested, existing(contacts), defaults)
    write(contacts, plan)
    return plan


def test_a_backup_of_5000_restored_into_an_empty_account_is_the_same(
    here: OpenList, elsewhere: OpenList, tmp_path: Path
) -> None:
    by_job(here, people(5_000))
    suppress(here, [{"address": f"s{n}@acme.example", "reason": "BOUNCE"} for n in range(400)])
    suppress(here, [{"address": "angry@acme.example", "reason": "COMPLAINT"}])
    made = backup(here, attributes=False)
    write_backup(tmp_path / "backup.json", made)
    done = restore(elsewhere, planned_restore(elsewhere, read_backup(tmp_path / "backup.json")))
    assert (done.added, done.changed, done.kept, done.suppressed) == (5_000, 0, 0, 401)
    again = backup(elsewhere, attributes=False)
    for part in ("contacts", "topics", "suppressed"):
        assert again[part] == made[part]
    assert (tmp_path / "backup.json").stat().st_mode & 0o077 == 0


def test_restoring_twice_writes_nobody(here: OpenList, elsewhere: OpenList) -> None:
    by_job(here, people(20))
    made = backup(here, attributes=False)
    assert restore(elsewhere, planned_restore(elsewhere, made)).added == 20
    again = restore(elsewhere, planned_restore(elsewhere, made))
    assert (again.added, again.changed, again.kept) == (0, 0, 20)


def test_attributes_are_backed_up_only_where_asked_for(here: OpenList) -> None:
    create(here, Contact("ana@acme.example", attributes='{"a": 1}'))
    (plain,), (whole,) = (
        backup(here, attributes=with_them)["contacts"] for with_them in (False, True)
    )
    assert (plain["attributes"], whole["attributes"]) == (None, '{"a": 1}')


def test_a_few_are_written_one_by_one_and_many_by_a_job(here: OpenList) -> None:
    few = imported(here, "ana@acme.example\nben@acme.example", ["calendar"])
    many = imported(
        here, "\n".join(f"p{n}@acme.example" for n in range(BY_JOB_FROM)), ["approvals"]
    )
    assert (few.writes, many.writes) == (2, BY_JOB_FROM)
    assert len(here.ses.list_import_jobs()["ImportJobs"]) >= 1
    found = existing(here)
    assert dict(found["ana@acme.example"].preferences) == {"calendar": "OPT_IN"}
    assert dict(found["p7@acme.example"].preferences) == {"approvals": "OPT_IN"}
    left = here.session.client("s3").list_objects_v2(Bucket=str(here.bucket))
    assert left["KeyCount"] == 0


def test_an_import_by_job_respects_who_opted_out_before(here: OpenList) -> None:
    names = [f"p{n}@acme.example" for n in range(BY_JOB_FROM + 10)]
    for name in names[:3]:
        create(here, Contact(name, {"approvals": "OPT_OUT"}))
    create(here, Contact(names[3], unsubscribed_from_all=True))
    plan = imported(here, "\n".join(names), ["approvals"])
    found = existing(here)
    assert [found[name].preferences["approvals"] for name in names[:3]] == ["OPT_OUT"] * 3
    assert found[names[3]].unsubscribed_from_all
    assert set(plan.respected) == set(names[:4])


def test_who_opts_out_while_a_job_adds_others_stays_opted_out(
    here: OpenList, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(here, Contact("ana@acme.example"))

    def meanwhile(contacts: OpenList, added: Sequence[Contact]) -> None:
        change(here, None, Contact("ana@acme.example", unsubscribed_from_all=True))
        by_job(contacts, added)

    monkeypatch.setattr("changecast_cli.contacts.write.by_job", meanwhile)
    names = ["ana@acme.example", *(f"p{n}@acme.example" for n in range(BY_JOB_FROM))]
    plan = plan_import(
        read_people("\n".join(names), defaults_of(here), ["approvals"]).requested,
        existing(here), defaults_of(here),
    )  # fmt: skip
    assert ([one.address for one in plan.change], len(plan.add)) == (names[:1], BY_JOB_FROM)
    assert write(here, plan) == names[:1]
    found = existing(here)
    assert found["ana@acme.example"].unsubscribed_from_all
    assert len(found) == BY_JOB_FROM + 1


def test_an_import_that_was_stopped_goes_on_where_it_was(
    here: OpenList, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\n".join(f"p{n}@acme.example" for n in range(20))
    calls = 0

    def stops(contacts: OpenList, contact: Contact) -> None:
        nonlocal calls
        calls += 1
        if calls > 8:
            raise KeyboardInterrupt
        create(contacts, contact)

    monkeypatch.setattr("changecast_cli.contacts.write.create", stops)
    with pytest.raises(KeyboardInterrupt):
        imported(here, text)
    monkeypatch.undo()
    plan = imported(here, text)
    assert (len(plan.add), len(plan.kept)) == (12, 8)
    assert len(existing(here)) == 20


def test_a_job_that_fails_in_part_is_told_and_the_same_again_does_the_rest(
    here: OpenList,
) -> None:
    bad = Contact("bad@acme.example", {"nonsense": "OPT_IN"})
    with pytest.raises(Failed, match=r"1 record failed; 5 of 6 records are done"):
        by_job(here, [*people(5), bad])
    assert len(existing(here)) == 5


def test_without_the_stacks_bucket_many_are_refused_and_nobody_is_written(here: OpenList) -> None:
    without = OpenList(here.session, here.ses, here.name, None, here.pace)
    with pytest.raises(Refused, match="MailsBucket"):
        write(without, ImportPlan(people(BY_JOB_FROM), [], [], {}))
    assert existing(here) == {}


def test_a_sync_names_who_came_by_it_and_keeps_who_was_added_by_hand(here: OpenList) -> None:
    roles = {"everybody": ("announcements",)}
    text = "email,role\nana@acme.example,everybody\nben@acme.example,everybody\n"
    create(here, Contact("hand@acme.example"))
    defaults = defaults_of(here)
    wanted = people_by_role(text, roles, defaults).requested
    write(here, plan_import(wanted, existing(here), defaults, attributes=MARK))
    later = people_by_role("email,role\nana@acme.example,everybody\n", roles, defaults).requested
    assert gone(here, existing(here), later) == ["ben@acme.example"]
    assert gone(here, existing(here), wanted) == []


def test_suppression_is_read_to_its_end(here: OpenList) -> None:
    entries = [{"address": f"s{n:04}@acme.example", "reason": "BOUNCE"} for n in range(1_050)]
    suppress(here, entries)
    assert suppressed(here) == entries


def test_one_account_sees_nothing_of_another(here: OpenList, elsewhere: OpenList) -> None:
    create(here, Contact("ana@acme.example"))
    assert existing(elsewhere) == {}
    with pytest.raises(ClientError, match="NotFound"):
        elsewhere.ses.get_contact(ContactListName="changecast", EmailAddress="ana@acme.example")


@pytest.mark.slow
def test_50_000_contacts_go_in_and_the_same_again_changes_nobody(here: OpenList) -> None:
    text = "email,announcements\n" + "".join(f"p{n}@acme.example,yes\n" for n in range(50_000))
    assert len(imported(here, text).add) == 50_000
    assert imported(here, text).writes == 0
