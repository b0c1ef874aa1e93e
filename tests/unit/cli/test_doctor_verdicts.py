"""Faults that the embedded cloud cannot have: the doctor names each by its check."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from changecast_cli.contacts.topics_known import DIGEST, TOPICS
from changecast_cli.doctor import health as doctor_health
from changecast_cli.doctor import replay_days
from changecast_cli.doctor import ses as doctor_ses
from changecast_cli.doctor import stack as doctor_stack
from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.customer import Check, guarded
from changecast_cli.doctor.verdicts import Verdict
from changecast_cli.doctor.versions import verdict

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
AGAIN = "changecast doctor --customer acme"
IDENTITY = {
    "VerifiedForSendingStatus": True,
    "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS"},
    "MailFromAttributes": {"MailFromDomain": "", "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
}
ACCOUNT = {
    "ProductionAccessEnabled": True,
    "SendingEnabled": True,
    "EnforcementStatus": "HEALTHY",
    "SendQuota": {"Max24HourSend": 50_000.0, "MaxSendRate": 14.0, "SentLast24Hours": 0.0},
}


class Aws:
    """A session whose clients answer what they are given."""

    def __init__(self, **answers: Any) -> None:
        self._answers = {"get_email_identity": IDENTITY, "get_account": ACCOUNT} | answers

    def client(self, _: str) -> "Aws":
        return self

    def __getattr__(self, operation: str) -> Any:
        answer = self._answers[operation]

        def call(**_: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def checked_account(aws: Aws, **changed: Any) -> CheckedAccount:
    values: dict[str, Any] = {
        "code": "acme", "account": "222222222222", "region": "eu-central-1", "session": aws,
        "status": "CREATE_COMPLETE", "created": NOW, "outputs": {}, "resources": {}, "now": NOW,
        "parameters": {"SenderIdentity": "acme.example", "Sender": "changes@acme.example",
                       "CustomerCode": "acme"},
    }  # fmt: skip
    return CheckedAccount(**values | changed)


def ill(check: Check, one: CheckedAccount) -> dict[str, str]:
    return {
        each.check: each.level.value for each in guarded(AGAIN, check, one) if each.level != "ok"
    }


@pytest.mark.parametrize(
    ("check", "answers", "found"),
    [
        (doctor_ses.identity, {"get_email_identity": IDENTITY | {"VerifiedForSendingStatus":
         False}}, {"identity": "broken"}),
        (doctor_ses.dkim, {"get_email_identity": IDENTITY | {"DkimAttributes": {"SigningEnabled":
         True, "Status": "PENDING"}}}, {"dkim": "broken"}),
        (doctor_ses.mail_from, {"get_email_identity": IDENTITY | {"MailFromAttributes": {
         "MailFromDomain": "m.acme.example", "MailFromDomainStatus": "FAILED",
         "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"}}}, {"mail-from": "warning"}),
        (doctor_ses.mail_from, {"get_email_identity": IDENTITY | {"MailFromAttributes": {
         "MailFromDomain": "m.acme.example", "MailFromDomainStatus": "FAILED",
         "BehaviorOnMxFailure": "REJECT_MESSAGE"}}}, {"mail-from": "broken"}),
        (doctor_ses.account, {"get_account": ACCOUNT | {"ProductionAccessEnabled": False}},
         {"sandbox": "broken"}),
        (doctor_ses.account, {"get_account": ACCOUNT | {"EnforcementStatus": "PROBATION"}},
         {"sending": "warning"}),
        (doctor_health.traces, {"get_trace_summaries": {"TraceSummaries": []}}, {}),
    ],
)  # fmt: skip
def test_each_fault_is_named_and_no_other(
    check: Check, answers: dict[str, Any], found: dict[str, str]
) -> None:
    assert ill(check, checked_account(Aws(**answers))) == found


@pytest.mark.parametrize(
    ("check", "with_status"),
    [
        (doctor_ses.identity, lambda now: {"VerifiedForSendingStatus": False,
                                           "VerificationStatus": now}),
        (doctor_ses.dkim, lambda now: {"DkimAttributes": {"SigningEnabled": True, "Status": now}}),
    ],
)  # fmt: skip
def test_a_verification_that_ses_gave_up_must_be_started_again(
    check: Check, with_status: Callable[[str], dict[str, Any]]
) -> None:
    def fix(now: str) -> str:
        identity = IDENTITY | with_status(now)
        (found,) = check(checked_account(Aws(get_email_identity=identity)))
        assert isinstance(found, Verdict)
        return found.fix

    records = "publish its DNS records: changecast doctor --customer acme --records"
    assert fix("PENDING") == records
    assert fix("FAILED").startswith(f"{records}, then start the verification again in SES")


@pytest.mark.parametrize(
    ("check", "asked", "parameter", "created"),
    [
        (doctor_ses.identity, "get_email_identity", "SenderIdentity", "CreatedIdentity"),
        (doctor_ses.configuration_set, "get_configuration_set", "ConfigurationSet",
         "CreatedConfigurationSet"),
        (doctor_ses.contact_list, "get_contact_list", "ContactList", "CreatedContactList"),
    ],
)  # fmt: skip
def test_only_what_the_stack_created_comes_back_with_the_stack(
    check: Check, asked: str, parameter: str, created: str
) -> None:
    gone = Aws(**{asked: ClientError({"Error": {"Code": "NotFoundException"}}, "Get")})

    def fix(**resources: tuple[str, str]) -> str:
        (found,) = check(checked_account(gone, resources=resources))
        assert isinstance(found, Verdict)
        return found.fix

    assert fix(**{created: ("AWS::SES::Any", "x")}) == "changecast repair acme"
    assert fix().startswith(f"create it in SES again, or correct {parameter} in samconfig.toml")


@pytest.mark.parametrize(
    ("sent", "most", "level"),
    [(0, 200, None), (159, 200, None), (160, 200, "warning"), (200, 200, "warning"),
     (250, 200, "warning"), (160, -1, None), (0, 0, "warning"), (39_999, 50_000, None),
     (40_000, 50_000, "warning")],
)  # fmt: skip
def test_a_daily_quota_that_is_nearly_used_is_a_warning(
    sent: float, most: float, level: str | None
) -> None:
    quota = {"Max24HourSend": most, "MaxSendRate": 14.0, "SentLast24Hours": sent}
    found = ill(
        doctor_ses.account, checked_account(Aws(get_account=ACCOUNT | {"SendQuota": quota}))
    )
    assert found == ({"quota": level} if level else {})


@pytest.mark.parametrize(
    ("most", "largest", "said"),
    [
        (-1, 0, "no daily limit, 14 a second"),
        (200, 300, "--desired-value 50000"),
        (60_000, 70_000, "--desired-value 120000"),
    ],
)
def test_a_quota_is_told_as_it_is_and_never_raised_to_less(
    most: float, largest: int, said: str
) -> None:
    quota = {"Max24HourSend": most, "MaxSendRate": 14.0, "SentLast24Hours": 0.0}
    aws = Aws(get_account=ACCOUNT | {"SendQuota": quota})
    verdicts = doctor_ses.account(checked_account(aws, largest_run=largest))
    (found,) = (one for one in verdicts if one.check == "quota")
    assert said in f"{found.reason} {found.fix}"


@pytest.mark.parametrize(
    ("digest", "topics", "found"),
    [
        ("no", TOPICS, {}),
        ("no", (*TOPICS, DIGEST), {}),
        ("yes", (*TOPICS, DIGEST), {}),
        ("yes", TOPICS, {"topics": "broken"}),
        ("yes", (*TOPICS, DIGEST | {"DefaultSubscriptionStatus": "OPT_IN"}), {"topics": "warning"}),
    ],
)
def test_the_topic_of_the_digest_must_be_there_only_where_the_customer_wants_it(
    digest: str, topics: Any, found: dict[str, str]
) -> None:
    aws = Aws(get_contact_list={"Topics": list(topics)})
    one = checked_account(aws, parameters={"Digest": digest, "ContactList": "people"})
    assert ill(doctor_ses.contact_list, one) == found
    (fix,) = {each.fix for each in doctor_ses.contact_list(one) if each.level != "ok"} or {""}
    assert not fix or fix == "changecast contacts topics --customer acme --reconcile --digest"


def test_an_hour_without_a_trace_is_a_warning_once_the_stack_is_older() -> None:
    old = checked_account(Aws(get_trace_summaries={}), created=datetime(2026, 11, 1, tzinfo=UTC))
    assert ill(doctor_health.traces, old) == {"traces": "warning"}


@pytest.mark.parametrize(
    ("status", "level"),
    [("UPDATE_COMPLETE", None), ("UPDATE_ROLLBACK_COMPLETE", "warning"),
     ("ROLLBACK_COMPLETE", "broken"), ("UPDATE_IN_PROGRESS", "warning"),
     ("REVIEW_IN_PROGRESS", "broken")],
)  # fmt: skip
def test_a_stack_stands_or_not(status: str, level: str | None) -> None:
    assert ill(doctor_stack.deployment, checked_account(Aws(), status=status)).get("stack") == level


def test_a_stack_of_another_customer_is_seen() -> None:
    other = checked_account(Aws(), parameters={"CustomerCode": "globex"})
    assert ill(doctor_stack.parameters_of_account, other) == {"code": "broken"}


def test_a_sender_outside_of_the_identity_is_seen() -> None:
    said = {"SenderIdentity": "acme.example", "Sender": "changes@acme.example.evil.example"}
    assert ill(doctor_ses.identity, checked_account(Aws(), parameters=said)) == {"sender": "broken"}


@pytest.mark.parametrize(("seconds", "level"), [(3, "ok"), (45, "warning"), (290, "broken")])
def test_a_clock_may_be_off_a_little(seconds: float, level: str) -> None:
    assert doctor_health.clock_verdict(seconds).level == level


@pytest.mark.parametrize(
    ("hub", "own", "level"),
    [(["1"], ["1"], "ok"), (["1", "2"], ["1"], "warning"), (["1"], ["1", "2"], "warning"),
     (["2", "1"], ["1", "2"], "ok"), (["1", "2"], ["2", "1"], "ok"),
     (["2", "1"], ["1"], "broken"), (["1"], ["2", "1"], "broken")],
)  # fmt: skip
def test_neighbouring_releases_understand_each_other_and_others_do_not(
    hub: list[str], own: list[str], level: str
) -> None:
    assert verdict(hub, own, "acme").level == level


@pytest.mark.parametrize(
    ("hub", "own", "upgraded"),
    [
        (["3", "2"], ["1"], "customers upgrade --customer acme"),
        (["3", "4"], ["2", "3"], "customers upgrade --customer acme"),
        (["1"], ["3", "2"], "--config-env hub"),
        (["2", "3"], ["4", "3", "2"], "--config-env hub"),
        (["1"], ["2"], "--config-env hub"),
    ],
)
def test_the_older_side_is_upgraded(hub: list[str], own: list[str], upgraded: str) -> None:
    found = verdict(hub, own, "acme")
    assert found.level == "broken"
    assert upgraded in found.fix


@pytest.mark.parametrize(
    ("archived", "remembered", "level"),
    [(90, 105, "ok"), (90, 104, "broken"), (90, 60, "broken"), (0, 3_000, "broken")],
)
def test_a_ledger_remembers_longer_than_can_be_replayed(
    archived: int, remembered: int, level: str
) -> None:
    assert replay_days.verdict(archived, remembered, "acme").level == level


DONE: dict[str, Any] = {"DetectionStatus": "DETECTION_COMPLETE", "StackDriftStatus": "IN_SYNC"}


@pytest.mark.parametrize(
    ("status", "levels"),
    [
        (DONE, ["ok"]),
        (DONE | {"StackDriftStatus": "DRIFTED"}, ["broken"]),
        (DONE | {"DetectionStatus": "DETECTION_FAILED"}, ["warning"]),
        (DONE | {"DetectionStatus": "DETECTION_FAILED", "StackDriftStatus": "DRIFTED"},
         ["broken", "warning"]),
    ],
)  # fmt: skip
def test_drift_is_named_and_what_was_not_looked_at_is_said(
    status: dict[str, Any], levels: list[str]
) -> None:
    changed = {"LogicalResourceId": "Ledger", "StackResourceDriftStatus": "MODIFIED"}
    aws = Aws(
        detect_stack_drift={"StackDriftDetectionId": "1"},
        describe_stack_drift_detection_status=status,
        describe_stack_resource_drifts={"StackResourceDrifts": [changed]},
    )
    assert [
        each.level for each in doctor_health.drift(checked_account(aws), "changecast")
    ] == levels


def test_what_may_not_be_looked_at_is_said_and_the_rest_goes_on() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAccount")
    assert ill(doctor_ses.account, checked_account(Aws(get_account=denied))) == {
        "account": "warning"
    }


def failing(code: str, status: int = 400) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetAccount")


@pytest.mark.parametrize(
    "error",
    [
        failing("TooManyRequestsException", 429),
        failing("ThrottlingException"),
        failing("InternalServiceErrorException", 500),
        failing("ServiceUnavailable", 503),
        EndpointConnectionError(endpoint_url="https://email.eu-central-1.amazonaws.com"),
    ],
)
def test_aws_being_busy_breaks_nothing_and_the_fix_is_to_look_again(error: Exception) -> None:
    (verdict,) = guarded(AGAIN, doctor_ses.account, checked_account(Aws(get_account=error)))
    assert (verdict.level, verdict.fix) == ("warning", AGAIN)


def test_an_answer_that_nobody_expects_is_broken_and_says_how_to_see_more() -> None:
    aws = Aws(get_account=failing("NotFoundException", 404))
    (verdict,) = guarded(AGAIN, doctor_ses.account, checked_account(aws))
    assert (verdict.level, verdict.reason) == ("broken", "GetAccount: NotFoundException")
    assert verdict.fix == f"{AGAIN} --drift, to see what was deleted"


def test_ses_is_asked_for_the_identity_once() -> None:
    asked: list[str] = []

    class Counting(Aws):
        def get_email_identity(self, EmailIdentity: str) -> Any:  # noqa: N803
            asked.append(EmailIdentity)
            return IDENTITY

    one = checked_account(Counting())
    for check in (doctor_ses.identity, doctor_ses.dkim, doctor_ses.mail_from):
        assert not ill(check, one)
    assert asked == ["acme.example"]


def test_a_request_for_production_access_is_not_to_be_made_again_while_aws_reviews_it() -> None:
    review = {"ReviewDetails": {"Status": "PENDING", "CaseId": "1"}}
    asked = ACCOUNT | {"ProductionAccessEnabled": False, "Details": review}
    found = guarded(AGAIN, doctor_ses.account, checked_account(Aws(get_account=asked)))
    (verdict,) = [each for each in found if each.check == "sandbox"]
    assert (verdict.level, verdict.fix) == ("broken", "wait for AWS's answer, about a day")
    denied = asked | {"Details": {"ReviewDetails": {"Status": "DENIED"}}}
    found = guarded(AGAIN, doctor_ses.account, checked_account(Aws(get_account=denied)))
    (verdict,) = [each for each in found if each.check == "sandbox"]
    assert verdict.fix.startswith("aws sesv2 put-account-details --production-access-enabled")
