"""What a topic sends to its e-mail subscribers is kept, for people to see that alarms arrive."""

from collections.abc import Callable

from changecast_local.cloud import Cloud
from tests.integration.local import stage

Account = Callable[[], stage.Account]


def test_an_e_mail_subscriber_gets_what_is_published_and_passes_its_filter(
    cloud: Cloud, account: Account
) -> None:
    here = account()
    sns, number = here.client("sns"), stage.number_of(here)
    topic = sns.create_topic(Name="changecast-alerts")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@provider.example")
    sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint="acme@provider.example",
        Attributes={"FilterPolicy": '{"customer": ["acme"]}'},
    )  # fmt: skip
    for code in ("acme", "globex"):
        sns.publish(
            TopicArn=topic, Subject=f"Changecast: paused: CHG-1 for {code}", Message="Cause: x",
            MessageAttributes={"customer": {"DataType": "String", "StringValue": code}},
        )  # fmt: skip
    found = cloud.alerts(number)
    assert [(one["to"].split("@")[0], one["subject"].rsplit(" ", 1)[1]) for one in found] == [
        ("ops", "acme"), ("acme", "acme"), ("ops", "globex"),
    ]  # fmt: skip
    assert {(one["topic"], one["text"]) for one in found} == {("changecast-alerts", "Cause: x")}
    assert cloud.alerts("999999999999") == []
