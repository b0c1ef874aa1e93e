"""changecast contacts revoke, rotate-links: end a person's links, and sign links with a new key."""

import time
from collections.abc import Mapping
from typing import Annotated, Any

import boto3
import typer

from changecast.customer.ledger.answers import revoke as revoke_links
from changecast.customer.ledger.table import open_ledger
from changecast.customer.planning.recipients import normalise
from changecast.customer.responding.keyring import Keyring, parse_keyring, rotated
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.contacts.account import (
    FEW,
    AccountProfile,
    AccountRegion,
    Code,
    open_list,
    outputs_of,
)
from changecast_cli.failures import FAILED, Refused
from changecast_cli.terminal import out

KEYRING = "ResponseKeyring"


def revoke(
    address: Annotated[str, typer.Argument(help="The person's mail address.")],
    customer: Code = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Revoke every personal link that was sent to a person so far; later mails have new ones.

    Needs the policies `operate-contacts` and `operate-links` in the customer's account.
    """
    if "@" not in address.strip():
        raise Refused(f"{address!r} is not a mail address")
    session = open_list(customer, profile, region, FEW).session
    secret, outputs = _secret(session), outputs_of(session)
    keyring = parse_keyring(_value(session, secret))
    plan = [(f"Revoke every personal link of {normalise(address)}; answers given so far are kept")]
    if not _goes_on(plan, yes=yes, dry_run=dry_run):
        return
    person = keyring.person(normalise(address))
    revoke_links(open_ledger(session, outputs["LedgerTable"]), person, time.time())
    out.print("Revoked. The person's next mail contains a new link.")


def rotate_links(
    customer: Code = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Sign personal links with a new key from now on; earlier links work until they expire.

    Needs the policies `operate-contacts` and `operate-links` in the customer's account.
    """
    session = open_list(customer, profile, region, FEW).session
    secret = _secret(session)
    plan = ["Add a key to the keyring. Within five minutes, links are signed with it"]
    if not _goes_on(plan, yes=yes, dry_run=dry_run):
        return
    client = session.client("secretsmanager")
    key = client.get_random_password(PasswordLength=64, ExcludePunctuation=True)["RandomPassword"]
    after = rotated(_value(session, secret), key)
    client.put_secret_value(SecretId=secret, SecretString=after)
    out.print(
        f"Rotated: within five minutes, links are signed with key {parse_keyring(after).current}"
    )


def keyring_in(session: boto3.Session, outputs: Mapping[str, str]) -> Keyring | None:
    """Return the keys of an account's personal links; None if its stack has none."""
    secret = outputs.get(KEYRING)
    return parse_keyring(_value(session, secret)) if secret else None


def _secret(session: boto3.Session) -> str:
    outputs = outputs_of(session)
    if not outputs:
        raise Refused(
            "this account has no Changecast stack, or its stack cannot be read: add --customer "
            "CODE, or use a profile for the customer's account (--profile)"
        )
    found = outputs.get(KEYRING)
    if found is None:
        raise Refused("the account's stack has no personal links: it is deployed with Responses=no")
    return found


def _value(session: boto3.Session, secret: str) -> str:
    client: Any = session.client("secretsmanager")
    return str(client.get_secret_value(SecretId=secret)["SecretString"])


def _goes_on(plan: list[str], *, yes: bool, dry_run: bool) -> bool:
    is_wanted = go_on(plan, yes=yes, dry_run=dry_run)
    if not is_wanted and not dry_run:
        raise typer.Exit(FAILED)
    return is_wanted
