"""changecast channels list, show, test."""

import time
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
from rich.table import Table
from rich.text import Text

from changecast.contract.change import utc
from changecast.customer.ledger.endpoints import ROTATION_SECONDS, Endpoint, read_endpoints
from changecast.customer.ledger.schema import ChannelName
from changecast.customer.sending.endpoint_tests import PASSED, hint_test
from changecast_cli.channels.account import ChannelArgument, Channels, open_channels
from changecast_cli.contacts.account import AccountProfile, AccountRegion, Code
from changecast_cli.failures import Failed
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted, out, print_json, working

POLL_SECONDS = 1.0


def list_all(
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """List the account's chats and webhooks, and the state of each."""
    found = read_endpoints(open_channels(customer, profile, region).ledger)
    if as_json:
        print_json({"channels": [_plain(each) for each in found]})
        return
    table = Table(box=None, pad_edge=False, header_style="bold dim", show_edge=False)
    for column in ("NAME", "CHANNEL", "TOPICS", "TARGET", "STATE"):
        table.add_column(column, overflow="fold")
    for each in found:
        cells = (
            each.name,
            each.channel.value,
            ", ".join(each.topics),
            leads_to(each),
            state_of(each),
        )
        table.add_row(*map(Text, cells))
    out.print(table)
    out.print(counted(len(found), "channel"))


def show(
    name: ChannelArgument,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Show one chat or webhook: its topics, its target and its state."""
    found = open_channels(customer, profile, region).known(name)
    if as_json:
        print_json(_plain(found))
        return
    for label, value in _plain(found).items():
        said = ", ".join(value) if isinstance(value, tuple) else value
        if said not in (None, "", False):
            out.print(Text(f"{label.replace('_', ' '):<16}{'yes' if said is True else said}"))


def probe(
    name: ChannelArgument,
    wait: Annotated[
        float,
        typer.Option(help="How many seconds to wait for the result; at most 600.", min=1, max=600),
    ] = 60.0,
    customer: Code = None,
    as_json: AsJson = False,
    profile: AccountProfile = None,
    region: AccountRegion = None,
) -> None:
    """Send a test notice to one chat or webhook, and show the result.

    If the channel is off, a test that passes switches it on again.
    """
    channels = open_channels(customer, profile, region)
    before = channels.known(name).tested_at
    sqs = channels.session.client("sqs")
    sqs.send_message(QueueUrl=channels.queue, MessageBody=hint_test(name))
    with working(f"Waiting for {name}"):
        tested = _tested(channels, name, before, time.monotonic() + wait)
    if as_json:
        print_json({"name": name, "result": tested.test_result})
    elif tested.test_result == PASSED:
        out.print(f"{name} ✓ accepted", markup=False)
    if tested.test_result != PASSED:
        raise Failed(
            f"{name} did not accept the test: {tested.test_result}. What this result "
            "means: docs/runbook/dead-channel.md"
        )


def _tested(channels: Channels, name: str, before: float, deadline: float) -> Endpoint:
    while True:
        found = channels.known(name)
        if found.tested_at > before:
            return found
        if time.monotonic() >= deadline:
            raise Failed(
                f"the test of {name} has no result yet; look again later: "
                f"changecast channels show {name}{channels.where}"
            )
        time.sleep(POLL_SECONDS)


def leads_to(endpoint: Endpoint) -> str:
    """Return a webhook's host, without its path, which may be secret, or a chat's topic."""
    if endpoint.channel is ChannelName.WEBHOOK:
        return urlsplit(endpoint.target).netloc
    return endpoint.target.rpartition(":")[2]


def state_of(endpoint: Endpoint) -> str:
    """Return an endpoint's state in words."""
    if not endpoint.is_on:
        return f"off: {endpoint.off}"
    if endpoint.failing_since:
        return f"failing: {endpoint.failure}, since {_time(endpoint.failing_since)}"
    if endpoint.told_at:
        return f"✓ last notice {_time(endpoint.told_at)}"
    return "✓ no notice sent yet"


def _plain(endpoint: Endpoint) -> dict[str, Any]:
    until = endpoint.rotated_at + ROTATION_SECONDS
    return {
        "name": endpoint.name,
        "channel": endpoint.channel.value,
        "topics": endpoint.topics,
        "target": endpoint.target,
        "tests": endpoint.tests,
        "state": state_of(endpoint),
        "added_at": _time(endpoint.created_at),
        "told_at": _time(endpoint.told_at),
        "tested_at": _time(endpoint.tested_at),
        "test_result": endpoint.test_result or None,
        "old_secret_ends_at": _time(until) if until > time.time() else None,
    }


def _time(seconds: float) -> str | None:
    return utc(datetime.fromtimestamp(seconds, UTC)) if seconds else None
