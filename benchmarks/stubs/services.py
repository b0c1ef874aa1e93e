"""What each stub answers. GET /stub/counts says what it has been asked for so far."""

import json
from collections import Counter
from typing import Any

from botocore.exceptions import ClientError

from benchmarks.stubs.http import Answer, Request, as_json
from benchmarks.stubs.units import units_read, units_written, written_keys
from testbed.doubles.dynamodb import Table

COUNTS = "/stub/counts"
MESSAGES = "/stub/messages"
MAILS = "/stub/mails"
PAGE = 1_000
# One contact in this many gets calendar entries.
INVITED = 10


def contact(number: int) -> str:
    """Return the address of a contact."""
    return f"reader.number{number:06}@acme.example"


class Ses:
    """SES: one contact list, a stated rate, and mails that are counted."""

    def __init__(self, contacts: int, rate: float) -> None:
        self.contacts, self.rate = contacts, rate
        self.counts: Counter[str] = Counter()
        self.tags: list[dict[str, list[str]]] = []

    def answer(self, request: Request) -> Answer:
        """SendEmail, ListContacts and GetAccount; the tags of its mails at /stub/mails."""
        if request.path == COUNTS:
            return as_json(self.counts)
        if request.path == MAILS:
            return as_json(self.tags)
        if request.path.endswith("/outbound-emails"):
            self.counts["mails"] += 1
            tags = json.loads(request.body)["EmailTags"]
            self.tags.append({tag["Name"]: [tag["Value"]] for tag in tags})
            return as_json({"MessageId": f"{self.counts['mails']:016x}"})
        self.counts["others"] += 1
        if request.path.endswith("/account"):
            quota = {"Max24HourSend": -1, "MaxSendRate": self.rate, "SentLast24Hours": 0}
            return as_json({"SendQuota": quota, "SendingEnabled": True})
        return as_json(self._page(json.loads(request.body)))

    def _page(self, asked: dict[str, Any]) -> dict[str, Any]:
        start = int(asked.get("NextToken", "0"))
        end = min(start + PAGE, self.contacts)
        more = {"NextToken": str(end)} if end < self.contacts else {}
        return {"Contacts": [_listed(number) for number in range(start, end)], **more}


def _listed(number: int) -> dict[str, Any]:
    """Return a contact as ListContacts does: everybody takes announcements."""
    topics = {"announcements": True, "approvals": False, "calendar": number % INVITED == 0}
    choices = [
        {"TopicName": topic, "SubscriptionStatus": "OPT_IN" if wants else "OPT_OUT"}
        for topic, wants in topics.items()
    ]
    return {"EmailAddress": contact(number), "TopicPreferences": choices}


_METHODS = {
    "GetItem": "get_item",
    "BatchGetItem": "batch_get_item",
    "Query": "query",
    "PutItem": "put_item",
    "UpdateItem": "update_item",
    "TransactWriteItems": "transact_write_items",
}


class DynamoDb:
    """DynamoDB: the tests' own table, and the capacity that its requests would use."""

    def __init__(self) -> None:
        self.table = Table()
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """Return the operations that the ledger uses."""
        if request.path == COUNTS:
            return as_json(self.counts)
        operation = request.headers["x-amz-target"].partition(".")[2]
        asked = json.loads(request.body)
        self.counts[operation] += 1
        try:
            return as_json(self._does(operation, asked))
        except ClientError as error:
            told: dict[str, Any] = dict(error.response)
            return as_json({"__type": told["Error"]["Code"], **told}, status=400)

    def _does(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        run = getattr(self.table, _METHODS[operation])
        items = self.table.items
        before = {key: items.get(key, {}) for key in written_keys(operation, asked)}
        answer: dict[str, Any] = run(**asked)
        self.counts["read_units"] += units_read(operation, answer)
        pairs = [(item, items[key]) for key, item in before.items()]
        self.counts["write_units"] += units_written(operation, pairs)
        return answer


class S3:
    """S3: objects, by path."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """PutObject, GetObject and DeleteObject."""
        if request.path == COUNTS:
            return as_json(self.counts)
        self.counts[request.method] += 1
        if request.method == "PUT":
            self.objects[request.path] = request.body
            return Answer(b"")
        if request.method == "DELETE":
            self.objects.pop(request.path, None)
            return Answer(b"", 204)
        if request.path in self.objects:
            return Answer(self.objects[request.path])
        return Answer(b"<Error><Code>NoSuchKey</Code></Error>", 404)


class Sqs:
    """SQS: keeps messages until they are fetched at /stub/messages/<queue>."""

    def __init__(self) -> None:
        self.messages: dict[str, list[str]] = {}
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """SendMessageBatch."""
        if request.path == COUNTS:
            return as_json(self.counts)
        if request.path.startswith(MESSAGES):
            return as_json(self.messages.pop(request.path.rpartition("/")[2], []))
        asked = json.loads(request.body)
        self.counts["requests"] += 1
        queue = asked["QueueUrl"].rpartition("/")[2]
        kept = self.messages.setdefault(queue, [])
        kept += [entry["MessageBody"] for entry in asked["Entries"]]
        sent = [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in asked["Entries"]]
        return as_json({"Successful": sent, "Failed": []})
