"""Credentials of the wrong account: whose they are, and whose the command needs.

AWS answers them with AccessDenied, or as if something were missing. samconfig.toml knows the
accounts of the hub and of the customers, so the sentence can name them.
"""

from collections.abc import Iterable
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast_cli import options
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.failures import Refused


def clearer(error: Exception) -> Exception:
    """Return the error that names the wrong account, if that is why AWS refused; else the same."""
    if not isinstance(error, ClientError) or not options.opened:
        return error
    try:
        text = samconfig_file.read(Path("samconfig.toml"))
        hub, customers = samconfig_file.hub_in(text), samconfig_file.customers_in(text)
    except Refused:
        return error
    if hub is None:
        return error
    for side, session in options.opened.items():
        account = _account(session)
        is_hub = account == hub.account
        if side == options.HUB and account and not is_hub:
            return Refused(_not_the_hub(session, account, hub.account, customers.values()))
        if side == options.CUSTOMER and is_hub:
            return Refused(
                f"{_by(session)} to account {account}, the hub's, but this command works in a "
                "customer's account: nothing was done there. Add --customer CODE, or use a "
                "profile for that customer's account (AWS_PROFILE, --profile)"
            )
    return error


def _not_the_hub(
    session: boto3.Session, account: str, hub: str, customers: Iterable[CustomerStack]
) -> str:
    codes = ", ".join(each.code for each in customers if each.account == account)
    whose = f" ({codes})" if codes else ""
    return (
        f"{_by(session)} to account {account}{whose}, but the hub is in {hub}: nothing was done "
        "there. Use a profile for the hub's account (AWS_PROFILE, --profile)"
    )


def belonging(profile: str | None) -> str:
    """Return how a sentence about the account of a profile begins; without one, of credentials."""
    return f"profile {profile} belongs" if profile else "these credentials belong"


def _by(session: boto3.Session) -> str:
    name = session.profile_name
    return belonging(None if name == "default" else name)


def _account(session: boto3.Session) -> str:
    """Return the account of a session; "" if AWS does not say it."""
    try:
        return str(session.client("sts").get_caller_identity()["Account"])
    except (ClientError, BotoCoreError):
        return ""
