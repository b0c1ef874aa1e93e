"""Functions: their environment, their failures, queues that feed them, and how many run."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from changecast_local.cloud import Cloud
from tests.integration.local import stage

Account = Callable[[], stage.Account]


def function(here: stage.Account, source: str, **config: Any) -> str:
    """A function called `probe`, with a role that may do everything."""
    role = stage.make_role(here, "probe", stage.allow("*", "*"))
    return stage.make_function(here, "probe", source, role, **config)


def feed(here: stage.Account, queue_arn: str, **mapping: Any) -> None:
    """Let a queue feed `probe`."""
    here.client("lambda").create_event_source_mapping(
        EventSourceArn=queue_arn,
        FunctionName="probe",
        **{"FunctionResponseTypes": ["ReportBatchItemFailures"], **mapping},
    )


def test_a_function_answers_what_its_handler_returns(account: Account) -> None:
    here = account()
    function(here, "def handler(event, context): return {'twice': event['n'] * 2}")
    assert stage.invoke(here, "probe", {"n": 21}) == ({"twice": 42}, None)


def test_a_function_has_the_environment_that_lambda_gives_and_nothing_of_ours(
    account: Account, cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "1")
    here = account()
    function(
        here,
        "import os\ndef handler(event, context): return dict(os.environ)",
        Variables={"OWN": "yes", "AWS_REGION": "nowhere-1"},
        MemorySize=256,
    )
    found, _ = stage.invoke(here, "probe")
    assert found["OWN"] == "yes"
    assert found["AWS_REGION"] == found["AWS_DEFAULT_REGION"] == stage.REGION
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == "probe"
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert found["AWS_ENDPOINT_URL"] == cloud.endpoint
    assert found["_X_AMZN_TRACE_ID"].startswith("Root=1-")
    assert "SECRET_OF_THE_CALLER" not in found


def test_a_function_sees_only_what_is_in_its_zip(account: Account) -> None:
    here = account()
    function(here, "import boto3\ndef handler(event, context): return 1")
    answer, error = stage.invoke(here, "probe")
    assert error == "Unhandled"
    assert answer["errorType"] == "ModuleNotFoundError"


def test_a_function_that_raises_says_what_and_the_next_invocation_is_fine(account: Account) -> None:
    here = account()
    source = "def handler(event, context):\n    return 1 // event['by']"
    function(here, source)
    answer, error = stage.invoke(here, "probe", {"by": 0})
    assert (error, answer["errorType"]) == ("Unhandled", "ZeroDivisionError")
    assert stage.invoke(here, "probe", {"by": 1}) == (1, None)


def test_a_function_that_takes_too_long_is_ended(account: Account) -> None:
    here = account()
    source = "import time\ndef handler(event, context): time.sleep(event['s']); return 'awake'"
    function(here, source, Timeout=1)
    answer, error = stage.invoke(here, "probe", {"s": 30})
    assert (error, answer["errorMessage"]) == ("Unhandled", "Task timed out after 1.00 seconds")
    assert stage.invoke(here, "probe", {"s": 0}) == ("awake", None)


def test_a_function_that_ends_its_process_fails_that_invocation_only(account: Account) -> None:
    here = account()
    source = "import os\ndef handler(event, context): os._exit(3) if event else 0; return 'alive'"
    function(here, source)
    answer, error = stage.invoke(here, "probe", {"die": True})
    assert (error, answer["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert stage.invoke(here, "probe", {}) == ("alive", None)


def test_a_warm_function_keeps_its_module_and_a_new_setting_starts_it_again(
    account: Account,
) -> None:
    here = account()
    source = "n = []\ndef handler(event, context): n.append(1); return len(n)"
    function(here, source)
    assert [stage.invoke(here, "probe")[0] for _ in range(3)] == [1, 2, 3]
    here.client("lambda").update_function_configuration(
        FunctionName="probe", Environment={"Variables": {"NEW": "1"}}
    )
    assert stage.invoke(here, "probe")[0] == 1


def test_new_code_is_run_by_the_next_invocation(account: Account) -> None:
    here = account()
    function(here, "def handler(event, context): return 'old'")
    assert stage.invoke(here, "probe")[0] == "old"
    new = stage.zipped("def handler(event, context): return 'new'")
    here.client("lambda").update_function_code(FunctionName="probe", ZipFile=new)
    assert stage.invoke(here, "probe")[0] == "new"


def test_log_lines_are_json_with_extras_and_land_in_the_log_group(account: Account) -> None:
    here = account()
    source = (
        "import logging\nlog = logging.getLogger('changecast')\n"
        "def handler(event, context): log.info('planned', extra={'customer': 'acme'})"
    )
    logs = here.client("logs")
    logs.create_log_group(logGroupName="plans")
    function(here, source, LoggingConfig={"LogFormat": "JSON", "LogGroup": "plans"})
    stage.invoke(here, "probe")
    events = logs.filter_log_events(logGroupName="plans")["events"]
    (line,) = [json.loads(each["message"]) for each in events if each["message"][0] == "{"]
    assert line.items() >= {"level": "INFO", "message": "planned", "customer": "acme"}.items()
    assert line["requestId"] in events[0]["message"]


def test_messages_that_a_function_took_are_gone_and_those_it_names_come_again(
    account: Account,
) -> None:
    here = account()
    dead, dead_arn = stage.make_queue(here, "dead")
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2}
    url, arn = stage.make_queue(
        here, "work", VisibilityTimeout="1", RedrivePolicy=json.dumps(redrive)
    )
    function(here, SOME_FAIL, Timeout=1)
    feed(here, arn, BatchSize=10)
    for body in ("good", "bad", "good"):
        here.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    (letter,) = stage.eventually(lambda: stage.received(here, dead))
    assert letter["Body"] == "bad"
    attributes = here.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    counts = attributes["Attributes"]
    assert counts["ApproximateNumberOfMessages"] == "0"
    assert counts["ApproximateNumberOfMessagesNotVisible"] == "0"


SOME_FAIL = """
def handler(event, context):
    return {"batchItemFailures": [
        {"itemIdentifier": r["messageId"]} for r in event["Records"] if r["body"] == "bad"]}
"""


def test_a_failing_batch_goes_to_the_dead_letters_whole(account: Account) -> None:
    here = account()
    dead, dead_arn = stage.make_queue(here, "dead")
    redrive = {"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}
    url, arn = stage.make_queue(
        here, "work", VisibilityTimeout="1", RedrivePolicy=json.dumps(redrive)
    )
    function(here, "def handler(event, context): raise ValueError('no')", Timeout=1)
    feed(here, arn)
    here.client("sqs").send_message(QueueUrl=url, MessageBody="one")
    (letter,) = stage.eventually(lambda: stage.received(here, dead))
    assert letter["Body"] == "one"


def test_an_event_filter_deletes_what_it_does_not_match(account: Account) -> None:
    here = account()
    told, _ = stage.make_queue(here, "told")
    url, arn = stage.make_queue(here, "work")
    function(here, stage.BORROWED + TELL_BODIES, Variables={"QUEUE": told})
    wanted = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["wanted"]}})}]}
    feed(here, arn, FilterCriteria=wanted)
    for kind in ("other", "wanted"):
        body = json.dumps({"kind": kind})
        here.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    (message,) = stage.eventually(lambda: stage.received(here, told))
    assert json.loads(message["Body"]) == [json.dumps({"kind": "wanted"})]


TELL_BODIES = """
import json, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(bodies))
"""


def test_a_mapping_runs_no_more_at_once_than_its_maximum_concurrency(
    account: Account, cloud: Cloud
) -> None:
    here = account()
    told, _ = stage.make_queue(here, "told")
    url, arn = stage.make_queue(here, "work")
    function(here, stage.BORROWED + OVERLAP, Variables={"QUEUE": told})
    feed(here, arn, BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    for _ in range(12):
        here.client("sqs").send_message(QueueUrl=url, MessageBody="work")
    spans: list[tuple[float, float]] = []
    while len(spans) < 12:
        told_now = stage.eventually(lambda: stage.received(here, told))
        spans += [tuple(json.loads(message["Body"])) for message in told_now]
    assert most_at_once(spans) == 2


OVERLAP = """
import json, time, boto3
sqs = boto3.client("sqs")
def handler(event, context):
    start = time.time()
    time.sleep(0.05)
    span = json.dumps([start, time.time()])
    sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=span)
"""


def most_at_once(spans: list[tuple[float, float]]) -> int:
    """Return how many of these (start, end) overlapped at most."""
    return max(sum(start <= at < end for start, end in spans) for at, _ in spans)


def test_a_burst_over_many_functions_runs_six_at_once_and_starts_no_dozens(
    account: Account, cloud: Cloud
) -> None:
    here = account()
    told, _ = stage.make_queue(here, "told")
    role = stage.make_role(here, "probe", stage.allow("*", "*"))
    for number in range(10):
        name = f"probe-{number}"
        stage.make_function(here, name, stage.BORROWED + OVERLAP, role, Variables={"QUEUE": told})
        for _ in range(3):
            here.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")
    spans: list[tuple[float, float]] = []
    while len(spans) < 30:
        told_now = stage.eventually(lambda: stage.received(here, told), seconds=30)
        spans += [tuple(json.loads(message["Body"])) for message in told_now]
    assert most_at_once(spans) <= 6
    assert cloud.ask("GET", "health")["workers"]["alive"] <= 24
