"""A test alarm: whose name it carries, and whose alarms it does not test."""

from types import SimpleNamespace
from typing import Any

import pytest

from changecast_cli.doctor import look
from changecast_cli.doctor.alerts import alarm_test
from changecast_cli.doctor.look import untested_alarms
from changecast_cli.doctor.verdicts import Level, Verdict
from tests.unit.cli.test_doctor_verdicts import Aws, checked_account

ALARM = {
    "AlertsTopic": ("AWS::SNS::Topic", "arn:aws:sns:eu-central-1:111111111111:changecast-alerts"),
    "WatchFails": ("AWS::CloudWatch::Alarm", "changecast-hub-watch-fails"),
}
ENGINEER = "arn:aws:sts::111111111111:assumed-role/platform-engineer/maria"


class Subscribed:
    """A topic that one address subscribes to."""

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        one = {"Endpoint": "ops@provider.example", "SubscriptionArn": "arn:aws:sns:::1"}
        return [{"Subscriptions": [one]}]


class Hub(Aws):
    """The hub's account, which keeps the reasons of its alarms."""

    def __init__(self) -> None:
        alarm = {"AlarmName": "changecast-hub-watch-fails", "StateValue": "OK"}
        super().__init__(
            get_caller_identity={"Arn": ENGINEER},
            get_paginator=Subscribed(),
            describe_alarms={"MetricAlarms": [alarm]},
            describe_alarm_history={"AlarmHistoryItems": [{"HistorySummary": "published"}]},
        )
        self.reasons: list[str] = []

    def get_paginator(self, _: str) -> Subscribed:
        return Subscribed()

    def set_alarm_state(self, StateReason: str, **_: Any) -> None:  # noqa: N803
        self.reasons.append(StateReason)


def test_a_test_alarm_says_who_started_it_as_the_history_does() -> None:
    hub: Any = Hub()
    (verdict,) = alarm_test(hub, checked_account(hub, code="hub", resources=ALARM))
    assert verdict.level is Level.OK
    began, over = hub.reasons
    who = "A test, started by assumed-role/platform-engineer/maria (changecast doctor"
    assert began.startswith(who)
    assert over.startswith(who)


TOPIC = "arn:aws:sns:eu-central-1:222222222222:changecast-alarms"
OWN = {
    "SendFails": ("AWS::CloudWatch::Alarm", "changecast-acme-send-fails"),
    "PausedRunAlarm": ("AWS::CloudWatch::Alarm", "changecast-acme-paused"),
}


def _untested(monkeypatch: pytest.MonkeyPatch, found: object) -> list[Verdict]:
    customer: Any = SimpleNamespace(
        code="acme", account="222222222222", profile="changecast-acme", region="eu-central-1"
    )
    monkeypatch.setattr(look, "way_into", lambda *_: None)
    monkeypatch.setattr(look, "checked_account", lambda *_: found)
    return untested_alarms(Hub(), customer)  # type: ignore[arg-type]


def test_a_customer_is_told_that_its_own_alarms_were_not_tested_and_how_to_test_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = checked_account(Aws(), resources=OWN, parameters={"AlarmTopicArn": TOPIC})
    (verdict,) = _untested(monkeypatch, own)
    assert verdict.level is Level.WARNING
    assert verdict.reason == (
        "only the hub's alarm was tested, not acme's own alarms (2). An administrator of account "
        "222222222222 must run this fix: the policies in docs/policies do not allow it"
    )
    assert verdict.fix == (
        "aws cloudwatch set-alarm-state --alarm-name changecast-acme-paused --state-value ALARM "
        "--state-reason Test --profile changecast-acme --region eu-central-1"
    )


def test_where_nobody_hears_a_customers_alarms_there_is_nothing_to_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = checked_account(Aws(), resources=OWN, parameters={"AlarmTopicArn": ""})
    for found in (silent, None):
        assert _untested(monkeypatch, found) == []
