"""What the CLI knows of the templates by heart is what they say."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from changecast_cli.contacts.topics_known import DIGEST, TOPICS, differences, topics_for
from changecast_cli.doctor import replay_days
from changecast_cli.doctor.hub import (
    expected_denials,
    expected_hub_policy,
    expected_pattern,
)
from changecast_cli.doctor.stack import canonical, expected_bus_policy
from testbed.templates import resource


def statement(template: str, **parameters: str) -> dict[str, Any]:
    """The bus policy's statement with `!Sub` filled in, as AWS would keep it."""
    found = json.dumps(resource(template, "BusPolicy", **parameters)["Statement"])
    for name, value in {"AWS::Partition": "aws", **parameters}.items():
        found = found.replace(f"${{{name}}}", value)
    return dict(_flat(json.loads(found)))


def _flat(value: Any) -> Any:
    if isinstance(value, dict):
        return value["Fn::Sub"] if set(value) == {"Fn::Sub"} else {
            key: _flat(each) for key, each in value.items()
        }  # fmt: skip
    return value


def test_the_topics_are_the_templates() -> None:
    *always, more = resource("template.yaml", "CreatedContactList")["Topics"]
    assert always == list(TOPICS)
    assert more == {"Fn::If": ["HasDigest", DIGEST, {"Ref": "AWS::NoValue"}]}
    assert topics_for(digest=True) == (*TOPICS, DIGEST)
    assert topics_for(digest=False) == TOPICS


def test_a_digest_is_foreign_to_no_list_and_missing_only_where_it_is_requested() -> None:
    whole = topics_for(digest=True)
    assert differences(whole, TOPICS) == ([], [], [])
    assert differences(TOPICS, whole) == (["digest"], [], [])
    opted_in = {**DIGEST, "DefaultSubscriptionStatus": "OPT_IN"}
    assert differences([*TOPICS, opted_in], whole) == ([], [], ["digest"])


def test_a_customers_bus_policy_is_the_templates() -> None:
    found = statement("template.yaml", HubAccount="111111111111", CustomerCode="acme")
    assert canonical(found) == canonical(expected_bus_policy("111111111111", "acme"))


def test_the_hubs_bus_policy_is_the_templates() -> None:
    found = statement("hub/template.yaml")
    assert canonical({**found, "Principal": ""}) == canonical(expected_hub_policy())


@pytest.mark.parametrize("template", ["hub/template.yaml", "hub/bus.yaml"])
def test_the_denial_where_two_persons_announce_is_the_templates(template: str) -> None:
    found = json.dumps(_flat_all(resource(template, "TwoPersonsPolicy")["Statement"]))
    for name, value in {"AWS::Partition": "aws", "AWS::AccountId": "111111111111"}.items():
        found = found.replace(f"${{{name}}}", value)
    two: Any = SimpleNamespace(parameters={"TwoPerson": "yes"})
    one: Any = SimpleNamespace(parameters={"TwoPerson": "no"})
    arn = "arn:aws:events:eu-central-1:111111111111:event-bus/changecast-hub"
    (denial,) = expected_denials(two, arn)
    assert canonical(json.loads(found)) == canonical(denial)
    assert expected_denials(one, arn) == []


def _flat_all(value: Any) -> Any:
    if isinstance(value, list):
        return [_flat_all(each) for each in value]
    return _flat({key: _flat_all(each) for key, each in value.items()}) if isinstance(
        value, dict
    ) else value  # fmt: skip


def test_a_routes_pattern_is_the_templates() -> None:
    assert resource("hub/route.yaml", "Rule", CustomerCode="acme")["EventPattern"] == (
        expected_pattern("acme")
    )


def test_the_days_that_a_queue_keeps_are_the_templates() -> None:
    kept = resource("template.yaml", "AnnouncementsQueue")["MessageRetentionPeriod"]
    assert kept == replay_days.QUEUE_DAYS * 86_400


def test_a_statement_that_allows_more_is_another_statement() -> None:
    wanted = expected_bus_policy("111111111111", "acme")
    for changed in (
        {"Principal": {"AWS": "*"}},
        {"Action": "events:*"},
        {"Condition": {**wanted["Condition"], "Bool": {}}},
    ):
        assert canonical({**wanted, **changed}) != canonical(wanted)
    same = {"Sid": "x", "Resource": "y", "Action": ["events:PutEvents"]}
    assert canonical({**wanted, **same}) == canonical(wanted)


def test_topics_are_compared_by_name_and_default_only() -> None:
    own: list[dict[str, Any]] = [
        {**TOPICS[0], "DisplayName": "Genehmigungen"},
        {**TOPICS[1], "DefaultSubscriptionStatus": "OPT_OUT"},
        {"TopicName": "news", "DefaultSubscriptionStatus": "OPT_IN"},
    ]
    assert differences(own, TOPICS) == (["calendar"], ["news"], ["announcements"])
