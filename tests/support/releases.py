"""Releases that are still to come: the package as it is built, with changed events in it."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any
from zipfile import ZIP_STORED, ZipFile

import boto3

FIELD = '    added_later: str = "by a later release"\n'
VERSION_FIELD = (
    "    schema_version: SchemaVersion = Field(\n"
    '        default=WRITTEN_VERSION, description="The version of this event."\n'
    "    )\n"
)
CHANGE_FIELD = "    change_id: ChangeId\n"


@dataclass(frozen=True)
class Release:
    """A later release: the event versions that it reads, and the one that it puts.

    Every event of it, and the change inside, has one optional field more.
    """

    reads: tuple[str, ...]
    puts: str

    def package(self, built: bytes) -> bytes:
        """The package of this release, made of the one that was built."""
        changed = {
            "changecast/contract/envelope.py": [
                ('SchemaVersion = Literal["1"]', f"SchemaVersion = Literal{list(self.reads)}"),
                (
                    'WRITTEN_VERSION: SchemaVersion = "1"',
                    f'WRITTEN_VERSION: SchemaVersion = "{self.puts}"',
                ),
            ],
            "changecast/contract/change_announced.py": [(VERSION_FIELD, VERSION_FIELD + FIELD)],
            "changecast/contract/delivery_reported.py": [(VERSION_FIELD, VERSION_FIELD + FIELD)],
            "changecast/contract/change.py": [(CHANGE_FIELD, CHANGE_FIELD + FIELD)],
        }
        compiled = tuple(
            f"{folder}/__pycache__/{file.removesuffix('py')}"
            for folder, _, file in (name.rpartition("/") for name in changed)
        )
        made = io.BytesIO()
        with ZipFile(io.BytesIO(built)) as before, ZipFile(made, "w", ZIP_STORED) as after:
            for entry in before.infolist():
                if not entry.filename.startswith(compiled):
                    body = before.read(entry)
                    after.writestr(entry.filename, _edited(body, changed.get(entry.filename, [])))
        return made.getvalue()


# A new version comes in two releases: the first reads it, the second puts it.
NEXT = Release(reads=("1", "2"), puts="1")
AFTER_NEXT = Release(reads=("1", "2"), puts="2")


def _edited(body: bytes, edits: list[tuple[str, str]]) -> bytes:
    text = body.decode() if edits else ""
    for old, new in edits:
        assert old in text, f"{old!r} is not there any more"
        text = text.replace(old, new)
    return text.encode() if edits else body


@contextmanager
def running(session: boto3.Session, stack: str, built: bytes, release: Release) -> Iterator[None]:
    """The functions of a stack run this release's code, until the end."""
    upgrade(session, stack, release.package(built))
    try:
        yield
    finally:
        upgrade(session, stack, built)


def upgrade(session: boto3.Session, stack: str, package: bytes) -> None:
    """Every function of a stack runs this package from now on."""
    s3, functions = session.client("s3"), session.client("lambda")
    bucket = f"releases-{session.client('sts').get_caller_identity()['Account']}"
    here: Any = {"LocationConstraint": session.region_name}
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=here)
    s3.put_object(Bucket=bucket, Key="package.zip", Body=package)
    listed = session.client("cloudformation").describe_stack_resources(StackName=stack)
    for resource in listed["StackResources"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            name = resource["PhysicalResourceId"]
            functions.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key="package.zip")
