"""Write contacts: one a second, or many at once by an import job of SES.

A plan is always made against the list as it is, so to resume after an interruption is to do the
same again: what was written is then `kept`.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError
from rich.progress import Progress

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.plan import ImportPlan
from changecast_cli.contacts.records import Contact, members, record
from changecast_cli.failures import Failed, Refused
from changecast_cli.terminal import err

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import GetImportJobResponseTypeDef

# Below, a request a second takes less than an import job's own waiting and needs no bucket.
BY_JOB_FROM = 300
POLL_SECONDS, JOB_SECONDS = 2.0, 3_600.0
FOLDER = "imports"


def write(contacts: OpenList, plan: ImportPlan) -> None:
    """Everybody of the plan onto the list; Failed says how far it came.

    An import job replaces a contact: what is given here is complete, but attributes of contacts
    that change are lost, since SES does not list them.
    """
    if plan.writes >= BY_JOB_FROM:
        by_job(contacts, [*plan.add, *plan.change])
        return
    for contact in _shown(plan.add, "Adding"):
        create(contacts, contact)
    for contact in _shown(plan.change, "Changing"):
        update(contacts, contact)


def create(contacts: OpenList, contact: Contact) -> None:
    """A new contact. One who came onto the list since the plan was made stays as they are."""
    try:
        contacts.pace(
            contacts.ses.create_contact, ContactListName=contacts.name, **members(contact)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise


def update(contacts: OpenList, contact: Contact) -> None:
    """A contact as it shall be; SES drops preferences that are not given again."""
    contacts.pace(contacts.ses.update_contact, ContactListName=contacts.name, **members(contact))


def by_job(contacts: OpenList, people: Sequence[Contact]) -> None:
    """Import people by a job out of the stack's bucket; the file is gone again afterwards.

    https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_CreateImportJob.html
    """
    destination = {
        "ContactListDestination": {
            "ContactListName": contacts.name,
            "ContactListImportAction": "PUT",
        }
    }
    run_job(contacts, destination, [record(contact) for contact in people])


def run_job(
    contacts: OpenList, destination: dict[str, dict[str, str]], records: Sequence[object]
) -> None:
    """An import job to its end; Failed where it breaks, or leaves records out."""
    with _uploaded(contacts, records) as url:
        job = contacts.pace(
            contacts.ses.create_import_job,
            ImportDestination=destination,
            ImportDataSource={"S3Url": url, "DataFormat": "JSON"},
        )["JobId"]
        ended = _ended(contacts, job)
    failed = ended.get("FailedRecordsCount", 0)
    if ended["JobStatus"] != "COMPLETED" or failed:
        why = ended.get("FailureInfo", {}).get("ErrorMessage", f"{failed} records failed")
        raise Failed(
            f"the import job {job} is {ended['JobStatus']}: {why}; of {len(records)} records "
            f"{ended.get('ProcessedRecordsCount', 0)} are done. Do the same again for the rest"
        )


@contextmanager
def _uploaded(contacts: OpenList, records: Iterable[object]) -> Iterator[str]:
    if contacts.bucket is None:
        raise Refused(
            f"from {BY_JOB_FROM} contacts on this goes through the bucket of the stack "
            "(output MailsBucket), and this account's stack has none: deploy it again"
        )
    s3, key = contacts.session.client("s3"), f"{FOLDER}/{uuid4()}.json"
    body = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
    s3.put_object(Bucket=contacts.bucket, Key=key, Body=body.encode())
    try:
        yield f"s3://{contacts.bucket}/{key}"
    finally:
        s3.delete_object(Bucket=contacts.bucket, Key=key)


def _ended(contacts: OpenList, job: str) -> "GetImportJobResponseTypeDef":
    end = time.monotonic() + JOB_SECONDS
    while True:
        found: GetImportJobResponseTypeDef = contacts.pace(contacts.ses.get_import_job, JobId=job)
        if found["JobStatus"] in ("COMPLETED", "FAILED"):
            return found
        if time.monotonic() > end:
            raise Failed(f"the import job {job} goes on longer than an hour; look in SES")
        time.sleep(POLL_SECONDS)


def _shown(people: Sequence[Contact], doing: str) -> Iterator[Contact]:
    """With a bar where there is a terminal, and how far it came where it is stopped."""
    done = 0
    # A disabled bar still ends with an empty line, so there is none without a terminal.
    bar = Progress(console=err, transient=True) if err.is_terminal else None
    try:
        with bar or nullcontext():
            task = bar.add_task(doing, total=len(people)) if bar else None
            for contact in people:
                yield contact
                done += 1
                if bar and task is not None:
                    bar.advance(task)
    finally:
        if done < len(people):
            err.print(f"{doing}: {done} of {len(people)} done; the same command does the rest")
