"""Export evidence: everything about one change in one archive, signed if the hub has a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import boto3

from changecast.contract.change import utc
from changecast_cli.customer_access import enter
from changecast_cli.evidence.archive import manifest_of, packed, sealed_files
from changecast_cli.evidence.collecting import files_of
from changecast_cli.evidence.mails import mails_of
from changecast_cli.evidence.signing import key_of, signature_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table


@dataclass(frozen=True)
class Scope:
    """What to export: `mails` includes the customers' accounts, `addresses` the addresses."""

    change_id: str
    mails: bool = True
    addresses: bool = False


@dataclass(frozen=True)
class Evidence:
    """An archive; `files` are all of its files, `left_out` says what is missing and why.

    `key` is the signing key.
    """

    body: bytes
    files: int
    left_out: Mapping[str, str]
    key: str


def export(session: boto3.Session, table: "Table", scope: Scope, now: datetime) -> Evidence:
    """Return the evidence of a change; Refused if the hub knows nothing of it."""
    change_id, addresses = scope.change_id, scope.addresses
    files, codes = files_of(table, change_id, addresses=addresses)
    left_out = {"mails/": "only the hub was read"}
    if scope.mails:
        open_account = partial(enter, session)
        more, left_out = mails_of(open_account, change_id, codes, addresses=addresses)
        files |= more
    about = {
        "change_id": change_id,
        "exported_at": utc(now),
        "exported_by": session.client("sts").get_caller_identity()["Arn"],
        "left_out": left_out,
    }
    manifest, key = manifest_of(files, about), key_of(session)
    signature = signature_of(session, key, manifest) if key else None
    sealed = sealed_files(files, manifest, signature)
    return Evidence(packed(sealed), len(sealed), left_out, key)
