"""Import jobs: many contacts or suppressed addresses at once, from a file in S3.

Here a job is done when CreateImportJob answers; on AWS it takes a while, and SES must be allowed
to read the bucket by the bucket's own policy.
https://docs.aws.amazon.com/ses/latest/dg/sending-email-list-management.html
"""

import csv
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

from ministack.services import s3

from changecast_local.ses.answers import Refusal, bad_request, not_found
from changecast_local.ses.call import Call
from changecast_local.ses.contact_lists import named
from changecast_local.ses.contacts import put_record
from changecast_local.ses.store import Account
from changecast_local.ses.suppression import suppress

Record = dict[str, Any]
_URL = re.compile(r"s3://([^/]+)/(.+)")
_TOPIC = "topicPreferences."


def create(call: Call) -> dict[str, Any]:
    """CreateImportJob."""
    destination, source = call.body["ImportDestination"], call.body["ImportDataSource"]
    found = _URL.fullmatch(source.get("S3Url", ""))
    if found is None:
        raise bad_request("Invalid S3Url.")
    take = _taker(call.account, destination)
    job = str(uuid4())
    outcome = _import(s3._get_object_data(*found.groups()), destination, source, take)
    call.account.import_jobs[job] = {
        "JobId": job,
        "ImportDestination": destination,
        "ImportDataSource": source,
        "CreatedTimestamp": time.time(),
        "CompletedTimestamp": time.time(),
        **outcome,
    }
    return {"JobId": job}


def get(call: Call) -> dict[str, Any]:
    """GetImportJob."""
    found = call.account.import_jobs.get(call.names["job"])
    if found is None:
        raise not_found("Job does not exist.")
    return found


def list_all(call: Call) -> dict[str, Any]:
    """ListImportJobs, all on one page."""
    return {"ImportJobs": list(call.account.import_jobs.values())}


def _import(
    body: bytes | None, destination: Record, source: Record, take: Callable[[Record], object]
) -> dict[str, Any]:
    if body is None:
        return {
            "JobStatus": "FAILED",
            "FailureInfo": {"ErrorMessage": "The object cannot be read."},
        }
    lines = body.decode("utf-8-sig").splitlines()
    read = _READERS[source["DataFormat"], next(iter(destination))]
    done = failed = 0
    for record in read(lines):
        try:
            take(record)
        except (Refusal, KeyError):
            failed += 1
        else:
            done += 1
    counts = {"ProcessedRecordsCount": done, "FailedRecordsCount": failed}
    return {"JobStatus": "COMPLETED", **counts}


def _taker(account: Account, destination: Record) -> Callable[[Record], object]:
    """Return the function for each record: PUT replaces, DELETE removes."""
    contacts = destination.get("ContactListDestination")
    if contacts:
        held = named(account, contacts["ContactListName"])
        if contacts["ContactListImportAction"] == "DELETE":
            return lambda record: held.contacts.pop(record["emailAddress"], None)
        return lambda record: put_record(held, record)
    if destination["SuppressionListDestination"]["SuppressionListImportAction"] == "DELETE":
        return lambda record: account.suppressed.pop(record["emailAddress"].lower(), None)
    return lambda record: suppress(account, record["emailAddress"], record["reason"])


def _json_lines(lines: Iterable[str]) -> Iterator[Record]:
    """Yield one JSON object per line; other lines become an empty record, which fails."""
    for line in lines:
        try:
            read = json.loads(line or "null")
        except ValueError:
            read = None
        if line.strip():
            yield read if isinstance(read, dict) else {}


def _contact_rows(lines: Iterable[str]) -> Iterator[Record]:
    """Yield rows of a CSV with a header line; topics have columns topicPreferences.<topic>."""
    for row in csv.DictReader(lines):
        chosen = [(name, at) for name, at in row.items() if name.startswith(_TOPIC) and at]
        yield {
            "emailAddress": row["emailAddress"],
            "unsubscribeAll": (row.get("unsubscribeAll") or "").lower() == "true",
            "attributesData": row.get("attributesData") or None,
            "topicPreferences": [
                {"topicName": name.removeprefix(_TOPIC), "subscriptionStatus": at}
                for name, at in chosen
            ],
        }


def _suppression_rows(lines: Iterable[str]) -> Iterator[Record]:
    """Yield rows of a CSV without a header line: address, reason."""
    for row in csv.reader(lines):
        yield {"emailAddress": row[0].strip(), "reason": row[1].strip() if row[1:] else ""}


_READERS: dict[tuple[str, str], Callable[[Iterable[str]], Iterator[Record]]] = {
    ("JSON", "ContactListDestination"): _json_lines,
    ("JSON", "SuppressionListDestination"): _json_lines,
    ("CSV", "ContactListDestination"): _contact_rows,
    ("CSV", "SuppressionListDestination"): _suppression_rows,
}
