"""Announcements by two persons: one proposes a document, another approves exactly that.

    proposals/<proposer>/<change id>.json               what is proposed
    approvals/<proposer>/<approver>/<change id>.json    the hash of what the approver saw
    break-glass/<person>/<change id>.json               what one person announces in an emergency
    repeats/<person>/<change id>.json                   to whom a person announces it again
    published/<change id>/<revision>.json               the proposal that was announced

A person is an `aws:SourceIdentity`. The bucket's policy lets nobody write under another person's
name or approve under their own, so the key of an object says who wrote it. Only the function writes
what was published, so that it can be announced again as two persons saw it. A change id is
percent-encoded because it may have slashes.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from botocore.exceptions import ClientError

from changecast.contract import strict_json
from changecast.contract.change import utc
from changecast.contract.errors import ContractError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PROPOSALS, APPROVALS, BREAK_GLASS = "proposals/", "approvals/", "break-glass/"
REPEATS, PUBLISHED = "repeats/", "published/"
_PERSONS = {APPROVALS: 2, BREAK_GLASS: 1, PROPOSALS: 1, REPEATS: 1}
# A document of EVENT_LIMIT bytes, escaped once more.
LARGEST = 4 * 1024 * 1024
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_IDENTITY = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_HASH = re.compile(r"[0-9a-f]{64}")
_GONE = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True)
class Proposal:
    """What somebody proposes to announce, and what it would do when they proposed it.

    All of it is in its hash: the document, the options, and whom it tells. `reason` is why one
    person announces alone; "" for a proposal that waits for its approval. `verb` says what is
    proposed; "" is to announce the document, the others are in `proposed.py`.
    """

    change_id: str
    revision: int
    customers: tuple[str, ...]
    withdrawn: tuple[str, ...]
    title: str
    document: str
    proposed_at: str
    given_id: str = ""
    confidential: bool = False
    test: bool = False
    despite: str = ""
    past: str = ""
    require_approvals: bool = False
    notify_all: str = ""
    reason: str = ""
    verb: str = ""

    @property
    def body(self) -> bytes:
        """The bytes that are stored, and that are hashed."""
        found = asdict(self)
        if not self.verb:
            del found["verb"]
        return json.dumps(found, sort_keys=True, ensure_ascii=False, indent=1).encode()

    @classmethod
    def read(cls, body: bytes) -> Self:
        """Return the proposal in an object; ContractError `proposal` if it is not one."""
        found = strict_json.loads(body, max_bytes=LARGEST)
        kinds = {one.name: type(getattr(_SAMPLE, one.name)) for one in fields(cls)}
        if not isinstance(found, dict) or {"verb", *found} != set(kinds):
            raise ContractError(
                "proposal", "the stored proposal cannot be read: propose the change again"
            )
        found.setdefault("verb", "")
        values = {name: _value(found[name], kind) for name, kind in kinds.items()}
        return cls(**values)

    def options(self) -> dict[str, Any]:
        """Return the options that `announce` takes."""
        names = ("confidential", "test", "despite", "past", "require_approvals", "notify_all")
        return {name: getattr(self, name) for name in names} | {"change_id": self.given_id or None}


_SAMPLE = Proposal("", 1, (), (), "", "", "")


@dataclass(frozen=True)
class Stored:
    """A proposal in the bucket: who wrote it, and the SHA-256 of its bytes."""

    key: str
    person: str
    sha256: str
    proposal: Proposal


@dataclass(frozen=True)
class Approval:
    """Who answers for an announcement: two persons, or one with a reason."""

    proposer: str
    approver: str
    sha256: str
    reason: str = ""


def digest(body: bytes) -> str:
    """Return the hash that both persons see."""
    return hashlib.sha256(body).hexdigest()


def proposal_key(person: str, change_id: str) -> str:
    """Return the key of a person's proposal of a change; a newer one replaces it."""
    return f"{PROPOSALS}{person}/{_name(change_id)}"


def approval_key(proposer: str, approver: str, change_id: str) -> str:
    """Return where an approver says what they approve."""
    return f"{APPROVALS}{proposer}/{approver}/{_name(change_id)}"


def break_glass_key(person: str, change_id: str) -> str:
    """Return where a person puts what they announce alone."""
    return f"{BREAK_GLASS}{person}/{_name(change_id)}"


def repeat_key(person: str, change_id: str) -> str:
    """Return where a person says to whom they announce a change again."""
    return f"{REPEATS}{person}/{_name(change_id)}"


def published_key(change_id: str, revision: int) -> str:
    """Return where the function keeps the proposal of a revision that it announced."""
    return f"{PUBLISHED}{quote(change_id, safe='')}/{revision}.json"


def repeat_body(change_id: str, customer: str) -> bytes:
    """Return what a person writes to announce a change again."""
    return json.dumps({"change_id": change_id, "customer": customer}).encode()


def repeat_in(s3: "S3Client", bucket: str, key: str) -> tuple[str, str]:
    """Return the change and the customer in a repeat; ContractError `repeat` if it is not one."""
    body = _read(s3, bucket, key)
    found = strict_json.loads(body, max_bytes=LARGEST) if body is not None else None
    match found:
        case {"change_id": str(change_id), "customer": str(customer)}:
            return change_id, customer
    raise ContractError(
        "repeat",
        "the request to announce a change again cannot be read: run changecast reannounce again",
    )


def published(s3: "S3Client", bucket: str, change_id: str, revision: int) -> Proposal:
    """Return the proposal with which a revision was announced; ContractError `not_published`."""
    body = _read(s3, bucket, published_key(change_id, revision))
    if body is None:
        raise ContractError(
            "not_published",
            f"the hub has no approved proposal for revision {revision} of "
            f"{change_id}: propose the document again (changecast propose FILE); "
            "nobody is mailed twice",
        )
    return Proposal.read(body)


def persons_in(key: str) -> tuple[str, ...]:
    """Return the persons that a key names: a proposer and an approver, or one person.

    Raises:
        ContractError: `approval`: the key has another form.
    """
    folder, _, rest = key.partition("/")
    *persons, name = rest.split("/")
    if len(persons) != _PERSONS.get(f"{folder}/") or not name.endswith(".json"):
        raise ContractError("approval", f"{key!r} is neither an approval nor a proposal")
    if not all(_IDENTITY.fullmatch(one) for one in persons):
        raise ContractError("approval", f"{key!r} contains no aws:SourceIdentity")
    return tuple(persons)


def proposal_of(approval: str) -> str:
    """Return the key of the proposal that an approval's key is about."""
    proposer, _ = persons_in(approval)
    return f"{PROPOSALS}{proposer}/{approval.rpartition('/')[2]}"


def stored_in(s3: "S3Client", bucket: str, key: str) -> Stored:
    """Read a proposal; ContractError `no_proposal` if it is not there."""
    (person,) = persons_in(key)
    body = _read(s3, bucket, key)
    if body is None:
        raise ContractError(
            "no_proposal",
            f"{person} has no open proposal for this change: it was already announced, was never "
            "proposed, or was deleted after 90 days",
        )
    return Stored(key, person, digest(body), Proposal.read(body))


def proposals(s3: "S3Client", bucket: str) -> Iterator[Stored]:
    """Yield every proposal that waits for its approval, by proposer and change."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=PROPOSALS)
    for page in pages:
        for found in page.get("Contents", []):
            try:
                yield stored_in(s3, bucket, found["Key"])
            except ContractError:
                continue  # it was removed a moment ago, or is not ours: it cannot be approved


def write(s3: "S3Client", bucket: str, key: str, body: bytes) -> None:
    """Put an object under one's own name; AWS refuses another's."""
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/json")


def approval_body(sha256: str, at: datetime) -> bytes:
    """Return what an approver writes: the hash of what they saw, and when."""
    return json.dumps({"sha256": sha256, "approved_at": utc(at)}).encode()


def approved_hash(s3: "S3Client", bucket: str, key: str) -> str:
    """Return the hash in an approval; ContractError `no_approval` if there is none."""
    body = _read(s3, bucket, key)
    found = strict_json.loads(body, max_bytes=LARGEST) if body is not None else None
    sha256 = found.get("sha256") if isinstance(found, Mapping) else None
    if not isinstance(sha256, str) or not _HASH.fullmatch(sha256):
        raise ContractError(
            "no_approval", "the approval does not exist: approve the proposal again"
        )
    return sha256


def remove(s3: "S3Client", bucket: str, key: str) -> None:
    """Delete an object; its old versions stay for a while."""
    s3.delete_object(Bucket=bucket, Key=key)


def _read(s3: "S3Client", bucket: str, key: str) -> bytes | None:
    try:
        return s3.get_object(Bucket=bucket, Key=key)["Body"].read(LARGEST + 1)
    except ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            return None
        raise


def _name(change_id: str) -> str:
    return f"{quote(change_id, safe='')}.json"


def _value(value: Any, kind: type) -> Any:
    """Return a field of a proposal; ContractError `proposal` if it is of another kind."""
    if kind is tuple and isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    if type(value) is not kind:
        raise ContractError(
            "proposal", "the stored proposal cannot be read: propose the change again"
        )
    return value
