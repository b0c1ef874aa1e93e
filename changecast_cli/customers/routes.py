"""Deploy routes and further buses with the API: they have no code, so sam is not needed."""

import boto3

from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.sam import repository
from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of
from changecast_cli.wrong_account import belonging

POLL_SECONDS = 1.0


def hub_session(text: str) -> boto3.Session:
    """Return a session for the hub by [hub] of samconfig.toml; Refused if another account's."""
    profile = samconfig_file.hub_profile(text)
    session = boto3.Session(profile_name=profile, region_name=samconfig_file.hub_region(text))
    hub = samconfig_file.hub_in(text)
    account = account_of(session)
    if hub and account != hub.account:
        raise Refused(
            f"{belonging(profile)} to account {account}, but the hub is in {hub.account}. Nothing "
            "was done. In samconfig.toml, give [hub] a profile of its own account"
        )
    return session


def account_of(session: boto3.Session) -> str:
    """Return a session's account."""
    return session.client("sts").get_caller_identity()["Account"]


def deploy_without_code(hub: boto3.Session, text: str, name: str) -> None:
    """Deploy a route or a further bus of the hub as `sam deploy --config-env NAME` would.

    Raises:
        Failed: It has the stack's reason.
    """
    environment = samconfig_file.tables(text)[name]
    template = environment["deploy"]["parameters"]["template_file"]
    deploy_stack(
        hub,
        environment["global"]["parameters"]["stack_name"],
        (repository() / template).read_text("utf-8"),
        parameters_of(environment),
        poll_seconds=POLL_SECONDS,
    )
