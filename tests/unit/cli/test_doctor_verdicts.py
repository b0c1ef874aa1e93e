"""Faults that the embedded cloud cannot have: the doctor names each by its check."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from changecast_cli.doctor import health as doctor_health
from changecast_cli.doctor import memory
from changecast_cli.doctor import ses as doctor_ses
from changecast_cli.doctor import stack as doctor_stack
from changecast_cli.doctor.customer import Check, guarded
from changecast_cli.doctor.patient import Patient
from changecast_cli.doctor.versions import verdict

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
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


def patient(aws: Aws, **changed: Any) -> Patient:
    values: dict[str, Any] = {
        "code": "acme", "account": "222222222222", "region": "eu-central-1", "session": aws,
        "status": "CREATE_COMPLETE", "created": NOW, "outputs": {}, "resources": {}, "now": NOW,
        "parameters": {"SenderIdentity": "acme.example", "Sender": "changes@acme.example",
                       "CustomerCode": "acme"},
    }  # fmt: skip
    return Patient(**values | changed)


def ill(check: Check, one: Patient) -> dict[str, str]:
    return {each.check: each.level.value for each in guarded(check, one) if each.level != "ok"}


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
    assert ill(check, patient(Aws(**answers))) == found


def test_an_hour_without_a_trace_is_a_warning_once_the_stack_is_older() -> None:
    old = patient(Aws(get_trace_summaries={}), created=datetime(2026, 11, 1, tzinfo=UTC))
    assert ill(doctor_health.traces, old) == {"traces": "warning"}


@pytest.mark.parametrize(
    ("status", "level"),
    [("UPDATE_COMPLETE", None), ("UPDATE_ROLLBACK_COMPLETE", "warning"),
     ("ROLLBACK_COMPLETE", "broken"), ("UPDATE_IN_PROGRESS", "broken")],
)  # fmt: skip
def test_a_stack_stands_or_not(status: str, level: str | None) -> None:
    assert ill(doctor_stack.stands, patient(Aws(), status=status)).get("stack") == level


def test_a_stack_of_another_customer_is_seen() -> None:
    other = patient(Aws(), parameters={"CustomerCode": "globex"})
    assert ill(doctor_stack.parameters_of_account, other) == {"code": "broken"}


def test_a_sender_outside_of_the_identity_is_seen() -> None:
    said = {"SenderIdentity": "acme.example", "Sender": "changes@acme.example.evil.example"}
    assert ill(doctor_ses.identity, patient(Aws(), parameters=said)) == {"sender": "broken"}


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
    ("archived", "remembered", "level"),
    [(90, 105, "ok"), (90, 104, "broken"), (90, 60, "broken"), (0, 3_000, "broken")],
)
def test_a_ledger_remembers_longer_than_can_be_replayed(
    archived: int, remembered: int, level: str
) -> None:
    assert memory.verdict(archived, remembered, "acme").level == level


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
    assert [each.level for each in doctor_health.drift(patient(aws), "changecast")] == levels


def test_what_may_not_be_looked_at_is_said_and_the_rest_goes_on() -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetAccount")
    assert ill(doctor_ses.account, patient(Aws(get_account=denied))) == {"account": "warning"}
