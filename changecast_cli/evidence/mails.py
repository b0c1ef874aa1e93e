"""The mails in customers' accounts: each one's hash, and the outcome of every copy."""

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.errors import ChangecastError
from changecast.customer.ledger.schema import Run
from changecast.customer.ledger.table import runs_of
from changecast_cli.customer_access import CustomerAccount
from changecast_cli.evidence.collecting import MAILS, Files, as_json
from changecast_cli.failures import explained
from changecast_cli.watching.recipients import plain, recipients_of
from changecast_cli.watching.renderings import renderings_of

Enter = Callable[[str], CustomerAccount]


def mails_of(
    enter: Enter, change_id: str, codes: Iterable[str], *, addresses: bool
) -> tuple[Files, dict[str, str]]:
    """Return a file for each customer whose account is open, and why the others have none."""
    files: Files = {}
    left_out: dict[str, str] = {}
    for code in codes:
        name = f"{MAILS}{code}.json"
        try:
            files[name] = as_json(_runs(enter(code), change_id, addresses=addresses))
        except (ChangecastError, ClientError, BotoCoreError) as error:
            left_out[name] = explained(error) or str(error)
    return files, left_out


def _runs(account: CustomerAccount, change_id: str, *, addresses: bool) -> list[dict[str, Any]]:
    ledger = account.ledger()
    return [
        _run(account, run, [*recipients_of(ledger, run)], addresses=addresses)
        for run in runs_of(ledger, change_id)
    ]


def _run(
    account: CustomerAccount, run: Run, recipients: list[Any], *, addresses: bool
) -> dict[str, Any]:
    variants = sorted({recipient.variant for recipient in recipients})
    return {
        "revision": run.revision,
        "kind": run.kind,
        "mails": _hashes(account, run, variants),
        "recipients": [_recipient(one, addresses=addresses) for one in recipients],
    }


def _hashes(account: CustomerAccount, run: Run, variants: list[str]) -> dict[str, str]:
    """Return the SHA-256 of each mail that recipients got, or why there is none."""
    try:
        kept = renderings_of(account, run, variants)
    except ClientError as error:
        return dict.fromkeys(variants, explained(error) or str(error))
    return {
        name: f"sha256:{hashlib.sha256(kept[name]).hexdigest()}" if name in kept
        else "no longer kept"
        for name in variants
    }  # fmt: skip


def _recipient(recipient: Any, *, addresses: bool) -> dict[str, Any]:
    """Return a recipient without any part of the address."""
    shown = plain(recipient, show_addresses=addresses) | {"variant": recipient.variant}
    return shown if addresses else {name: shown[name] for name in shown if name != "address"}
