"""`changecast contacts` as people use it: what each command leaves on the list, and says."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from changecast_cli.contacts import account, apply_import
from changecast_cli.contacts import write as writing
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.command import app
from changecast_cli.contacts.records import Contact, every_contact
from changecast_cli.contacts.sync import MARK
from changecast_cli.contacts.write import create
from changecast_cli.failures import Refused

Run = Callable[..., Result]
TOPICS = ("approvals", "announcements", "calendar")
SAMCONFIG = Path(__file__).parents[3] / "samconfig.toml"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[OpenList], Run]:
    """Run the command in the account of a list; `file=` is written first and replaces FILE.

    The folder has no samconfig.toml.
    """
    monkeypatch.chdir(tmp_path)

    def command(contacts: OpenList) -> Run:
        def run(*words: str, file: str = "") -> Result:
            path = tmp_path / "people.csv"
            if file:
                path.write_text(file)
            monkeypatch.setattr(account, "session_for", lambda *_: contacts.session)
            found = {"ContactListName": contacts.name, "MailsBucket": contacts.bucket}
            monkeypatch.setattr(account, "outputs_of", lambda _: found)
            named = [str(path) if word == "FILE" else word for word in words]
            return CliRunner().invoke(app, named)

        return run

    return command


@pytest.fixture
def contacts(at: Callable[[OpenList], Run], here: OpenList) -> Run:
    return at(here)


def people(contacts: OpenList) -> dict[str, Contact]:
    return {each.address: each for each in every_contact(contacts)}


def hears(contacts: OpenList, address: str) -> list[str]:
    defaults = {"approvals": "OPT_OUT", "announcements": "OPT_IN", "calendar": "OPT_OUT"}
    person = people(contacts)[address]
    return [topic for topic in TOPICS if person.hears(topic, defaults)]


def imported(contacts: Run, text: str, *words: str) -> dict[str, Any]:
    done = contacts(
        "import", "FILE", "--apply", "--json", "--per-second", "1000", *words, file=text
    )
    assert done.exit_code in (0, 2), done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_nobody_of_a_pasted_line_is_lost(contacts: Run, here: OpenList) -> None:
    text = (
        "Ana Ruiz <ana@acme.example>; ben@acme.example\n"
        '"Ruiz, Carla" <carla@acme.example>, dan@acme.example\n'
        "eve@acme.example\n"
    )
    done = imported(contacts, text)
    assert sorted(people(here)) == sorted(done["added"])
    assert [name.partition("@")[0] for name in sorted(people(here))] == [
        "ana", "ben", "carla", "dan", "eve",
    ]  # fmt: skip


def test_ned_who_is_no_everywhere_hears_of_nothing(contacts: Run, here: OpenList) -> None:
    text = (
        "email,approvals,announcements,calendar\n"
        "ned@acme.example,no,no,no\noli@acme.example,no,yes,no\n"
    )
    imported(contacts, text)
    assert (hears(here, "ned@acme.example"), hears(here, "oli@acme.example")) == (
        [], ["announcements"],
    )  # fmt: skip


def test_a_no_turns_off_what_a_person_on_the_list_hears_of(contacts: Run, here: OpenList) -> None:
    create(here, Contact("person1@acme.example", dict.fromkeys(TOPICS, "OPT_IN")))
    imported(contacts, "email,approvals,announcements,calendar\nPerson1@Acme.example,no,no,no\n")
    assert list(people(here)) == ["person1@acme.example"]
    assert hears(here, "person1@acme.example") == []


def test_the_unsubscribed_stay_so_in_the_account_that_an_export_is_imported_into(
    at: Callable[[OpenList], Run], here: OpenList, elsewhere: OpenList, tmp_path: Path
) -> None:
    create(here, Contact("oli@acme.example", {"approvals": "OPT_IN"}, unsubscribed_from_all=True))
    create(here, Contact("max@acme.example", {"announcements": "OPT_OUT"}))
    create(here, Contact("fay@acme.example"))
    create(here, Contact("cal@acme.example", {"calendar": "OPT_IN", "approvals": "OPT_OUT"}))
    path = tmp_path / "out.csv"
    assert at(here)("export", str(path)).exit_code == 0
    imported(at(elsewhere), path.read_text(), "--from-another-customer")
    assert people(elsewhere) == people(here)
    shown = at(elsewhere)("show", "oli@acme.example").stdout
    assert "unsubscribed from everything" in shown


def test_who_was_blocklisted_elsewhere_is_not_subscribed(contacts: Run, here: OpenList) -> None:
    create(here, Contact("lea@acme.example", {"announcements": "OPT_IN"}))
    done = imported(
        contacts,
        "uuid,email,name,attributes,status,created_at,updated_at\n"
        "1,jan@acme.example,Jan,{},enabled,2025-01-01,2025-01-01\n"
        "2,kim@acme.example,Kim,{},blocklisted,2025-01-01,2025-01-01\n"
        "3,lea@acme.example,Lea,{},unsubscribed,2025-01-01,2025-01-01\n",
    )
    assert (done["added"], done["added_unsubscribed"], done["changed"]) == (
        ["jan@acme.example"], ["kim@acme.example"], ["lea@acme.example"],
    )  # fmt: skip
    assert hears(here, "kim@acme.example") == hears(here, "lea@acme.example") == []
    again = imported(contacts, "kim@acme.example\n", "--topics", "announcements")
    assert again["opted_out"] == {"kim@acme.example": ["announcements"]}


@pytest.mark.parametrize(
    "text",
    [
        "Who,Wants\nzed@acme.example,x\n",
        "email,status\nana@acme.example,enabled\nzed@acme.example,zombie\n",
        "email,Anouncements\nana@acme.example,no\n",
        'email,name\nana@acme.example,Ana\nben@acme.example,"Ben\n',
    ],
)
def test_a_file_that_is_not_understood_adds_nobody(
    contacts: Run, here: OpenList, text: str
) -> None:
    done = contacts("import", "FILE", "--apply", file=text)
    assert isinstance(done.exception, Refused)
    assert people(here) == {}


def test_the_same_file_again_changes_nothing_and_says_so(contacts: Run, here: OpenList) -> None:
    text = "email,calendar,status\nana@acme.example,yes,enabled\npia@bücher.example,no,optout\n"
    imported(contacts, text)
    before = people(here)
    again = contacts("import", "FILE", "--apply", file=text)
    assert "Nothing to change." in again.stdout
    assert people(here) == before
    counts = imported(contacts, text)["summary"]
    assert (counts["kept"], counts["added"], counts["changed"]) == (2, 0, 0)


def test_every_line_is_counted_with_its_reason(contacts: Run, here: OpenList) -> None:
    create(here, Contact("eva@acme.example", {"calendar": "OPT_OUT"}))
    create(here, Contact("ned@acme.example"))
    text = (
        "name,email,calendar,announcements\n"
        "Ana,ana@acme.example,yes,\n"
        "Eva,eva@acme.example,yes,\n"
        "Ned,ned@acme.example,,no\n"
        "Ana again,ANA@acme.example,,\n"
        "Dan,dan@acme,yes,\n"
        "Zoe,zoe@acme.example,perhaps,\n"
    )
    done = imported(contacts, text)
    assert done["summary"] == {
        "lines": 6, "added": 1, "added_unsubscribed": 0, "changed": 1, "kept": 1, "repeated": 1,
        "refused": 2,
    }  # fmt: skip
    assert [(one["line"], one["result"]) for one in done["lines"]] == [
        (2, "added"), (3, "kept"), (4, "changed"), (5, "repeated"), (6, "refused"), (7, "refused"),
    ]  # fmt: skip
    assert all(one["reason"] for one in done["lines"])
    assert done["columns_not_read"] == ["name"]
    shown = contacts("import", "FILE", file=text)
    assert shown.exit_code == 2
    for address in ("ana@", "eva@", "ned@", "dan@", "zoe@"):
        assert address in shown.output


def test_an_import_that_is_stopped_says_how_far_it_came(
    contacts: Run, here: OpenList, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stops(contacts: OpenList, contact: Contact) -> bool:
        if contact.address.startswith("p3@"):
            raise KeyboardInterrupt
        return create(contacts, contact)

    text = "".join(f"p{number}@acme.example\n" for number in range(5))
    with monkeypatch.context() as patch:
        patch.setattr(writing, "create", stops)
        stopped = contacts("import", "FILE", "--apply", "--per-second", "1000", file=text)
    assert stopped.exit_code != 0
    assert "Adding: 3 of 5 done. Run the same command again for the rest" in stopped.output
    assert len(people(here)) == 3
    assert len(imported(contacts, text)["added"]) == 2


def test_two_imports_at_once_lose_nobody_and_undo_no_opt_out(here: OpenList) -> None:
    yes = [Contact(f"p{n}@acme.example", {"announcements": "OPT_IN"}) for n in range(12)]
    no = [Contact(one.address, {"announcements": "OPT_OUT"}) for one in yes]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda some: [create(here, one) for one in some], (yes, no)))
    assert len(people(here)) == 12
    assert [hears(here, one.address) for one in yes] == [[]] * 12


def test_who_unsubscribes_while_an_import_runs_stays_unsubscribed(
    contacts: Run, here: OpenList, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(here, Contact("ana@acme.example"))
    plain = writing.write

    def leaves_first(contacts: OpenList, plan: Any) -> list[str]:
        here.ses.update_contact(
            ContactListName=here.name, EmailAddress="ana@acme.example", UnsubscribeAll=True
        )
        return plain(contacts, plan)

    monkeypatch.setattr("changecast_cli.contacts.apply_import.write", leaves_first)
    done = imported(contacts, "ana@acme.example", "--topics", "calendar")
    assert hears(here, "ana@acme.example") == []
    assert done["meanwhile"] == ["ana@acme.example"]


def test_a_line_that_cannot_be_read_costs_nobody_the_place_on_the_list(
    contacts: Run, here: OpenList, tmp_path: Path
) -> None:
    roles = tmp_path / "roles.toml"
    roles.write_text('[roles]\nEverybody = ["announcements"]\n')
    words = ("sync", "--from", "FILE", "--roles", str(roles), "--apply", "--per-second", "1000")
    both = "email,role\nana@acme.example,Everybody\nben@acme.example,Everybody\n"
    assert contacts(*words, file=both).exit_code == 0
    broken = contacts(*words, "--remove", file=both.replace("ben@acme.example", "ben@acme"))
    assert isinstance(broken.exception, Refused)
    assert sorted(people(here)) == ["ana@acme.example", "ben@acme.example"]
    left = contacts(*words, "--remove", file="email,role\nana@acme.example,Everybody\n")
    assert "1 removed: ben@acme.example" in left.stdout
    assert list(people(here)) == ["ana@acme.example"]


def test_a_person_is_found_in_every_spelling(contacts: Run, here: OpenList) -> None:
    create(here, Contact("Ana@acme.example", {"calendar": "OPT_IN"}))
    create(here, Contact("ana@acme.example"))
    create(here, Contact("pia@bücher.example"))
    assert contacts("unsubscribe", "ANA@acme.example").exit_code == 0
    assert [one.unsubscribed_from_all for one in people(here).values()] == [True, True, False]
    assert isinstance(contacts("add", "aNa@acme.example").exception, Refused)
    assert isinstance(contacts("add", "pia@xn--bcher-kva.example").exception, Refused)
    assert contacts("subscribe", "ana@acme.example", "calendar", "--they-asked").exit_code == 0
    assert "calendar" in hears(here, "Ana@acme.example")
    assert contacts("remove", "ana@acme.example", "--yes").exit_code == 0
    assert list(people(here)) == ["pia@bücher.example"]


@pytest.mark.parametrize(
    "words",
    [("remove", "ana@acme.example"), ("restore", "FILE"), ("topics", "--reconcile", "--remove")],
)
def test_what_deletes_or_brings_back_says_it_and_does_nothing_without_a_yes(
    contacts: Run,
    here: OpenList,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)  # where the backup of removed topics goes
    create(here, Contact("ana@acme.example"))
    assert contacts("backup", str(tmp_path / "people.csv")).exit_code == 0
    create(here, Contact("ben@acme.example"))
    here.ses.delete_contact(ContactListName=here.name, EmailAddress="ana@acme.example")
    create(here, Contact("Ana@acme.example", {"announcements": "OPT_IN"}))
    more: Any = {"TopicName": "news", "DisplayName": "N", "DefaultSubscriptionStatus": "OPT_IN"}
    have = here.ses.get_contact_list(ContactListName=here.name)["Topics"]
    here.ses.update_contact_list(ContactListName=here.name, Topics=[*have, more])
    before, topics = people(here), topics_of(here)

    asked = contacts(*words)
    assert isinstance(asked.exception, Refused)
    assert "add --yes" in str(asked.exception)
    assert here.name in asked.stderr
    assert (people(here), topics_of(here)) == (before, topics)

    only_said = contacts(*words, "--dry-run")
    assert only_said.exit_code == 0
    assert (people(here), topics_of(here)) == (before, topics)

    assert contacts(*words, "--yes").exit_code == 0


def topics_of(contacts: OpenList) -> list[str]:
    found = contacts.ses.get_contact_list(ContactListName=contacts.name)["Topics"]
    return [topic["TopicName"] for topic in found]


def test_a_removal_of_topics_keeps_a_backup_and_is_no_option_by_itself(
    contacts: Run, here: OpenList, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    more: Any = {"TopicName": "news", "DisplayName": "N", "DefaultSubscriptionStatus": "OPT_IN"}
    have = here.ses.get_contact_list(ContactListName=here.name)["Topics"]
    here.ses.update_contact_list(ContactListName=here.name, Topics=[*have, more])
    assert isinstance(contacts("topics", "--remove").exception, Refused)
    assert "with --from" in str(contacts("topics", "--digest", "--from", "x.toml").exception)
    done = contacts("topics", "--reconcile", "--remove", "--yes", "--json")
    assert topics_of(here) == list(TOPICS)
    assert Path(json.loads(done.stdout)["backup"]).is_file()


def test_the_topic_of_the_digest_is_added_on_request_and_then_stays(
    contacts: Run, here: OpenList
) -> None:
    assert contacts("topics", "--reconcile").exit_code == 0
    assert topics_of(here) == list(TOPICS)
    assert contacts("topics", "--reconcile", "--digest").exit_code == 0
    assert topics_of(here) == [*TOPICS, "digest"]
    assert contacts("add", "ana@acme.example", "digest").exit_code == 0
    assert people(here)["ana@acme.example"].preferences["digest"] == "OPT_IN"
    assert contacts("topics", "--reconcile", "--remove", "--yes").exit_code == 0
    assert topics_of(here) == [*TOPICS, "digest"]


def test_a_domain_in_another_script_is_one_person_for_every_command(
    contacts: Run, here: OpenList
) -> None:
    assert contacts("add", "pia@bücher.example", "calendar").exit_code == 0
    assert list(people(here)) == ["pia@xn--bcher-kva.example"]
    assert imported(contacts, "pia@bücher.example")["kept"] == ["pia@xn--bcher-kva.example"]
    assert contacts("suppression", "add", "pia@bücher.example").exit_code == 0
    assert "pia@xn--bcher-kva.example" in contacts("suppression", "list").stdout
    assert contacts("suppression", "remove", "pia@BÜCHER.example").exit_code == 0
    assert contacts("unsubscribe", "Pia@Bücher.example").exit_code == 0
    assert hears(here, "pia@xn--bcher-kva.example") == []


def is_customer(contacts: OpenList, code: str, name: str) -> None:
    """Give a list's account a stack whose parameters say whose it is."""
    template = {
        "Parameters": {each: {"Type": "String"} for each in ("CustomerCode", "CustomerName")},
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
    }
    contacts.session.client("cloudformation").create_stack(
        StackName="changecast",
        TemplateBody=json.dumps(template),
        Parameters=[
            {"ParameterKey": "CustomerCode", "ParameterValue": code},
            {"ParameterKey": "CustomerName", "ParameterValue": name},
        ],
    )


def test_an_import_says_first_whose_list_it_changes(contacts: Run, here: OpenList) -> None:
    is_customer(here, "acme", "Acme Corp")
    account = here.session.client("sts").get_caller_identity()["Account"]
    for words in ((), ("--apply", "--per-second", "1000")):
        shown = contacts("import", "FILE", *words, file="ana@acme.example\n").stdout
        assert shown.startswith(f"List changecast of Acme Corp (acme, account {account})\n")
    done = imported(contacts, "ben@acme.example\n")
    assert done["list"] == {
        "name": "changecast", "code": "acme", "customer_name": "Acme Corp", "account": account,
    }  # fmt: skip


@pytest.mark.parametrize("keep", [lambda text: text, lambda text: text.replace(",", ";")])
def test_an_export_of_another_customer_adds_nobody(
    at: Callable[[OpenList], Run],
    here: OpenList,
    elsewhere: OpenList,
    keep: Callable[[str], str],
) -> None:
    is_customer(here, "globex", "Globex")
    is_customer(elsewhere, "acme", "Acme Corp")
    create(here, Contact("gus@globex.example"))
    create(here, Contact("gil@globex.example"))
    header, *rows = keep(at(here)("export").stdout).splitlines()
    file = "\n".join([header, "new@globex.example", *rows[:1]])  # rows added and deleted by hand
    wrong = at(elsewhere)("import", "FILE", "--apply", file=file)
    assert isinstance(wrong.exception, Refused)
    for words in ("customer globex", "list of Acme Corp (acme,", "--customer globex"):
        assert words in str(wrong.exception)
    assert people(elsewhere) == {}
    assert sorted(imported(at(here), file)["added"]) == ["new@globex.example"]
    assert len(imported(at(elsewhere), file, "--from-another-customer")["added"]) == 2


def test_most_addresses_at_domains_that_are_new_to_the_list_are_a_warning(
    contacts: Run, here: OpenList
) -> None:
    other = "gus@globex.example\ngil@Globex.example\nana@acme.example\n"
    assert "globex.example" not in contacts("import", "FILE", file=other).stderr  # an empty list
    create(here, Contact("Eva@ACME.example"))
    create(here, Contact("max@acme.example"))
    shown = contacts("import", "FILE", file=other).stderr
    assert "2 of the file's 3 addresses" in shown
    assert "globex.example (2)" in shown
    assert "Domains on the list: acme.example (2)" in shown
    unasked = contacts("import", "FILE", "--apply", file=other)
    assert isinstance(unasked.exception, Refused)
    assert "add --yes to go ahead" in str(unasked.exception)
    assert len(people(here)) == 2
    assert len(imported(contacts, other, "--yes")["warnings"]) == 1
    assert len(people(here)) == 5
    assert imported(contacts, other)["summary"]["kept"] == 3  # nothing to ask about
    assert imported(contacts, "zoe@acme.example\nzac@initech.example\n")["warnings"] == []


def test_who_declines_a_strange_file_removes_nobody_either(
    contacts: Run, here: OpenList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_import, "go_on", lambda *_, **__: False)
    roles = tmp_path / "roles.toml"
    roles.write_text('[roles]\nteam = ["announcements"]\n')
    create(here, Contact("eva@acme.example", attributes=MARK))
    file = "email,role\ngus@globex.example,team\ngil@globex.example,team\n"
    sync = ("sync", "--from", "FILE", "--roles", str(roles), "--apply", "--remove")
    declined = contacts(*sync, file=file)
    assert [*people(here)] == ["eva@acme.example"]
    assert "1 removed" not in declined.stdout


@pytest.mark.parametrize("on_the_list", [(), ("gil@globex.example",)])
def test_people_at_the_sender_domain_of_another_customer_are_not_added(
    contacts: Run, here: OpenList, tmp_path: Path, on_the_list: tuple[str, ...]
) -> None:
    """The wrong file of two; samconfig.toml says whose domain acme.example is."""
    (tmp_path / "samconfig.toml").write_text(SAMCONFIG.read_text("utf-8"))
    is_customer(here, "globex", "Globex")
    for address in on_the_list:
        create(here, Contact(address))
    file = "email,topics\nana@acme.example,announcements\nben@acme.example,approvals\n"
    for words in (("import", "FILE"), ("import", "FILE", "--apply"),
                  ("import", "FILE", "--apply", "--yes"), ("add", "ana@acme.example")):  # fmt: skip
        wrong = contacts(*words, file=file)
        assert isinstance(wrong.exception, Refused), words
        for said in ("(acme)", "list of Globex (globex,", "--customer acme"):
            assert said in str(wrong.exception)
    assert [*people(here)] == [*on_the_list]
    assert len(imported(contacts, file, "--from-another-customer")["added"]) == 2
    assert imported(contacts, file)["summary"]["kept"] == 2  # they are on the list now
    added = contacts("add", "max@acme.example", "--from-another-customer")
    assert added.exit_code == 0, added.output


def test_a_topic_that_a_file_does_not_name_is_marked_as_the_lists_default(
    contacts: Run, here: OpenList
) -> None:
    header = "email,topics,announcements\n"
    file = f"{header}ana@acme.example,approvals,\nben@acme.example,approvals,no\n"
    shown = contacts("import", "FILE", file=file).stdout
    assert "ana@acme.example: subscribed to approvals, announcements (default)" in shown
    assert "ben@acme.example: subscribed to approvals\n" in shown
    imported(contacts, file)
    assert hears(here, "ana@acme.example") == ["approvals", "announcements"]
    assert hears(here, "ben@acme.example") == ["approvals"]


def test_a_code_with_a_typo_is_answered_with_the_code_that_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tables = "".join(
        f'[{code}.global.parameters]\nregion = "eu-central-1"\n'
        f'[{code}-route.deploy.parameters]\nparameter_overrides = ["CustomerAccount=2"]\n'
        for code in ("acme", "globex")
    )
    Path("samconfig.toml").write_text(tables)
    wrong = CliRunner().invoke(app, ["list", "--customer", "acmee"])
    assert "samconfig.toml has no customer 'acmee' (did you mean 'acme'?" in str(wrong.exception)


def test_no_address_is_cut_on_a_narrow_screen(
    contacts: Run, here: OpenList, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{'a-very-long-name-of-a-person' * 2}@acme.example"
    create(here, Contact(address))
    monkeypatch.setenv("COLUMNS", "80")
    shown = contacts("list").stdout
    assert "…" not in shown
    assert "announcements" in shown
    folded = "".join(line.split("  ")[0].strip() for line in shown.splitlines()[1:])
    assert address in folded
