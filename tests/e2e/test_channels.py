"""One change reaches mails, a chat and a real HTTPS receiver; a dead one delays nobody."""

import json
import socket
from pathlib import Path
from typing import Any

from changecast_cli.local.receiver import Received, receiving
from changecast_cli.local.stage import REGION
from tests.e2e.conftest import Type
from tests.integration.local.stage import make_queue
from tests.support.provider import WITH_KEY, Provider, document, eventually
from tests.support.webhooks import verified

HERE = ("--profile", f"changecast-{WITH_KEY}", "--region", REGION)


def recording(provider: Provider, topic: str) -> Any:
    """A subscription to a topic that records; calling it gives what came since."""
    session = provider.preparing(WITH_KEY)
    sqs: Any = session.client("sqs")
    sns: Any = session.client("sns")
    url, arn = make_queue(session, "chat-records", "sns")
    raw = {"RawMessageDelivery": "true"}
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=raw)

    def recorded() -> list[dict[str, Any]]:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for one in found.get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in found.get("Messages", [])]

    return recorded


def try_out_here(provider: Provider, authority: Path) -> None:
    """Let webhooks lead to this machine, whose receivers this authority vouches for."""
    functions: Any = provider.preparing(WITH_KEY).client("lambda")
    (found,) = [
        one
        for one in functions.list_functions()["Functions"]
        if "DeliverNotice" in one["FunctionName"]
    ]
    values = dict(found["Environment"]["Variables"])
    values |= {"WEBHOOK_TARGETS": "loopback", "SSL_CERT_FILE": str(authority)}
    functions.update_function_configuration(
        FunctionName=found["FunctionName"], Environment={"Variables": values}
    )


def read(secret: str, received: Received) -> dict[str, Any]:
    return verified(secret, received.headers, received.body.decode())


def nobody_there() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"https://localhost:{free.getsockname()[1]}/hook"


def test_one_change_reaches_mail_chat_and_webhook_and_a_dead_channel_delays_nobody(
    provider: Provider, typed: Type, tmp_path: Path
) -> None:
    topic = provider.preparing(WITH_KEY).client("sns").create_topic(Name="changecast-changes")
    chats = recording(provider, topic["TopicArn"])
    with receiving(tmp_path / "tls") as receiver:
        try_out_here(provider, tmp_path / "tls" / "ca.pem")
        assert typed("channels", "add", "chat", "--topic-arn", topic["TopicArn"], *HERE).status == 0
        added = typed(
            "channels", "add", "webhook", "--name", "ops", "--url", receiver.url, *HERE, "--json"
        )
        secret = added.json["secret"]
        dead = ("channels", "add", "webhook", "--name", "dead", "--url", nobody_there())
        assert typed(*dead, *HERE).status == 0
        tested = typed("channels", "test", "ops", "--wait", "400", *HERE)
        assert tested.status == 0, tested
        assert read(secret, receiver.requests[0])["data"]["test"] is True

        run = provider.announce_and_wait(document(customers=[WITH_KEY]))
        change_id = run["change_id"]
        assert run["customers"][WITH_KEY]["state"] == "sent"
        assert len(provider.mails(change_id, WITH_KEY)) == 5
        (chat,) = eventually(chats)
        assert chat["metadata"]["additionalContext"]["change_id"] == change_id

        def channels() -> dict[str, Any]:
            found = provider.status(change_id)["customers"][WITH_KEY]["channels"]
            return {one["name"]: one for one in found}

        def settled() -> bool:
            found = channels()
            return bool(found) and all(
                one["state"] == "sent" or one["code"] for one in found.values()
            )

        eventually(settled)
        notice = read(secret, receiver.requests[-1])
        assert (notice["data"]["change_id"], notice["data"]["customer"]) == (change_id, WITH_KEY)
        assert channels()["ops"]["state"] == channels()["chat"]["state"] == "sent"
        assert channels()["dead"]["code"] == "connection"
        assert "ops ✓" in typed("status", change_id).out

        listed = {
            one["name"]: one for one in typed("channels", "list", *HERE, "--json").json["channels"]
        }
        assert listed["dead"]["state"].startswith("failing: connection")
        rotated = typed("channels", "rotate", "ops", "--yes", *HERE, "--json").json["secret"]
        assert typed("channels", "test", "ops", "--wait", "400", *HERE).status == 0
        for valid in (secret, rotated):
            assert read(valid, receiver.requests[-1])["data"]["test"] is True
        for name in ("dead", "ops", "chat"):
            assert typed("channels", "remove", name, "--yes", *HERE).status == 0
        assert typed("channels", "list", *HERE, "--json").json["channels"] == []
