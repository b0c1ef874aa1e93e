"""The demo's chat and webhook: adds them, and shows what each got."""

import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from changecast.customer.channels.webhook import key_of, signed_headers
from changecast.customer.ledger.endpoints import Endpoint, add_endpoint, remove_endpoint
from changecast.customer.ledger.schema import ChannelName
from changecast_cli.channels.account import Channels, channels_of
from changecast_cli.channels.adding import TOPICS
from changecast_cli.channels.secrets import keep_secret, new_secret
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.terminal import counted, out
from changecast_local.cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

    from changecast_cli.local.receiver import Received, Receiver

CHAT, WEBHOOK = "chat", "ops"
SIGNED = ("webhook-id", "webhook-timestamp", "webhook-signature")
Message = dict[str, Any]


@dataclass(frozen=True)
class Endpoints:
    """One customer's chat, recorded in a queue, and its webhook with a receiver here."""

    customer: str
    channels: Channels
    sqs: "SQSClient"
    queue: str
    receiver: "Receiver"
    secret: str


@dataclass(frozen=True)
class Told:
    """What a customer's chat and webhook got, oldest first."""

    customer: str
    chats: list[Message]
    webhooks: list[Message]


def add_endpoints(cloud: Cloud, customer: CustomerStack, receiver: "Receiver") -> Endpoints:
    """Add a chat, whose messages a queue records, and a webhook to a receiver on this machine."""
    session = cloud.preparing(customer.account, customer.region)
    sqs, sns, channels = session.client("sqs"), session.client("sns"), channels_of(session)
    topic = sns.create_topic(Name="changecast-changes")["TopicArn"]
    queue = sqs.create_queue(QueueName="chat-messages")["QueueUrl"]
    names = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    policy = json.dumps(_policy(names["QueueArn"], topic))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=names["QueueArn"], Attributes=raw)
    secret, now = new_secret(), time.time()
    arn = keep_secret(channels, WEBHOOK, secret)
    for new in (
        Endpoint(CHAT, ChannelName.CHAT, topic, TOPICS, created_at=now),
        Endpoint(WEBHOOK, ChannelName.WEBHOOK, receiver.url, TOPICS, secret=arn, created_at=now),
    ):
        add_endpoint(channels.ledger, new)
    return Endpoints(customer.code, channels, sqs, queue, receiver, secret)


def _policy(queue: str, topic: str) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        },
    }


def told(endpoints: Endpoints, number: int, seconds: float) -> Told:
    """Return what the chat and the webhook got, once each has `number` or the time is over."""
    chats: list[Message] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        chats += _received(endpoints)
        if min(len(chats), len(endpoints.receiver.requests)) >= number:
            break
        time.sleep(0.1)
    webhooks = [_webhook(endpoints.secret, one) for one in endpoints.receiver.requests]
    return Told(endpoints.customer, chats, webhooks)


def _received(endpoints: Endpoints) -> list[Message]:
    answer = endpoints.sqs.receive_message(QueueUrl=endpoints.queue, MaxNumberOfMessages=10)
    found = answer.get("Messages", [])
    for one in found:
        endpoints.sqs.delete_message(QueueUrl=endpoints.queue, ReceiptHandle=one["ReceiptHandle"])
    return [json.loads(one["Body"]) for one in found]


def _webhook(secret: str, received: "Received") -> Message:
    return {
        "headers": received.headers,
        "body": received.body.decode(),
        "secret": secret,
        "verified": is_signed(secret, received),
    }


def is_signed(secret: str, received: "Received") -> bool:
    """Return whether a request has a signature that only the owner of a secret can make."""
    id_, timestamp, signature = (received.headers.get(name, "") for name in SIGNED)
    if not timestamp.isdecimal():
        return False
    expected = signed_headers([key_of(secret)], id_, int(timestamp), received.body)
    return hmac.compare_digest(expected["webhook-signature"], signature)


def remove_webhook(endpoints: Endpoints) -> None:
    """Remove the webhook, because its receiver ends with the demo."""
    remove_endpoint(endpoints.channels.ledger, WEBHOOK)


def show(found: Told, folder: Path) -> None:
    """Print the newest chat message and the newest webhook, and write both into a folder."""
    for name, messages, tell in (
        ("chat", found.chats, _show_chat),
        ("webhook", found.webhooks, _show_webhook),
    ):
        if not messages:
            continue
        path = folder / found.customer / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        newest = messages[-1]
        body = json.loads(newest["body"]) if name == "webhook" else newest
        path.write_text(json.dumps(body, indent=2, ensure_ascii=False) + "\n", "utf-8")
        many = counted(len(messages), f"{name} message")
        many += f" to {found.customer}; the newest, also in {path}:"
        out.print(f"\n[bold]{many}[/]", highlight=False)
        tell(newest, _print)


def _print(line: str) -> None:
    out.print(f"  {line}", markup=False, highlight=False)


def _show_chat(message: Message, say: Callable[[str], None]) -> None:
    say(message["content"]["title"])
    for line in message["content"]["description"].splitlines():
        say(line)


def _show_webhook(message: Message, say: Callable[[str], None]) -> None:
    for name in SIGNED:
        say(f"{name}: {message['headers'][name]}")
    say(f"The signature is {'right' if message['verified'] else 'WRONG'}.")
    body = json.loads(message["body"])
    shown = body | {"data": {k: v for k, v in body["data"].items() if k != "change"}}
    for line in json.dumps(shown, indent=2, ensure_ascii=False).splitlines():
        say(line)
