"""SQS's redrive of dead letters: StartMessageMoveTask.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
"""

import base64
import json
from collections.abc import Iterator
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import sqs

from changecast_local.messages import put_message
from changecast_local.stacks.deployer import Denied, check_action, policies_of

# What a caller needs beside sqs:StartMessageMoveTask.
ON_SOURCE = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
ON_DESTINATION = "sqs:SendMessage"

Queue = dict[str, Any]


def install() -> None:
    """Serve the operation."""
    sqs._HANDLERS["StartMessageMoveTask"] = start


def start(request: dict[str, Any], _url: str) -> dict[str, str]:
    """Move the messages of a dead-letter queue at once; AWS's task does it in the background.

    Without a destination, a message goes back to the queue that it came from. One that was never
    in another queue (a service or a person put it there) stays, as on AWS.
    """
    source = _queue(str(request["SourceArn"]))
    if not list(_fed_by(source)):
        raise sqs._Err(
            "InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue."
        )
    destination = request.get("DestinationArn")
    _check(source, [destination] if destination else [_arn(one) for one in _fed_by(source)])
    staying = [one for one in source["messages"] if not _moved(one, destination)]
    source["messages"][:] = staying
    handle = json.dumps({"taskId": "move", "sourceArn": _arn(source)})
    return {"TaskHandle": base64.b64encode(handle.encode()).decode()}


def _queue(arn: str) -> Queue:
    found: Queue | None = sqs._queue_by_arn(arn)
    if found is None:
        raise sqs._Err(
            "ResourceNotFoundException",
            "The resource that you specified for the SourceArn parameter doesn't exist.",
        )
    return found


def _arn(queue: Queue) -> str:
    return str(queue["attributes"]["QueueArn"])


def _fed_by(source: Queue) -> Iterator[Queue]:
    """Yield the queues whose dead-letter queue this is."""
    for queue in list(sqs._queues.values()):
        policy = json.loads(queue["attributes"].get("RedrivePolicy") or "{}")
        if policy.get("deadLetterTargetArn") == _arn(source):
            yield queue


def _check(source: Queue, destinations: list[str]) -> None:
    granted = policies_of(iam_evaluator.caller_arn())
    if granted is None:
        return
    needed = [(action, _arn(source)) for action in ON_SOURCE]
    needed += [(ON_DESTINATION, arn) for arn in destinations]
    try:
        for action, arn in needed:
            check_action(granted, action, arn, {})
    except Denied as denied:
        raise sqs._Err("AccessDenied", str(denied), 403) from denied


def _moved(message: dict[str, Any], destination: str | None) -> bool:
    """Put a message that nobody holds into its new queue, as a new one; False: it stays."""
    to = destination or message["sys"].get("DeadLetterQueueSourceArn")
    if not to or message["visible_at"] > sqs.time.time():
        return False
    named = {
        name: str(value["StringValue"])
        for name, value in message.get("message_attributes", {}).items()
    }
    trace = message["sys"].get("AWSTraceHeader", "")
    put_message(_queue(to), message["body"], trace_header=trace, attributes=named)
    return True
