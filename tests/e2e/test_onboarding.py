"""From a CSV file to healthy customers with two commands; and what may go wrong.

The same for 30 customers: `pytest --heavy -m heavy tests/e2e/test_onboarding.py`.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from changecast.hub.announcing.announce import announce, connect
from changecast_cli.contacts.write import BY_JOB_FROM
from changecast_cli.deploying import samconfig_file
from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import TOPICS
from tests.support.provider import document, eventually
from tests.support.shell import HUB, Shell, alarm_topic

ACCOUNTS = {"ob-one": "700000000001", "ob-two": "700000000002", "ob-lost": "700000000003"}
ALERTED = "ops@provider.example"
# A run of so many people at one mail a second is under way while its customer moves.
CROWD, SLOW = 40, 1.0
# Seconds between two announcements during the move, and for a wrong mail to arrive after it.
BETWEEN, SETTLED = 4.0, 5.0
DEPLOY = ("customers", "add", "--from", "customers.csv", "--hub-account", HUB, "--deploy",
          "--alert-email", ALERTED)  # fmt: skip


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp("onboarding")
    with local_cloud.temporary(folder / "cloud", keep=False) as local:
        yield Shell(local.cloud, folder)


@pytest.fixture(scope="module")
def onboarded(shell: Shell) -> Shell:
    """Three customers: a new account, one that uses SES already, one whose profile is wrong."""
    ses = shell.cloud.preparing(ACCOUNTS["ob-two"]).client("sesv2")
    ses.create_contact_list(ContactListName="staff", Topics=[])
    ses.create_contact(ContactListName="staff", EmailAddress="old@ob-two.example")
    ses.create_email_identity(EmailIdentity="ob-two.example")
    ses.put_email_identity_dkim_attributes(EmailIdentity="ob-two.example", SigningEnabled=True)
    shell.customers_csv(ACCOUNTS)
    shell.profiles({**ACCOUNTS, "ob-lost": "799999999999"})
    first = shell.deploys(*DEPLOY)
    assert first.returncode == 2, first.stderr
    assert (
        "customers.csv:4: profile ob-lost belongs to account 799999999999, but ob-lost is in "
        in (first.stderr)
    )
    assert "Nothing was changed" in first.stderr
    assert not (shell.folder / "samconfig.toml").exists()
    for account in (HUB, *ACCOUNTS.values(), "799999999999"):
        assert stacks(shell, account) == []
    most = shell.deploys(*DEPLOY, "--skip-faulty")
    assert most.returncode == 2, most.stderr
    assert "2 of 2 customers deployed" in most.stdout
    assert stacks(shell, "799999999999") == stacks(shell, ACCOUNTS["ob-lost"]) == []
    shell.profiles(ACCOUNTS)
    began = time.monotonic()
    again = shell.deploys(*DEPLOY[:2], "ob-lost", "--account", ACCOUNTS["ob-lost"], "--region",
                  "eu-central-1", "--name", "Ob Lost", "--sender", "changes@ob-lost.example",
                  "--timezone", "Europe/Madrid", "--profile", "ob-lost", "--alarm-topic",
                  alarm_topic(ACCOUNTS["ob-lost"]), "--deploy")  # fmt: skip
    assert again.returncode == 0, again.stderr
    sys.stderr.write(f"one more customer: {time.monotonic() - began:.0f} s\n{again.stderr}")
    assert "parameters of hub" in again.stderr
    assert "sam build hub" not in again.stderr
    return shell


def stacks(shell: Shell, account: str) -> list[str]:
    found = shell.cloud.session(account).client("cloudformation").describe_stacks()["Stacks"]
    return [each["StackName"] for each in found if each["StackName"].startswith("changecast")]


def test_what_an_account_has_already_is_used_and_kept(onboarded: Shell) -> None:
    text = samconfig_file.read(onboarded.folder / "samconfig.toml")
    one, two = (
        {name: value for name, value in samconfig_file.customers_in(text)[code].more
         if name != "AlarmTopicArn"}
        for code in ("ob-one", "ob-two")
    )  # fmt: skip
    assert two == {"ContactList": "staff", "CreateIdentity": "no"}
    assert one == {}
    ses = onboarded.cloud.preparing(ACCOUNTS["ob-two"]).client("sesv2")
    assert ses.get_contact(ContactListName="staff", EmailAddress="old@ob-two.example")


def test_the_doctor_is_content_with_all_and_the_old_list_has_our_topics(
    onboarded: Shell,
) -> None:
    ses = onboarded.cloud.session(ACCOUNTS["ob-two"]).client("sesv2")
    topics = ses.get_contact_list(ContactListName="staff")["Topics"]
    assert [each["TopicName"] for each in topics] == ["approvals", "announcements", "calendar"]
    records = onboarded("doctor", "--all", "--records")
    (onboarded.folder / "all.zone").write_text(records.stdout)
    well = onboarded("doctor", "--all", "--dns", "all.zone")
    assert well.returncode == 0, well.stdout
    assert "0 warnings, 0 broken" in well.stdout


def test_an_alarm_test_reaches_who_subscribes(onboarded: Shell) -> None:
    hub = onboarded.cloud.session(HUB)
    sqs, sns = hub.client("sqs"), hub.client("sns")
    arn = f"arn:aws:sqs:eu-central-1:{HUB}:ob-pager"
    lets_topics_in = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"},
                      "Action": "sqs:SendMessage", "Resource": arn}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [lets_topics_in]})
    url = sqs.create_queue(QueueName="ob-pager", Attributes={"Policy": policy})["QueueUrl"]
    (topic,) = [each["TopicArn"] for each in sns.list_topics()["Topics"]]
    pager = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    tested = onboarded("doctor", "--alarm-test")
    assert tested.returncode == 0, tested.stdout
    assert ALERTED in tested.stdout
    got = [
        message
        for _ in range(2)
        for message in sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=3
        ).get("Messages", ())
    ]
    (rung, over) = sorted(
        (json.loads(json.loads(each["Body"])["Message"]) for each in got),
        key=lambda each: str(each["NewStateValue"]),
    )
    assert (rung["NewStateValue"], over["NewStateValue"]) == ("ALARM", "OK")
    assert "test" in rung["NewStateReason"]
    sns.unsubscribe(SubscriptionArn=pager["SubscriptionArn"])
    mailed = [each["Endpoint"] for each in sns.list_subscriptions()["Subscriptions"]]
    assert mailed == [ALERTED]


def test_a_second_add_changes_nothing_and_does_not_deploy_the_hub(onboarded: Shell) -> None:
    before = (onboarded.folder / "samconfig.toml").read_text()
    again = onboarded("customers", "add", "ob-one", "--deploy", "--json")
    assert again.returncode == 0, again.stderr
    told = json.loads(again.stdout)
    assert (told["added"], told["unchanged"], told["errors"]) == ([], ["ob-one"], [])
    assert "no change for hub" in again.stderr
    assert (onboarded.folder / "samconfig.toml").read_text() == before


def test_a_value_that_is_set_reaches_the_stack(onboarded: Shell) -> None:
    changed = onboarded("customers", "set", "ob-one", "--timezone", "Europe/Kyiv", "--support",
                        "Service desk, +34 900 000 000", "--deploy")  # fmt: skip
    assert changed.returncode == 0, changed.stderr
    assert "timezone Europe/Madrid -> Europe/Kyiv" in changed.stdout
    own = onboarded.cloud.session(ACCOUNTS["ob-one"]).client("cloudformation")
    given = own.describe_stacks(StackName="changecast")["Stacks"][0]["Parameters"]
    told = {each["ParameterKey"]: each["ParameterValue"] for each in given}
    assert told["Timezone"] == "Europe/Kyiv"
    assert told["SupportContact"] == "Service desk, +34 900 000 000"


def test_the_canary_flies_the_whole_way_and_leaves_nobody_on_the_list(onboarded: Shell) -> None:
    flown = onboarded("doctor", "-c", "ob-one", "--canary", "--dns", "skip", "--json")
    legs = {
        each["check"]: each["level"]
        for each in json.loads(flown.stdout)["verdicts"]["ob-one"]
        if each["check"].startswith("canary-")
    }
    assert legs == {
        f"canary-{leg}": "ok" for leg in ("planned", "sent", "delivered", "bounced", "complained")
    }
    ses = onboarded.cloud.preparing(ACCOUNTS["ob-one"]).client("sesv2")
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
    assert "must not be added to another customer's list" in crossed.stderr
    others = onboarded("contacts", "list", "--customer", "ob-lost", "--json")
    assert json.loads(others.stdout)["people"] == []


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
        ("remove", "ana@ob-lost.example", "--yes"),
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
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    start = noon + timedelta(days=2)  # the same day in UTC and in each customer's time zone
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
    assert (told["ob-one"]["mail"], told["ob-one"]["recipients"]) == (
        "nobody", {"announcements": 0},
    )  # fmt: skip
    assert told["ob-one"]["why"] == "nobody is subscribed to the topic announcements"
    assert (told["ob-two"]["mail"], told["ob-two"]["recipients"]) == (
        "announcement", {"announcements": 1},
    )  # fmt: skip
    assert told["ob-two"]["warnings"][0].startswith("in the freeze 'Stocktaking' (")
    assert "it requires 3 days of notice, but" in told["ob-two"]["warnings"][1]
    assert onboarded("status", str(change["changeId"])).returncode == 2, "nothing was put"


def test_an_upgrade_refuses_a_broken_canary_and_goes_in_rings(onboarded: Shell) -> None:
    asked = ("customers", "upgrade", "--customer", "ob-two", "--customer", "ob-lost",
             "--canary", "ob-lost")  # fmt: skip
    ses = onboarded.cloud.preparing(ACCOUNTS["ob-lost"]).client("sesv2")
    ses.put_account_sending_attributes(SendingEnabled=False)
    refused = onboarded(*asked)
    assert refused.returncode == 2
    assert "the canary ob-lost is already broken (sending" in refused.stderr
    ses.put_account_sending_attributes(SendingEnabled=True)
    let_operators_in(onboarded, "ob-lost")
    done = onboarded(*asked)
    assert done.returncode == 0, done.stderr
    assert "ring 2 of 2: ob-two" in done.stderr
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
    found = {each["check"]: each for each in json.loads(looked.stdout)["verdicts"]["ob-lost"]}
    unseen = {check: each["reason"] for check, each in found.items() if each["level"] != "ok"}
    assert unseen["drift"] == "cannot check: DetectStackDrift: AccessDenied"
    assert unseen["suppression"] == (
        "cannot check: ListSuppressedDestinations: AccessDeniedException"
    )
    assert all(reason.startswith("cannot check: ") for reason in unseen.values())
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
        for who, verdicts in json.loads(looked.stdout)["verdicts"].items()
        for each in verdicts
        if each["check"] == "drift"
    }
    assert drift == {"hub": "IN_SYNC", "ob-two": "changed by hand: DeliveriesQueue modified"}


def test_a_customer_moves_to_another_bus_while_mails_leave_and_changes_are_announced(
    onboarded: Shell,
) -> None:
    """From here on the hub has two buses, and ob-one is on the second one."""
    people = onboarded.cloud.preparing(ACCOUNTS["ob-one"]).client("sesv2")
    people.create_contact(ContactListName="changecast", EmailAddress="bea@ob-one.example")
    with _approvers(people) as crowd:
        onboarded.cloud.add_fault(ACCOUNTS["ob-one"], "limits", max_send_rate=SLOW)
        slow = _announce(onboarded, _two_of_them() | {"status": "submitted"})
        eventually(lambda: len(_told(onboarded, slow, crowd)))
        assert len(_told(onboarded, slow, crowd)) < len(crowd)
        changes = [_announce(onboarded, _two_of_them())]
        with ThreadPoolExecutor(1) as thread:
            move = ("customers", "move", "ob-one", "--bus", "changecast-hub-2", "--yes", "--json")
            moving = thread.submit(onboarded, *move)
            while not moving.done():
                changes.append(_announce(onboarded, _two_of_them()))
                wait([moving], timeout=BETWEEN)
        moved = moving.result()
        assert moved.returncode == 0, moved.stderr
        assert json.loads(moved.stdout)["bus"] == "changecast-hub-2"
        onboarded.cloud.clear_faults(ACCOUNTS["ob-one"])
        eventually(lambda: len(_told(onboarded, slow, crowd)) >= len(crowd))
        changes.append(_announce(onboarded, _two_of_them()))
        both = sorted([ACCOUNTS["ob-one"], ACCOUNTS["ob-two"]])
        eventually(lambda: all(len(_mailed(onboarded, each)) >= len(both) for each in changes))
        time.sleep(SETTLED)
        assert _told(onboarded, slow, crowd) == crowd
        assert {str(each["changeId"]): _mailed(onboarded, each) for each in changes} == {
            str(each["changeId"]): both for each in changes
        }
    rules = onboarded.cloud.session(HUB).client("events").list_rules
    on_first = [rule["Name"] for rule in rules(EventBusName="changecast-hub")["Rules"]]
    on_second = [rule["Name"] for rule in rules(EventBusName="changecast-hub-2")["Rules"]]
    assert "changecast-route-ob-one" not in on_first
    assert "changecast-route-ob-one.2" in on_second
    well = onboarded("doctor", "--all", "--dns", "skip")
    assert "0 broken" in well.stdout, well.stdout


@contextmanager
def _approvers(ses: Any) -> Iterator[list[str]]:
    """Subscribe people of ob-one to approvals only, as long as the test needs them."""
    crowd = sorted(f"approver{number}@ob-one.example" for number in range(CROWD))
    wants = [
        {"TopicName": one, "SubscriptionStatus": "OPT_IN" if one == "approvals" else "OPT_OUT"}
        for one in TOPICS
    ]
    for address in crowd:
        ses.create_contact(
            ContactListName="changecast", EmailAddress=address, TopicPreferences=wants
        )
    yield crowd
    for address in crowd:
        ses.delete_contact(ContactListName="changecast", EmailAddress=address)


def _announce(shell: Shell, change: dict[str, object]) -> dict[str, object]:
    """Announce as a change system does: it waits for nothing."""
    announce(change, hub=connect(shell.cloud.session(HUB)))
    return change


def _told(shell: Shell, change: dict[str, object], people: Sequence[str]) -> list[str]:
    """Return who of these people was mailed about a change, as often as it mailed them."""
    found = shell.cloud.mails(subject=f"[{change['changeId']}]")
    return sorted(mail["to"] for mail in found if mail["to"] in people)


def _two_of_them() -> dict[str, object]:
    start = datetime.now(UTC) + timedelta(days=4)  # ob-two wants three days of notice
    return document(customers=["ob-one", "ob-two"]) | {
        "implementationStart": start.isoformat(),
        "implementationEnd": (start + timedelta(hours=1)).isoformat(),
    }


def _mailed(shell: Shell, change: dict[str, object]) -> list[str]:
    """Return the account of each mail about a change, as often as it mailed."""
    named = f"[{change['changeId']}]"
    return sorted(mail["account"] for mail in shell.cloud.mails() if named in mail["subject"])


def test_a_customer_leaves_once_its_people_were_told_and_nobody_else_is(
    onboarded: Shell,
) -> None:
    change = _two_of_them()
    announced(onboarded, change)
    leave = ("customers", "remove", "ob-one", "--deploy")
    refused = onboarded(*leave)
    assert refused.returncode == 2
    assert str(change["changeId"]) in refused.stderr
    assert "add --yes" in refused.stderr
    onboarded.profiles({**ACCOUNTS, "ob-one": ACCOUNTS["ob-two"]})
    wrong = onboarded(*leave, "--yes")
    assert wrong.returncode == 2
    assert "but ob-one is in 700000000001" in wrong.stderr
    by_hand = onboarded("customers", "remove", "ob-one", "--dry-run")
    assert "aws cloudformation" not in by_hand.stdout + by_hand.stderr
    onboarded.profiles(ACCOUNTS)
    for account in (ACCOUNTS["ob-one"], ACCOUNTS["ob-two"]):
        assert stacks(onboarded, account) == ["changecast"]
    onboarded.cloud.add_fault(ACCOUNTS["ob-one"], "limits", max_send_rate=0.1)
    hasty = onboarded(*leave, "--yes", "--wait", "0")
    assert hasty.returncode == 1, hasty.stdout
    assert "was not removed" in hasty.stderr
    assert stacks(onboarded, ACCOUNTS["ob-one"]) == ["changecast"]
    onboarded.cloud.clear_faults(ACCOUNTS["ob-one"])
    gone = onboarded(*leave, "--yes")
    assert gone.returncode == 0, gone.stderr
    named = f"[{change['changeId']}]"
    told = [mail for mail in onboarded.cloud.mails() if named in mail["subject"]]
    assert len([mail for mail in told if mail["account"] == ACCOUNTS["ob-one"]]) == 2
    assert len([mail for mail in told if mail["account"] == ACCOUNTS["ob-two"]]) == 1
    assert "changecast-route-ob-one" not in stacks(onboarded, HUB)
    assert stacks(onboarded, ACCOUNTS["ob-one"]) == []
    kept = onboarded.cloud.preparing(ACCOUNTS["ob-one"]).client("sesv2")
    assert kept.list_contacts(ContactListName="changecast")["Contacts"]
    listed = json.loads(onboarded("customers", "list", "--json").stdout)["customers"]
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
        added = shell.deploys(*DEPLOY, seconds=900)
        assert added.returncode == 0, added.stderr
        well = shell("doctor", "--all", "--dns", "skip")
        assert "0 warnings, 0 broken" in well.stdout, well.stdout
    assert datetime.now(UTC) - began < timedelta(minutes=10)
