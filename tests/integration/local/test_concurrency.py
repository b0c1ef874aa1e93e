"""The concurrent executions that Lambda lets an account have."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config
from botocore.exceptions import ClientError

from changecast_local.cloud import Cloud
from tests.integration.local import stage

Account = Callable[[], stage.Account]
SLOW = "import time\ndef handler(event, context): time.sleep(1); return 'done'"


def slow_function(here: stage.Account, source: str = SLOW) -> None:
    """A function called `probe` that takes a second."""
    role = stage.make_role(here, "probe", stage.allow("*", "*"))
    stage.make_function(here, "probe", source, role)


def at_once(cloud: Cloud, here: stage.Account, times: int) -> list[str]:
    """Return the results of concurrent invocations: `done`, or the code of the refusal."""
    stage.invoke(here, "probe")  # its process starts
    once = Config(retries={"total_max_attempts": 1})
    invoke = cloud.session(here.number).client("lambda", config=once).invoke

    def one(_: int) -> str:
        try:
            return str(json.load(invoke(FunctionName="probe")["Payload"]))
        except ClientError as refused:
            return str(refused.response["Error"]["Code"])

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(one, range(times)))


def test_an_account_has_a_thousand(account: Account) -> None:
    here = account()
    limit = here.client("lambda").get_account_settings()["AccountLimit"]
    assert limit["ConcurrentExecutions"] == limit["UnreservedConcurrentExecutions"] == 1_000


def test_a_limit_throttles_invocations_beyond_it(account: Account, cloud: Cloud) -> None:
    here = account()
    cloud.add_fault(here.number, "limits", concurrent_executions=1)
    slow_function(here)
    limit = here.client("lambda").get_account_settings()["AccountLimit"]
    assert limit["ConcurrentExecutions"] == 1
    answers = at_once(cloud, here, 3)
    assert answers.count("done") >= 1
    assert "TooManyRequestsException" in answers


def test_another_account_is_not_throttled(account: Account, cloud: Cloud) -> None:
    here, other = account(), account()
    cloud.add_fault(other.number, "limits", concurrent_executions=1)
    slow_function(here)
    assert at_once(cloud, here, 3) == ["done"] * 3


def test_what_comes_from_a_queue_is_only_slower(account: Account, cloud: Cloud) -> None:
    here = account()
    cloud.add_fault(here.number, "limits", concurrent_executions=1)
    url, arn = stage.make_queue(here, "work", VisibilityTimeout="60")
    done, _ = stage.make_queue(here, "done")
    source = (
        f"{stage.BORROWED}import boto3, time\n"
        "def handler(event, context):\n"
        "    time.sleep(0.3)\n"
        "    for record in event['Records']:\n"
        f"        boto3.client('sqs').send_message(QueueUrl='{done}', MessageBody=record['body'])\n"
    )
    slow_function(here, source)
    for number in range(6):
        here.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    here.client("lambda").create_event_source_mapping(
        EventSourceArn=arn, FunctionName="probe", BatchSize=1
    )
    told: list[str] = []

    def everything() -> bool:
        told.extend(each["Body"] for each in stage.received(here, done))
        return len(told) == 6

    assert stage.eventually(everything, 30)
    assert sorted(told) == ["0", "1", "2", "3", "4", "5"]
