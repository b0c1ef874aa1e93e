"""What AWS lets an account have, and which identity SES uses: the doctor names what is wrong."""

from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor import health, limits, sender
from changecast_cli.doctor.canary import leg_verdict
from changecast_cli.doctor.customer import missing_stack
from changecast_cli.doctor.facts import envelope_account
from changecast_cli.doctor.verdicts import Verdict
from tests.unit.cli.test_doctor_verdicts import IDENTITY, Aws, checked_account

BUS = {"Bus": ("AWS::Events::EventBus", "changecast-hub")}
ROLES = {"SendMailRole": ("AWS::IAM::Role", "changecast-SendMailRole-1")}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code}}, "Get")


def settings(whole: int, unreserved: int) -> dict[str, Any]:
    limit = {"ConcurrentExecutions": whole, "UnreservedConcurrentExecutions": unreserved}
    return {"get_account_settings": {"AccountLimit": limit}}


@pytest.mark.parametrize(
    ("whole", "unreserved", "level", "told"),
    [
        (1_000, 1_000, "ok", "1,000 functions at a time"),
        (1_000, 50, "ok", "50 functions at a time of 1,000"),
        (1_000, 49, "warning", "49 functions at a time of 1,000: "),
        (10, 10, "warning", "10 functions at a time: everything finishes, but slowly"),
    ],
)
def test_an_account_with_few_functions_at_a_time_is_named(
    whole: int, unreserved: int, level: str, told: str
) -> None:
    (verdict,) = limits.concurrency(checked_account(Aws(**settings(whole, unreserved))))
    assert verdict.level == level
    assert verdict.reason.startswith(told)
    assert ("lambda" in verdict.fix) == (level == "warning")


def on_the_bus(rules: int, quota: Any, default: Any = None) -> Verdict:
    aws = Aws(
        get_service_quota=quota,
        get_aws_default_service_quota=default,
        list_rules={"Rules": [{"Name": str(number)} for number in range(rules)]},
    )
    (verdict,) = limits.rules_quota(checked_account(aws, resources=BUS))
    return verdict


@pytest.mark.parametrize(
    ("rules", "most", "level"),
    [(239, 300, "ok"), (240, 300, "warning"), (299, 300, "warning"), (300, 300, "broken"),
     (80, 100, "warning"), (301, 300, "broken")],
)  # fmt: skip
def test_a_bus_that_is_nearly_full_of_rules_is_named(rules: int, most: int, level: str) -> None:
    verdict = on_the_bus(rules, {"Quota": {"Value": float(most)}})
    assert (verdict.level, f"has {rules} of {most} rules" in verdict.reason) == (level, True)
    assert verdict.fix.endswith(f"--desired-value {2 * most}" if level != "ok" else "")


def test_the_quota_is_the_regions_default_where_nobody_asked_for_more() -> None:
    default = {"Quota": {"Value": 100.0}}
    verdict = on_the_bus(100, refusal("NoSuchResourceException"), default)
    assert verdict.level == "broken"


def simulated(*decisions: str) -> dict[str, Any]:
    results = [
        {"EvalActionName": action, "EvalDecision": decision}
        for action, decision in zip(sender.ACTIONS, decisions, strict=True)
    ]
    return {"simulate_principal_policy": {"EvaluationResults": results}}


class PerIdentity(Aws):
    """SES with these identities; `simulated_for` is the last that IAM was asked about."""

    def __init__(self, identities: dict[str, Any], **answers: Any) -> None:
        super().__init__(**answers)
        self.identities = identities
        self.simulated_for = ""

    def get_email_identity(self, EmailIdentity: str) -> Any:  # noqa: N803
        if EmailIdentity not in self.identities:
            raise refusal("NotFoundException")
        return self.identities[EmailIdentity]

    def get_partition_for_region(self, _: str) -> str:
        return "aws"

    def simulate_principal_policy(self, **request: Any) -> Any:
        (self.simulated_for,) = request["ResourceArns"]
        return self._answers["simulate_principal_policy"]


ADDRESS, DOMAIN = "changes@acme.example", "acme.example"
UNVERIFIED = IDENTITY | {"VerifiedForSendingStatus": False}


@pytest.mark.parametrize(
    ("identities", "used", "level"),
    [
        ({DOMAIN: IDENTITY}, DOMAIN, "ok"),
        ({DOMAIN: IDENTITY, ADDRESS: IDENTITY}, ADDRESS, "ok"),
        ({DOMAIN: IDENTITY, ADDRESS: UNVERIFIED}, ADDRESS, "warning"),
    ],
)
def test_the_identity_that_ses_will_use_is_named(
    identities: dict[str, Any], used: str, level: str
) -> None:
    aws = PerIdentity(identities, **simulated("allowed", "allowed"))
    (verdict,) = sender.sender_identity(checked_account(aws, resources=ROLES))
    assert verdict.level == level
    assert f" {used}" in verdict.reason
    if level == "ok":
        assert aws.simulated_for == f"arn:aws:ses:eu-central-1:222222222222:identity/{used}"


def test_a_function_that_may_not_use_that_identity_is_broken() -> None:
    aws = PerIdentity({DOMAIN: IDENTITY, ADDRESS: IDENTITY}, **simulated("allowed", "implicitDeny"))
    (verdict,) = sender.sender_identity(checked_account(aws, resources=ROLES))
    assert (verdict.level, verdict.fix) == ("broken", "changecast repair acme")
    says = "the sending function is not allowed to use"
    assert verdict.reason == f"{says} {ADDRESS}: ses:SendRawEmail"


def test_no_identity_at_all_is_named_once_and_not_here() -> None:
    assert list(sender.sender_identity(checked_account(PerIdentity({})))) == []


@pytest.mark.parametrize(
    ("seconds", "level", "told"),
    [
        ({"a": 2.14}, "ok", "after 2.1 s"),
        ({"a": None}, "broken", "not within 120 s"),
        ({"a": 4.0, "b": 1.0, "c": 2.0}, "ok",
         "3 of 3 after 1.0 to 4.0 s, half of them within 2.0 s"),
        ({"a": 4.0, "b": None, "c": 2.0}, "broken", "2 of 3 within 120 s"),
    ],
)  # fmt: skip
def test_a_canary_says_how_long_each_leg_took_for_all(
    seconds: dict[str, float | None], level: str, told: str
) -> None:
    verdict = leg_verdict("planned", seconds)
    assert (verdict.check, verdict.level, verdict.reason) == ("canary-planned", level, told)
    late = next((change for change, each in seconds.items() if each is None), None)
    assert verdict.fix == (f"changecast status {late}" if late else "")


class Roles(Aws):
    class exceptions:  # noqa: N801 - as boto3 calls it
        class NoSuchEntityException(Exception):
            pass


ACME = CustomerStack(
    "acme",
    "222222222222",
    "eu-central-1",
    "Acme",
    "changes@acme.example",
    "UTC",
    "en",
    "desk",
    None,
)
STACK = "arn:aws:cloudformation:us-east-1:222222222222:stack/changecast/1"
STACK_TAG = {"Key": "aws:cloudformation:stack-id", "Value": STACK}


@pytest.mark.parametrize(
    ("role", "said"),
    [
        (
            {"Role": {"Tags": [STACK_TAG]}},
            "account 222222222222 has the stack in us-east-1, not in ",
        ),
        ({"Role": {}}, "account 222222222222 has the stack in another Region, not in eu-central-1"),
        (Roles.exceptions.NoSuchEntityException(), "account 222222222222 has no stack changecast"),
    ],
)
def test_a_stack_that_is_in_another_region_of_the_account_is_named(role: Any, said: str) -> None:
    (verdict,) = missing_stack(cast(Any, Roles(get_role=role)), ACME)
    assert verdict.level == "broken"
    assert verdict.reason.startswith(said)


QUEUES = {
    name: ("AWS::SQS::Queue", f"https://sqs.eu-central-1.amazonaws.com/222222222222/{name}")
    for name in ("AnnouncementsDeadLetters", "OutcomesDeadLetters", "OutcomesQueue",
                 "ReportsDeadLetters", "NoticesDeadLetters")
}  # fmt: skip


class Queues(PerIdentity):
    """Queues that hold as many messages as it is told."""

    def __init__(self, **messages: int) -> None:
        super().__init__({})
        self.messages = messages

    def get_queue_attributes(self, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803
        (name,) = AttributeNames
        return {"Attributes": {name: str(self.messages.get(QueueUrl.rpartition("/")[2], 0))}}


def letters(**messages: int) -> list[tuple[str, str, str]]:
    account = checked_account(Queues(**messages), resources=QUEUES)
    return [(one.level, one.reason, one.fix) for one in health.dead_letters(account)]


def test_each_queue_with_dead_letters_has_its_own_command() -> None:
    queue = "arn:aws:sqs:eu-central-1:222222222222:Outcomes"
    assert letters(AnnouncementsDeadLetters=2, OutcomesDeadLetters=1, OutcomesQueue=5) == [
        ("broken", "2 in AnnouncementsDeadLetters", "changecast redrive --customer acme"),
        (
            "broken",
            "1 in OutcomesDeadLetters",
            f"aws sqs start-message-move-task --source-arn {queue}DeadLetters "
            f"--destination-arn {queue}Queue",
        ),
    ]
    assert letters(OutcomesQueue=5) == [("ok", "all queues empty", "")]


def test_a_test_without_a_report_says_nothing_about_who_reports() -> None:
    assert [*envelope_account(None, "222222222222")] == []
    assert [one.level for one in envelope_account("333333333333", "222222222222")] == ["warning"]
    assert [one.level for one in envelope_account("222222222222", "222222222222")] == ["ok"]
