"""From a CSV file to customers who are well, with two commands; and what may go wrong on the way.

The same for 30 customers: `pytest --heavy -m heavy tests/e2e/test_onboarding.py`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast_cli.contacts.write import BY_JOB_FROM
from changecast_cli.deploying import samconfig_file
from changecast_cli.local import process as local_cloud
from tests.support.provider import document
from tests.support.shell import HUB, Shell

ACCOUNTS = {"ob-one": "700000000001", "ob-two": "700000000002", "ob-lost": "700000000003"}
DEPLOY = ("customers", "add", "--from", "customers.csv", "--hub-account", HUB, "--deploy")


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("onboarding")
    with local_cloud.temporary(folder / "cloud", keep=False) as local:
        yield Shell(local.cloud, folder)


@pytest.fixture(scope="module")
def onboarded(shell: Shell) -> Shell:
    """Three customers: a new account, one that uses SES already, one whose profile is wrong."""
    ses = shell.cloud.session(ACCOUNTS["ob-two"]).client("sesv2")
    ses.create_contact_list(ContactListName="staff", Topics=[])
    ses.create_contact(ContactListName="staff", EmailAddress="old@ob-two.example")
    ses.create_email_identity(EmailIdentity="ob-two.example")
    ses.put_email_identity_dkim_attributes(EmailIdentity="ob-two.example", SigningEnabled=True)
    shell.customers_csv(ACCOUNTS)
    shell.profiles({**ACCOUNTS, "ob-lost": "799999999999"})
    first = shell(*DEPLOY)
    assert first.returncode == 1, first.stderr
    assert "2 of 3 customers stand" in first.stdout
    assert "lead into account 799999999999, but ob-lost is 700000000003" in first.stderr
    assert stacks(shell, "799999999999") == []
    shell.profiles(ACCOUNTS)
    again = shell("customers", "add", "ob-lost", "--deploy")
    assert again.returncode == 0, again.stderr
    return shell


def stacks(shell: Shell, account: str) -> list[str]:
    found = shell.cloud.session(account).client("cloudformation").describe_stacks()["Stacks"]
    return [each["StackName"] for each in found if each["StackName"].startswith("changecast")]


def test_what_an_account_has_already_is_used_and_kept(onboarded: Shell) -> None:
    text = samconfig_file.read(onboarded.folder / "samconfig.toml")
    more = dict(samconfig_file.customers_in(text)["ob-two"].more)
    assert more == {"ContactList": "staff", "CreateIdentity": "no"}
    assert dict(samconfig_file.customers_in(text)["ob-one"].more) == {}
    ses = onboarded.cloud.session(ACCOUNTS["ob-two"]).client("sesv2")
    assert ses.get_contact(ContactListName="staff", EmailAddress="old@ob-two.example")


def test_the_doctor_is_content_with_all_once_the_old_list_has_our_topics(
    onboarded: Shell,
) -> None:
    ill = onboarded("doctor", "--all", "--dns", "skip", "--json")
    found = json.loads(ill.stdout)
    bad = {
        who: [each["check"] for each in verdicts if each["level"] != "ok"]
        for who, verdicts in found.items()
    }
    assert bad == {"hub": [], "ob-one": [], "ob-two": ["topics"], "ob-lost": []}
    assert ill.returncode == 1
    mended = onboarded("contacts", "topics", "--customer", "ob-two", "--reconcile")
    assert mended.returncode == 0, mended.stderr
    records = onboarded("doctor", "--all", "--records")
    (onboarded.folder / "all.zone").write_text(records.stdout)
    well = onboarded("doctor", "--all", "--dns", "all.zone")
    assert well.returncode == 0, well.stdout
    assert "0 warning, 0 broken" in well.stdout


def test_the_canary_flies_the_whole_way_and_leaves_nobody_on_the_list(onboarded: Shell) -> None:
    flown = onboarded("doctor", "-c", "ob-one", "--canary", "--dns", "skip", "--json")
    legs = {
        each["check"]: each["level"]
        for each in json.loads(flown.stdout)["ob-one"]
        if each["check"].startswith("canary-")
    }
    assert legs == {
        f"canary-{leg}": "ok" for leg in ("planned", "sent", "delivered", "bounced", "complained")
    }
    ses = onboarded.cloud.session(ACCOUNTS["ob-one"]).client("sesv2")
    assert ses.list_contacts(ContactListName="changecast")["Contacts"] == []


def test_contacts_are_kept_in_the_customers_own_account(onboarded: Shell) -> None:
    (onboarded.folder / "people.csv").write_text(
        "email,topics\nana@ob-one.example,announcements\nbroken,announcements\n"
    )
    asked = (
        "contacts",
        "import",
        "people.csv",
        "--customer",
        "ob-one",
        "--json",
        "--per-second",
        "100",
    )
    dry = onboarded(*asked)
    assert json.loads(dry.stdout)["applied"] is False
    done = json.loads(onboarded(*asked, "--apply").stdout)
    assert done["added"] == ["ana@ob-one.example"]
    assert [each["line"] for each in done["refused"]] == [3]
    left = onboarded("contacts", "unsubscribe", "ana@ob-one.example", "--customer", "ob-one")
    assert left.returncode == 0, left.stderr
    back = onboarded("contacts", "subscribe", "ana@ob-one.example", "-c", "ob-one")
    assert back.returncode == 2
    assert "opted out of everything" in back.stderr
    again = json.loads(onboarded(*asked, "--apply").stdout)
    assert again["opted_out"] == {"ana@ob-one.example": ["announcements"]}
    onboarded("contacts", "backup", "people.json", "--customer", "ob-one")
    crossed = onboarded("contacts", "restore", "people.json", "--customer", "ob-lost")
    assert crossed.returncode == 2
    assert "must not come onto another's list" in crossed.stderr
    others = onboarded("contacts", "list", "--customer", "ob-lost", "--json")
    assert json.loads(others.stdout) == []


def test_the_contacts_role_is_enough_for_the_list_and_for_nothing_else(onboarded: Shell) -> None:
    role = f"arn:aws:iam::{ACCOUNTS['ob-lost']}:role/changecast-contacts"
    onboarded.role_profile("keeper", "ob-lost", role)
    keeper = ("--profile", "keeper")
    people = "".join(f"p{n}@ob-lost.example\n" for n in range(BY_JOB_FROM))
    (onboarded.folder / "many.txt").write_text(people)
    done = onboarded(
        "contacts", "import", "many.txt", "--apply", "--json", "--per-second", "50", *keeper
    )
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["added"]) == BY_JOB_FROM
    for words in (
        ("add", "ana@ob-lost.example", "calendar"),
        ("unsubscribe", "ana@ob-lost.example"),
        ("suppression", "add", "ana@ob-lost.example"),
        ("suppression", "remove", "ana@ob-lost.example"),
        ("topics", "--reconcile"),
        ("remove", "ana@ob-lost.example"),
    ):
        kept = onboarded("contacts", *words, *keeper)
        assert kept.returncode == 0, kept.stderr
    taken = onboarded.cloud.session(ACCOUNTS["ob-lost"]).client("sts").assume_role(
        RoleArn=role, RoleSessionName="keeper"
    )["Credentials"]  # fmt: skip
    session = boto3.Session(
        taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"], "eu-central-1"
    )
    endpoint = onboarded.cloud.endpoint
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        session.client("sesv2", endpoint_url=endpoint).send_email(
            FromEmailAddress="changes@ob-lost.example",
            Destination={"ToAddresses": ["p1@ob-lost.example"]},
            Content={"Simple": {"Subject": {"Data": "x"}, "Body": {"Text": {"Data": "x"}}}},
        )
    with pytest.raises(ClientError, match=r"AccessDenied|not authorized"):
        session.client("dynamodb", endpoint_url=endpoint).list_tables()


def test_a_dry_run_asks_each_customers_account(onboarded: Shell) -> None:
    start = datetime.now(UTC) + timedelta(hours=30)
    change = document(customers=["ob-one", "ob-two"]) | {
        "implementationStart": start.isoformat(),
        "implementationEnd": (start + timedelta(hours=1)).isoformat(),
    }
    (onboarded.folder / "metadata.json").write_text(json.dumps(change))
    (onboarded.folder / "freezes").mkdir()
    (onboarded.folder / "freezes" / "ob-two.ics").write_text(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//\nX-CHANGECAST-MINIMUM-NOTICE:P3D\n"
        f"BEGIN:VEVENT\nDTSTART;VALUE=DATE:{start:%Y%m%d}\nSUMMARY:Stocktaking\nEND:VEVENT\n"
        "END:VCALENDAR\n"
    )
    dry = onboarded("announce", "metadata.json", "--dry-run", "--json")
    (plan,) = json.loads(dry.stdout)["plans"]
    told = {each["customer"]: each for each in plan}
    assert told["ob-one"]["recipients"] == {"announcements": 0, "calendar": 0}
    assert (
        "nobody is on the topic announcements: nothing will be sent" in (told["ob-one"]["warnings"])
    )
    assert told["ob-two"]["recipients"]["announcements"] == 1
    assert told["ob-two"]["warnings"][0] == "in the freeze 'Stocktaking'"
    assert "short of the 72 hours' notice" in told["ob-two"]["warnings"][1]
    assert onboarded("status", str(change["changeId"])).returncode == 2, "nothing was put"


def test_an_upgrade_stops_at_a_canary_that_is_not_well(onboarded: Shell) -> None:
    asked = ("customers", "upgrade", "--customer", "ob-two", "--customer", "ob-lost",
             "--canary", "ob-lost")  # fmt: skip
    ses = onboarded.cloud.session(ACCOUNTS["ob-lost"]).client("sesv2")
    ses.put_account_sending_attributes(SendingEnabled=False)
    stopped = onboarded(*asked)
    assert stopped.returncode == 1
    assert "broken: ob-lost" in stopped.stdout
    assert "not touched: ob-two" in stopped.stdout
    ses.put_account_sending_attributes(SendingEnabled=True)
    let_operators_in(onboarded, "ob-lost")
    done = onboarded(*asked)
    assert done.returncode == 0, done.stderr
    assert "upgraded: ob-lost, ob-two" in done.stdout


def let_operators_in(shell: Shell, code: str) -> None:
    """What a customer writes into its parameters; the next deployment makes the role."""
    file = shell.folder / "samconfig.toml"
    text = samconfig_file.with_parameter(file.read_text(), code, "OperatorAccount", HUB)
    text = samconfig_file.with_parameter(text, code, "OperatorExternalId", "agreed-between-us")
    samconfig_file.save(file, text)


def test_the_doctor_goes_in_by_the_operator_role_and_says_what_it_may_not_look_at(
    onboarded: Shell,
) -> None:
    onboarded.profiles({"ob-lost": "799999999999"})
    looked = onboarded("doctor", "-c", "ob-lost", "--drift", "--dns", "skip", "--json")
    onboarded.profiles(ACCOUNTS)
    found = {each["check"]: each for each in json.loads(looked.stdout)["ob-lost"]}
    unseen = {check: each["reason"] for check, each in found.items() if each["level"] != "ok"}
    assert unseen["drift"] == "cannot look, DetectStackDrift: AccessDenied"
    assert unseen["suppression"] == (
        "cannot look, ListSuppressedDestinations: AccessDeniedException"
    )
    assert all(reason.startswith("cannot look, ") for reason in unseen.values())
    assert {"identity", "contact-list", "configuration-set", "dead-letters"} <= set(found)
    assert looked.returncode == 0


def test_what_was_changed_by_hand_is_named_as_drift(onboarded: Shell) -> None:
    own = onboarded.cloud.session(ACCOUNTS["ob-two"])
    found = own.client("cloudformation").describe_stack_resource(
        StackName="changecast", LogicalResourceId="DeliveriesQueue"
    )
    url = found["StackResourceDetail"]["PhysicalResourceId"]
    own.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "7"})
    looked = onboarded("doctor", "--hub", "-c", "ob-two", "--drift", "--dns", "skip", "--json")
    drift = {
        who: each["reason"]
        for who, verdicts in json.loads(looked.stdout).items()
        for each in verdicts
        if each["check"] == "drift"
    }
    assert drift == {"hub": "IN_SYNC", "ob-two": "changed by hand: DeliveriesQueue modified"}


def test_a_customer_leaves_once_its_people_were_told_and_nobody_else_is(
    onboarded: Shell,
) -> None:
    people = onboarded.cloud.session(ACCOUNTS["ob-one"]).client("sesv2")
    people.create_contact(ContactListName="changecast", EmailAddress="bea@ob-one.example")
    start = datetime.now(UTC) + timedelta(days=3)
    change = document(customers=["ob-one", "ob-two"]) | {
        "implementationStart": start.isoformat(),
        "implementationEnd": (start + timedelta(hours=1)).isoformat(),
    }
    announced(onboarded, change)
    leave = ("customers", "remove", "ob-one", "--deploy")
    refused = onboarded(*leave)
    assert refused.returncode == 2
    assert change["changeId"] in refused.stderr
    hasty = onboarded(*leave, "--yes", "--wait", "0")
    assert hasty.returncode == 1, hasty.stdout
    assert "Nothing is removed" in hasty.stderr
    assert stacks(onboarded, ACCOUNTS["ob-one"]) == ["changecast"]
    gone = onboarded(*leave, "--yes")
    assert gone.returncode == 0, gone.stderr
    named = f"[{change['changeId']}]"
    told = [mail for mail in onboarded.cloud.mails() if named in mail["subject"]]
    assert len([mail for mail in told if mail["account"] == ACCOUNTS["ob-one"]]) == 2
    assert len([mail for mail in told if mail["account"] == ACCOUNTS["ob-two"]]) == 1
    assert "changecast-route-ob-one" not in stacks(onboarded, HUB)
    assert stacks(onboarded, ACCOUNTS["ob-one"]) == []
    kept = onboarded.cloud.session(ACCOUNTS["ob-one"]).client("sesv2")
    assert kept.list_contacts(ContactListName="changecast")["Contacts"]
    listed = json.loads(onboarded("customers", "list", "--json").stdout)
    assert [each["code"] for each in listed] == ["ob-two", "ob-lost"]
    assert "0 broken" in onboarded("doctor", "--all", "--dns", "skip").stdout


def announced(shell: Shell, change: dict[str, object]) -> None:
    (shell.folder / "metadata.json").write_text(json.dumps(change))
    done = shell("announce", "metadata.json", "--wait", "60")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.heavy
def test_30_customers_from_one_file_are_well_within_10_minutes(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("thirty")
    accounts = {f"ob-{n:02}": f"7100000000{n:02}" for n in range(1, 31)}
    began = datetime.now(UTC)
    with local_cloud.temporary(folder / "cloud", keep=False) as local:
        shell = Shell(local.cloud, folder)
        shell.customers_csv(accounts)
        shell.profiles(accounts)
        added = shell(*DEPLOY, seconds=900)
        assert added.returncode == 0, added.stderr
        well = shell("doctor", "--all", "--dns", "skip")
        assert "0 warning, 0 broken" in well.stdout, well.stdout
    assert datetime.now(UTC) - began < timedelta(minutes=10)
