"""Doctor checks of a deployed stack: does it work, and was it changed by hand?"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from changecast.hub.registry import DEFAULT_HUB_BUS
from changecast_cli.doctor.checked_account import CheckedAccount, values
from changecast_cli.doctor.verdicts import Verdict, broken, ok, repair_of, warning
from changecast_cli.paging import pages
from changecast_cli.terminal import counted

# SigV4 refuses requests whose time is five minutes off.
CLOCK_WARNING, CLOCK_BROKEN = 30.0, 240.0
ERRORS_OVER = timedelta(hours=24)
TRACES_OVER = timedelta(hours=1)
DRIFT_SECONDS, DRIFT_POLL_SECONDS = 300.0, 2.0


def dead_letters(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that every dead-letter queue of the stack is empty."""
    sqs = checked.session.client("sqs")
    all_empty = True
    for logical_id, url in checked.of_type("AWS::SQS::Queue").items():
        if logical_id.endswith("DeadLetters") and (number := waiting(sqs, url)):
            all_empty = False
            fix = _fix_letters(checked, logical_id, url)
            yield broken("dead-letters", f"{number} in {logical_id}", fix)
    if all_empty:
        yield ok("dead-letters", "all queues empty")


def _fix_letters(checked: CheckedAccount, logical_id: str, url: str) -> str:
    """Return how to handle one queue's dead letters; `redrive` knows only announcements."""
    if logical_id == "AnnouncementsDeadLetters":
        return f"changecast redrive --customer {checked.code}"
    # Hints: the ledger knows what is still to do.
    if logical_id in ("DeliveriesDeadLetters", "NoticesDeadLetters"):
        return f"aws sqs purge-queue --queue-url {url}"
    queue = checked.of_type("AWS::SQS::Queue")[logical_id.replace("DeadLetters", "Queue")]
    # With a destination, SQS also moves what our own code put aside, and not only its own letters.
    return (
        f"aws sqs start-message-move-task --source-arn {_queue_arn(checked, url)} "
        f"--destination-arn {_queue_arn(checked, queue)}"
    )


def _queue_arn(checked: CheckedAccount, url: str) -> str:
    account, name = url.split("/")[-2:]
    return f"arn:{partition(checked)}:sqs:{checked.region}:{account}:{name}"


def partition(checked: CheckedAccount) -> str:
    """Return the account's partition, by its Region: `aws` or another."""
    return checked.session.get_partition_for_region(checked.region)


def waiting(sqs: Any, url: str) -> int:
    """Return how many messages a queue holds, about."""
    name = "ApproximateNumberOfMessages"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def function_errors(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that no function of the stack failed within a day."""
    functions = checked.of_type("AWS::Lambda::Function")
    queries: list[Any] = [
        {
            "Id": f"f{number}",
            "Label": logical_id,
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": "Errors",
                    "Dimensions": [{"Name": "FunctionName", "Value": name}],
                },
                "Period": 3600,
                "Stat": "Sum",
            },
        }
        for number, (logical_id, name) in enumerate(functions.items())
    ]
    answer = checked.session.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries,
        StartTime=checked.now - ERRORS_OVER,
        EndTime=checked.now + timedelta(minutes=1),
    )
    sums = {each["Label"]: int(sum(each["Values"])) for each in answer["MetricDataResults"]}
    failed = [f"{name} {count}" for name, count in sums.items() if count]
    if failed:
        stack = DEFAULT_HUB_BUS if checked.code == "hub" else "changecast"
        look = f"sam logs --config-env {checked.code} --stack-name {stack}"
        yield warning("functions", f"functions with errors in 24 h: {', '.join(failed)}", look)
    else:
        yield ok("functions", f"{counted(len(functions), 'function')} without an error in 24 h")


def traces(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that X-Ray has traces of the last hour; the sweep alone runs every minute."""
    found = checked.session.client("xray").get_trace_summaries(
        StartTime=checked.now - TRACES_OVER, EndTime=checked.now
    )
    number = len(found.get("TraceSummaries", ()))
    age = checked.now - checked.created
    if number or age < TRACES_OVER:
        yield ok("traces", f"{number} in the last hour")
    else:
        yield warning(
            "traces",
            "X-Ray has no trace from the last hour",
            f"sam deploy --config-env {checked.code} (Tracing: Active, xray:PutTraceSegments)",
        )


def clock(checked: CheckedAccount) -> Iterator[Verdict]:
    """Compare this machine's clock with AWS's."""
    answer = checked.session.client("sts").get_caller_identity()
    said = values(answer, "ResponseMetadata", "HTTPHeaders", "date")
    if not said:
        fix = "compare this machine's clock with UTC: date -u"
        yield warning("clock", "AWS did not return its time", fix)
        return
    off = abs((datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds())
    yield clock_verdict(off)


def clock_verdict(seconds: float) -> Verdict:
    """Return the verdict on the difference."""
    fix = "set this machine's clock (NTP)"
    if seconds > CLOCK_BROKEN:
        return broken(
            "clock", f"{seconds:.0f} s off; AWS refuses requests that are off by 300 s or more", fix
        )
    if seconds > CLOCK_WARNING:
        return warning("clock", f"{seconds:.0f} s off", fix)
    return ok("clock", f"{seconds:.0f} s off")


def drift(checked: CheckedAccount, stack: str) -> Iterator[Verdict]:
    """Yield what was changed by hand. Takes minutes, so it runs only on demand.

    CloudFormation uses the caller's own permissions, so the caller must be able to read every
    resource of the stack; the operator role cannot.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
    """
    cloudformation = checked.session.client("cloudformation")
    job = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    end = time.monotonic() + DRIFT_SECONDS
    while time.monotonic() < end:
        found = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=job)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(DRIFT_POLL_SECONDS)
    else:
        yield warning(
            "drift", f"CloudFormation did not finish in {DRIFT_SECONDS:.0f} s", "try again"
        )
        return
    yield from _drifted(checked, stack, dict(found))


def _drifted(checked: CheckedAccount, stack: str, found: dict[str, Any]) -> Iterator[Verdict]:
    """Return what has drifted, and whether CloudFormation could check everything."""
    if found.get("StackDriftStatus") == "DRIFTED":
        listed = checked.session.client("cloudformation").describe_stack_resource_drifts
        requested = {"StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
        names = [
            f"{each['LogicalResourceId']} {each['StackResourceDriftStatus'].lower()}"
            for each in pages(listed, "StackResourceDrifts", StackName=stack, **requested)
        ]
        yield broken("drift", f"changed by hand: {', '.join(names)}", repair_of(checked.code))
    elif found["DetectionStatus"] == "DETECTION_COMPLETE":
        yield ok("drift", str(found.get("StackDriftStatus", "unknown")))
    if found["DetectionStatus"] == "DETECTION_FAILED":
        said = found.get("DetectionStatusReason", "CloudFormation does not say why")
        yield warning(
            "drift",
            f"not everything could be checked: {said}",
            "if a permission is missing, use a profile that has it",
        )
