"""changecast channels rotate, and the secrets of webhooks, which are never read here."""

import base64
import secrets
import time
from typing import Any

import typer
from botocore.exceptions import ClientError

from changecast.customer.channels.webhook import SECRET_PREFIX
from changecast.customer.ledger.endpoints import ROTATION_SECONDS, Endpoint, note_rotation
from changecast_cli.asking import DryRun, Yes, go_on
from changecast_cli.channels.account import ChannelArgument, Channels, open_channels
from changecast_cli.contacts.account import AccountProfile, AccountRegion, Code
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json

KEY_BYTES = 32
FOLDER = "changecast/channels/"


def rotate(
    name: ChannelArgument,
    customer: Code = None,
    yes: Yes = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Give a webhook a new secret. For a day, notices are signed with both secrets."""
    channels = open_channels(customer, profile, region)
    found = channels.known(name)
    if not found.secret:
        raise Refused(f"{name} is a {found.channel}, which has no secret")
    plan = [f"Give the webhook {name} a new secret; the old one stays valid for 24 hours"]
    if time.time() - found.rotated_at < ROTATION_SECONDS:
        plan.append(
            "The secret was already rotated in the last 24 hours: the previous one "
            "stops working now"
        )
    if not go_on(plan, yes=yes, dry_run=dry_run):
        if dry_run:
            return
        raise typer.Exit(FAILED)
    secret = new_secret()
    # Write the note first: with one secret it changes nothing, and without it the old secret would
    # end.
    note_rotation(channels.ledger, name, time.time())
    client = channels.session.client("secretsmanager")
    client.put_secret_value(SecretId=found.secret, SecretString=secret)
    if as_json:
        print_json({"name": name, "secret": secret})
        return
    out.print(f"Secret, shown only once: {secret}", markup=False)
    out.print(
        "Give the secret to the receiver within 24 hours. To test the webhook: changecast "
        f"channels test {name}{channels.where}",
    )


def new_secret() -> str:
    """Return a secret as Standard Webhooks writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def keep_secret(channels: Channels, name: str, secret: str) -> str:
    """Store the secret of a new webhook and return its ARN.

    A secret of a removed webhook with the same name is overwritten: it was deleted at once, but AWS
    may still have it for a moment.
    """
    client = channels.session.client("secretsmanager")
    own_key: Any = {"KmsKeyId": channels.key} if channels.key else {}
    said = f"Signs the notices of the webhook {name}"
    try:
        return client.create_secret(
            Name=f"{FOLDER}{name}", Description=said, SecretString=secret, **own_key
        )["ARN"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
    return client.put_secret_value(SecretId=f"{FOLDER}{name}", SecretString=secret)["ARN"]


def delete_secret(channels: Channels, gone: Endpoint) -> None:
    """Delete the secret of a removed webhook at once, because nothing is signed with it."""
    client = channels.session.client("secretsmanager")
    client.delete_secret(SecretId=gone.secret, ForceDeleteWithoutRecovery=True)
