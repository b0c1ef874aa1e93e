"""Routes of customers: no code, so no process of sam for each, but the same arguments."""

import boto3

from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.sam import repository
from changecast_cli.deploying.stacks import deploy_stack
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of

POLL_SECONDS = 1.0


def hub_session(text: str) -> boto3.Session:
    """The hub's account, by [hub] of samconfig.toml; Refused where the profile is another's."""
    profile = samconfig_file.hub_profile(text)
    session = boto3.Session(profile_name=profile, region_name=samconfig_file.hub_region(text))
    hub = samconfig_file.hub_in(text)
    account = session.client("sts").get_caller_identity()["Account"]
    if hub and account != hub.account:
        by = f"profile {profile}" if profile else "the credentials here"
        raise Refused(
            f"{by} lead into account {account}, but the hub is {hub.account}: nothing was done"
        )
    return session


def deploy_route(hub: boto3.Session, text: str, name: str) -> None:
    """What `sam deploy --config-env NAME` does for a route. Failed has the stack's own reason."""
    environment = samconfig_file.tables(text)[name]
    template = environment["deploy"]["parameters"]["template_file"]
    deploy_stack(
        hub,
        environment["global"]["parameters"]["stack_name"],
        (repository() / template).read_text("utf-8"),
        parameters_of(environment),
        poll_seconds=POLL_SECONDS,
    )
