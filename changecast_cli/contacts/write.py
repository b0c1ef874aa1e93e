"""Write contacts: one a second, or many at once by an import job of SES.

A plan always starts from the current list. So after an interruption the same command does the rest,
because contacts that were written before are then `kept`.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING
from uuid import uuid4

from botocore.exceptions import ClientError
from rich.progress import Progress

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.plan import ImportPlan
from changecast_cli.contacts.records import Contact, contact_of, hearing_less, members, record
from changecast_cli.failures import Failed, Refused
from changecast_cli.terminal import counted, err

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import GetImportJobResponseTypeDef

# Fewer contacts are written faster one by one, and need no bucket.
BY_JOB_FROM = 300
POLL_SECONDS, JOB_SECONDS = 2.0, 3_600.0
FOLDER = "imports"


def write(contacts: OpenList, plan: ImportPlan) -> list[str]:
    """Write the plan; return who joined the list, left it or made a choice since.

    An import job replaces contacts, and with them a choice that a person makes while it runs. So it
    changes people only if they are many. They are complete here, except that attributes of changed
    contacts are lost, because SES does not list them.

    Raises:
        Failed: An import job did not write everybody; the message says how many.
    """
    met: list[str] = []
    if len(plan.change) >= BY_JOB_FROM:
        by_job(contacts, [*plan.add, *plan.change])
        return met
    if plan.writes >= BY_JOB_FROM:
        by_job(contacts, plan.add)
    else:
        met = _each("Adding", plan.add, lambda one: create(contacts, one))
    befores = plan.before
    return met + _each(
        "Changing", plan.change, lambda one: change(contacts, befores.get(one.key), one)
    )


def create(contacts: OpenList, contact: Contact) -> bool:
    """Create a contact; return False if the person joined the list since the plan was made.

    They keep their choices, and the file's opt-outs are added.
    """
    try:
        contacts.pace(
            contacts.ses.create_contact, ContactListName=contacts.name, **members(contact)
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "AlreadyExistsException":
            raise
        now = read_contact(contacts, contact.address)
        if now and (less := hearing_less(now, contact)) != now:
            update(contacts, less)
        return False
    return True


def change(contacts: OpenList, before: Contact | None, contact: Contact) -> bool:
    """Change a contact; return False if they chose since the plan; each opt-out counts."""
    now = read_contact(contacts, contact.address)
    if now is None:
        return False
    chose = before is None or (now.preferences, now.unsubscribed_from_all) != (
        before.preferences,
        before.unsubscribed_from_all,
    )
    update(contacts, hearing_less(contact, now) if chose else contact)
    return not chose


def read_contact(contacts: OpenList, address: str) -> Contact | None:
    """Return one contact with its attributes; None if the list lacks this spelling."""
    try:
        found = contacts.pace(
            contacts.ses.get_contact, ContactListName=contacts.name, EmailAddress=address
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return contact_of(found)


def update(contacts: OpenList, contact: Contact) -> None:
    """Write a complete contact, because SES drops preferences that are not given again."""
    contacts.pace(contacts.ses.update_contact, ContactListName=contacts.name, **members(contact))


def by_job(contacts: OpenList, people: Sequence[Contact]) -> None:
    """Import people by a job from the stack's bucket; the file is deleted afterwards.

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
    """Run an import job to its end; Failed if it fails or leaves records out."""
    with _uploaded(contacts, records) as url:
        job = contacts.pace(
            contacts.ses.create_import_job,
            ImportDestination=destination,
            ImportDataSource={"S3Url": url, "DataFormat": "JSON"},
        )["JobId"]
        ended = _watched(contacts, job, len(records))
    failed = ended.get("FailedRecordsCount", 0)
    if ended["JobStatus"] != "COMPLETED" or failed:
        info = ended.get("FailureInfo", {})
        why = info.get("ErrorMessage", f"{counted(failed, 'record')} failed")
        raise Failed(
            f"the import job {job} is {ended['JobStatus']}: {why}; "
            f"{ended.get('ProcessedRecordsCount', 0)} of {len(records)} records are done. Run the "
            "same command again for the rest"
        )


@contextmanager
def _uploaded(contacts: OpenList, records: Iterable[object]) -> Iterator[str]:
    if contacts.bucket is None:
        raise Refused(
            f"an import of {BY_JOB_FROM} contacts or more needs the stack's bucket (output "
            f"MailsBucket), but this account's stack has none. Deploy the stack again"
        )
    s3, key = contacts.session.client("s3"), f"{FOLDER}/{uuid4()}.json"
    body = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in records)
    s3.put_object(Bucket=contacts.bucket, Key=key, Body=body.encode())
    try:
        yield f"s3://{contacts.bucket}/{key}"
    finally:
        s3.delete_object(Bucket=contacts.bucket, Key=key)


def _watched(contacts: OpenList, job: str, records: int) -> "GetImportJobResponseTypeDef":
    try:
        return _ended(contacts, job)
    except KeyboardInterrupt:
        err.print(
            f"The import job {job} of {records} records was started and may still be running in "
            "SES. Run the same command again in a few minutes: it continues where this one stopped",
        )
        raise


def _ended(contacts: OpenList, job: str) -> "GetImportJobResponseTypeDef":
    end = time.monotonic() + JOB_SECONDS
    while True:
        found: GetImportJobResponseTypeDef = contacts.pace(contacts.ses.get_import_job, JobId=job)
        if found["JobStatus"] in ("COMPLETED", "FAILED"):
            return found
        if time.monotonic() > end:
            raise Failed(f"the import job {job} has run for more than an hour. Check it in SES")
        time.sleep(POLL_SECONDS)


def _each(doing: str, people: Sequence[Contact], written: Callable[[Contact], bool]) -> list[str]:
    """Write each, with a progress bar on a terminal; return those that were not as planned.

    If it stops early, it says how far it got.
    """
    met: list[str] = []
    done = 0
    # A disabled bar still ends with an empty line, so there is none without a terminal.
    bar = Progress(console=err, transient=True) if people and err.is_terminal else None
    try:
        with bar or nullcontext():
            task = bar.add_task(doing, total=len(people)) if bar else None
            for contact in people:
                met += [] if written(contact) else [contact.address]
                done += 1
                if bar and task is not None:
                    bar.advance(task)
    finally:
        if done < len(people):
            err.print(
                f"{doing}: {done} of {len(people)} done. Run the same command again for the rest"
            )
    return met
