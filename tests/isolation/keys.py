"""The keys that accounts have of their own, under the policies that docs/policies gives them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from testbed.expand import REGION, ROOT
from tests.isolation.things import Thing, uses_of_key

KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
HUBS, CUSTOMERS = "docs/policies/key-hub.json", "docs/policies/key-customer.json"
# What the documents say in place of the owner's account and Region.
_SAMPLE_REGION = "eu-central-1"
_SAMPLE_ACCOUNT = {HUBS: "111111111111", CUSTOMERS: "222222222222"}


def key_policy(path: str, account: str, region: str = REGION) -> dict[str, Any]:
    """A key's policy as its owner writes it: the document with the owner's account and Region."""
    text = (ROOT / path).read_text("utf-8")
    mine = text.replace(_SAMPLE_ACCOUNT[path], account).replace(_SAMPLE_REGION, region)
    policy: dict[str, Any] = json.loads(mine)
    return policy


def keys(owner: str, account: str, policy: dict[str, Any]) -> Iterator[Thing]:
    """The key `KmsKeyId` of an account and its uses, and those of a key for other things."""
    arn = f"arn:aws:kms:{REGION}:{account}:key/{KEY_ID}"
    whole = Thing(arn, account, owner, "Key", "AWS::KMS::Key", policy)
    yield whole
    yield from uses_of_key(whole)
    ruled = [s for s in policy["Statement"] if s["Action"] == "kms:*"]
    yield from uses_of_key(
        replace(whole, arn=f"{arn[:-1]}c", name="OtherKey", policy=policy | {"Statement": ruled})
    )
