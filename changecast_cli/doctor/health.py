"""The doctor on a stack that stands: does it work, and did somebody change it by hand?"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from changecast_cli.doctor.patient import Patient, values
from changecast_cli.doctor.verdicts import Verdict, broken, ok, warning
from changecast_cli.paging import pages

# SigV4 refuses requests that are five minutes off.
CLOCK_WARNING, CLOCK_BROKEN = 30.0, 240.0
ERRORS_OVER = timedelta(hours=24)
TRACES_OVER = timedelta(hours=1)
DRIFT_SECONDS, DRIFT_POLL_SECONDS = 300.0, 2.0


def dead_letters(patient: Patient) -> Iterator[Verdict]:
    """Every dead-letter queue of the stack is empty."""
    sqs = patient.session.client("sqs")
    full: list[str] = []
    for logical_id, url in patient.of_type("AWS::SQS::Queue").items():
        if logical_id.endswith("DeadLetters"):
            number = waiting(sqs, url)
            full += [f"{number} in {logical_id}"] if number else []
    if full:
        look = f"changecast redrive --customer {patient.code}"
        yield broken("dead-letters", "; ".join(full), look)
    else:
        yield ok("dead-letters", "all queues empty")


def waiting(sqs: Any, url: str) -> int:
    """How many messages a queue holds, about."""
    name = "ApproximateNumberOfMessages"
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(answer["Attributes"][name])


def function_errors(patient: Patient) -> Iterator[Verdict]:
    """No function of the stack failed in a day."""
    functions = patient.of_type("AWS::Lambda::Function")
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
    answer = patient.session.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries,
        StartTime=patient.now - ERRORS_OVER,
        EndTime=patient.now + timedelta(minutes=1),
    )
    sums = {each["Label"]: int(sum(each["Values"])) for each in answer["MetricDataResults"]}
    failed = [f"{name} {count}" for name, count in sums.items() if count]
    if failed:
        look = f"sam logs --config-env {patient.code} --stack-name changecast"
        yield warning("functions", f"errors in 24 h: {', '.join(failed)}", look)
    else:
        yield ok("functions", f"{len(functions)} without an error in 24 h")


def traces(patient: Patient) -> Iterator[Verdict]:
    """X-Ray has seen something of the last hour: the sweep alone runs every minute."""
    found = patient.session.client("xray").get_trace_summaries(
        StartTime=patient.now - TRACES_OVER, EndTime=patient.now
    )
    number = len(found.get("TraceSummaries", ()))
    age = patient.now - patient.created
    if number or age < TRACES_OVER:
        yield ok("traces", f"{number} in the last hour")
    else:
        yield warning(
            "traces",
            "X-Ray has seen nothing in an hour",
            f"sam deploy --config-env {patient.code} (Tracing: Active, xray:PutTraceSegments)",
        )


def clock(patient: Patient) -> Iterator[Verdict]:
    """This machine's clock against AWS's."""
    answer = patient.session.client("sts").get_caller_identity()
    said = values(answer, "ResponseMetadata", "HTTPHeaders", "date")
    if not said:
        yield warning("clock", "AWS did not say what time it is")
        return
    off = abs((datetime.now(UTC) - parsedate_to_datetime(said)).total_seconds())
    yield clock_verdict(off)


def clock_verdict(seconds: float) -> Verdict:
    """How far off is too far."""
    mend = "set this machine's clock (NTP)"
    if seconds > CLOCK_BROKEN:
        return broken("clock", f"{seconds:.0f} s off; AWS refuses at 300", mend)
    if seconds > CLOCK_WARNING:
        return warning("clock", f"{seconds:.0f} s off", mend)
    return ok("clock", f"{seconds:.0f} s off")


def drift(patient: Patient, stack: str) -> Iterator[Verdict]:
    """What somebody changed by hand. Takes up to minutes, so only on demand.

    CloudFormation looks with the caller's own rights, so whoever asks must be able to read every
    resource of the stack: the operator role is not.
    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DetectStackDrift.html
    """
    cloudformation = patient.session.client("cloudformation")
    job = cloudformation.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    end = time.monotonic() + DRIFT_SECONDS
    while time.monotonic() < end:
        found = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=job)
        if found["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(DRIFT_POLL_SECONDS)
    else:
        yield warning("drift", f"CloudFormation did not end in {DRIFT_SECONDS:.0f} s", "ask again")
        return
    yield from _drifted(patient, stack, dict(found))


def _drifted(patient: Patient, stack: str, found: dict[str, Any]) -> Iterator[Verdict]:
    """What has drifted, and whether CloudFormation could look at everything."""
    if found.get("StackDriftStatus") == "DRIFTED":
        listed = patient.session.client("cloudformation").describe_stack_resource_drifts
        wanted = {"StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
        names = [
            f"{each['LogicalResourceId']} {each['StackResourceDriftStatus'].lower()}"
            for each in pages(listed, "StackResourceDrifts", StackName=stack, **wanted)
        ]
        # A deployment of the same template changes nothing, so it is no cure.
        show = f"aws cloudformation describe-stack-resource-drifts --stack-name {stack}"
        yield broken("drift", f"changed by hand: {', '.join(names)}", f"set it back: {show}")
    elif found["DetectionStatus"] == "DETECTION_COMPLETE":
        yield ok("drift", str(found.get("StackDriftStatus", "unknown")))
    if found["DetectionStatus"] == "DETECTION_FAILED":
        said = found.get("DetectionStatusReason", "CloudFormation does not say why")
        yield warning("drift", f"not everything was looked at: {said}", "use a profile that may")
