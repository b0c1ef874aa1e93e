"""The channels of one account, with their table and their secrets."""

from dataclasses import dataclass, replace
from typing import Annotated

import boto3
import typer

from changecast.customer.ledger.endpoints import Endpoint, read_endpoint, read_endpoints
from changecast.customer.ledger.table import Ledger, open_ledger
from changecast_cli.contacts.account import same_account, session_for
from changecast_cli.customers.account import STACK, parameters
from changecast_cli.deploying.stacks import find_stack
from changecast_cli.failures import Refused

ChannelArgument = Annotated[
    str, typer.Argument(help="The channel's name, as `channels list` shows it.")
]


@dataclass(frozen=True)
class Channels:
    """The parts of a customer's account that channels need; its own `key` may encrypt secrets.

    `where` are the words that lead a further command into the same account.
    """

    session: boto3.Session
    ledger: Ledger
    queue: str
    key: str
    where: str = ""

    @property
    def account(self) -> str:
        """The account's number."""
        return str(self.session.client("sts").get_caller_identity()["Account"])

    def known(self, name: str) -> Endpoint:
        """Return a channel; Refused if there is none with this name."""
        found = read_endpoint(self.ledger, name)
        if found is None:
            names = ", ".join(each.name for each in read_endpoints(self.ledger)) or "none"
            raise Refused(f"there is no channel {name!r} here (channels: {names})")
        return found


def open_channels(code: str | None, profile: str | None, region: str | None) -> Channels:
    """Open the channels of a customer in samconfig.toml, or of the credentials' own account."""
    channels = channels_of(session_for(code, profile, region))
    return replace(channels, where=same_account(code, profile))


def channels_of(session: boto3.Session) -> Channels:
    """Open the channels of a session's account; Refused if it has none."""
    stack = find_stack(session, STACK)
    if stack is None:
        raise Refused(
            "this account has no Changecast stack, and channels are in the customer's account: "
            "add --customer CODE, use a profile for that account (--profile), or deploy its "
            "stack first"
        )
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", ())}
    if "NoticesQueue" not in outputs:
        raise Refused(
            "the account's stack is deployed without channels. The provider can add "
            "them: changecast customers set CUSTOMER --channels yes --deploy"
        )
    ledger = open_ledger(session, outputs["LedgerTable"])
    return Channels(session, ledger, outputs["NoticesQueue"], parameters(stack).get("KmsKeyId", ""))
