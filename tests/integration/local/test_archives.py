"""Archive and replay: to the same bus, marked, without the trace."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.integration.local import stage
from tests.integration.local.test_buses import bus_arn, bus_with_queue

Account = Callable[[], stage.Account]
TRACE = "Root=1-6b05f61e-ee43369fd4bd9fc70a7b1f99;Parent=5abd3fddb945935d;Sampled=1"


def test_a_replay_brings_archived_events_again_marked_and_without_their_trace(
    account: Account,
) -> None:
    here = account()
    events, url = here.client("events"), bus_with_queue(here)
    source = bus_arn(here, "bus")
    pattern = json.dumps({"detail-type": ["Tested"]})
    events.create_archive(ArchiveName="kept", EventSourceArn=source, EventPattern=pattern)
    stage.put(here, "bus", {"n": 1}, TraceHeader=TRACE)
    stage.put(here, "bus", {"n": 2}, DetailType="Other")
    first = [json.loads(each["Body"]) for each in stage.received(here, url)]
    assert sorted(event["detail"]["n"] for event in first) == [1, 2]
    events.start_replay(
        ReplayName="again",
        EventSourceArn=events.describe_archive(ArchiveName="kept")["ArchiveArn"],
        EventStartTime=time.time() - 60,
        EventEndTime=time.time() + 60,
        Destination={"Arn": source},
    )
    (message,) = stage.eventually(lambda: stage.received(here, url))
    replayed = json.loads(message["Body"])
    assert replayed["detail"] == {"n": 1}
    assert replayed["replay-name"] == "again"
    assert "AWSTraceHeader" not in message["Attributes"]
    assert stage.eventually(
        lambda: events.describe_replay(ReplayName="again")["State"] == "COMPLETED"
    )


def test_a_replay_that_names_a_rule_reaches_no_other_rule(account: Account) -> None:
    here = account()
    events, url = here.client("events"), bus_with_queue(here)
    source = bus_arn(here, "bus")
    events.create_archive(ArchiveName="kept", EventSourceArn=source)
    stage.put(here, "bus", {"n": 1})
    assert len(stage.received(here, url)) == 1
    (rule,) = events.list_rules(EventBusName="bus")["Rules"]
    for name, rules in {"others": [f"{rule['Arn']}-other"], "own": [rule["Arn"]]}.items():
        events.start_replay(
            ReplayName=name,
            EventSourceArn=events.describe_archive(ArchiveName="kept")["ArchiveArn"],
            EventStartTime=time.time() - 60,
            EventEndTime=time.time() + 60,
            Destination={"Arn": source, "FilterArns": rules},
        )
        stage.eventually(partial(_is_over, events, name))
    (message,) = stage.eventually(lambda: stage.received(here, url))
    assert json.loads(message["Body"])["replay-name"] == "own"


def _is_over(events: Any, replay: str) -> bool:
    return bool(events.describe_replay(ReplayName=replay)["State"] == "COMPLETED")
