"""X-Ray: what functions send, Lambda's own segments, links over queues, and finding them again."""

import json
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.local import stage

Account = Callable[[], stage.Account]
SENDER = "1-6b05f61e-ee43369fd4bd9fc70a7b1f99"
TRACE = f"Root={SENDER};Parent=5abd3fddb945935d;Sampled=1"

SEND = """
import json, os, socket, time
def handler(event, context):
    fields = dict(part.split("=") for part in os.environ["_X_AMZN_TRACE_ID"].split(";"))
    host, port = os.environ["AWS_XRAY_DAEMON_ADDRESS"].split(":")
    document = {"type": "subsegment", "name": "plan", "id": "00000000000000aa",
                "trace_id": fields["Root"], "parent_id": fields["Parent"],
                "start_time": time.time(), "end_time": time.time(),
                "annotations": {"customer": "acme", "revision": 3}}
    header = json.dumps({"format": "json", "version": 1})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto((header + "\\n" + json.dumps(document)).encode(), (host, int(port)))
    return fields["Root"]
"""


def summaries(here: stage.Account, expression: str = "") -> list[dict[str, Any]]:
    more = {"FilterExpression": expression} if expression else {}
    found = here.client("xray").get_trace_summaries(
        StartTime=time.time() - 60, EndTime=time.time() + 60, **more
    )
    return list(found["TraceSummaries"])


def documents(here: stage.Account, trace_id: str) -> list[dict[str, Any]]:
    traces = here.client("xray").batch_get_traces(TraceIds=[trace_id])["Traces"]
    return [json.loads(each["Document"]) for trace in traces for each in trace["Segments"]]


def test_a_function_sends_subsegments_that_are_found_by_their_annotations(
    account: Account,
) -> None:
    here = account()
    stage.make_function(here, "probe", SEND, stage.make_role(here, "probe"))
    trace_id, _ = stage.invoke(here, "probe")
    expression = 'annotation.customer = "acme" AND annotation[revision] = 3'
    (found,) = stage.eventually(lambda: summaries(here, expression))
    assert found["Id"] == trace_id
    assert summaries(here, 'annotation.customer = "globex"') == []
    assert summaries(account(), expression) == [], "another account has other traces"


def test_lambdas_two_segments_hold_what_the_function_sent(account: Account) -> None:
    here = account()
    arn = stage.make_function(here, "probe", SEND, stage.make_role(here, "probe"))
    trace_id, _ = stage.invoke(here, "probe")
    stage.eventually(lambda: summaries(here, 'annotation.customer = "acme"'))
    by_origin = {segment["origin"]: segment for segment in documents(here, trace_id)}
    service, function = by_origin["AWS::Lambda"], by_origin["AWS::Lambda::Function"]
    assert function["parent_id"] == service["id"]
    assert function["resource_arn"] == arn
    assert [part["name"] for part in function["subsegments"]] == ["plan"]


def test_a_function_fed_by_a_queue_has_a_trace_of_its_own_linked_to_the_senders(
    account: Account,
) -> None:
    here = account()
    url, arn = stage.make_queue(here, "work")
    role = stage.make_role(here, "probe")
    stage.make_function(here, "probe", SEND, role)
    here.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="probe")
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": TRACE}}
    here.client("sqs").send_message(
        QueueUrl=url, MessageBody="work", MessageSystemAttributes=header
    )
    (found,) = stage.eventually(lambda: summaries(here, "annotation.customer = acme"))
    assert found["Id"] != SENDER
    (service,) = [each for each in documents(here, found["Id"]) if each["origin"] == "AWS::Lambda"]
    assert [link["trace_id"] for link in service["links"]] == [SENDER]


def test_a_failed_invocation_is_a_fault(account: Account) -> None:
    here = account()
    role = stage.make_role(here, "probe")
    stage.make_function(here, "probe", "def handler(event, context): return 1 / 0", role)
    stage.invoke(here, "probe")
    (found,) = summaries(here)
    assert found["HasFault"]


def test_segments_put_through_the_api_are_read_back_whole(account: Account) -> None:
    here, now = account(), time.time()
    segment = {
        "trace_id": SENDER,
        "id": "5abd3fddb945935d",
        "name": "announce",
        "start_time": now,
        "end_time": now + 1,
        "annotations": {"change_id": "CHG-1"},
    }
    xray = here.client("xray")
    answer = xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(segment), "nonsense"])
    assert len(answer["UnprocessedTraceSegments"]) == 1
    assert documents(here, SENDER) == [segment]
    (found,) = summaries(here, 'annotation.change_id = "CHG-1"')
    assert found["Duration"] == pytest.approx(1)
    assert xray.batch_get_traces(TraceIds=["1-0-0"])["UnprocessedTraceIds"] == ["1-0-0"]


def test_a_filter_that_is_not_understood_is_refused_and_not_ignored(account: Account) -> None:
    with pytest.raises(ClientError, match="only annotation"):
        summaries(account(), "responsetime > 5")


def test_sampling_and_telemetry_calls_of_the_sdk_are_answered(account: Account) -> None:
    xray = account().client("xray")
    assert xray.get_sampling_rules()["SamplingRuleRecords"] == []
    xray.put_telemetry_records(TelemetryRecords=[{"Timestamp": time.time()}])


def test_a_datagram_that_is_no_document_is_dropped_and_the_next_one_kept(
    account: Account,
) -> None:
    from changecast_local.xray import store  # noqa: PLC0415 - only when a cloud runs
    from changecast_local.xray.daemon import Daemon  # noqa: PLC0415

    scope = ("600000000001", stage.REGION)
    daemon = Daemon()
    host, port = daemon.address(scope).split(":")
    assert daemon.address(("600000000002", stage.REGION)) != f"{host}:{port}"
    good = {"trace_id": SENDER, "id": "1", "name": "x", "start_time": 1.0, "end_time": 2.0}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for text in ("nonsense", '{"format": "json", "version": 1}\n' + json.dumps(good)):
            out.sendto(text.encode(), (host, int(port)))
        assert stage.eventually(lambda: store.traces(scope)) == {SENDER: [good]}
    daemon.close()


def test_a_message_carries_the_trace_of_the_request_that_sent_it(account: Account) -> None:
    here = account()
    url, _ = stage.make_queue(here, "work")
    sqs = here.client("sqs")
    sqs.meta.events.register(
        "before-sign.sqs", lambda request, **_: request.headers.add_header("X-Amzn-Trace-Id", TRACE)
    )
    sqs.send_message(QueueUrl=url, MessageBody="one")
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "two"}])
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["AWSTraceHeader"]
    )["Messages"]
    assert [each["Attributes"]["AWSTraceHeader"] for each in found] == [TRACE, TRACE]
