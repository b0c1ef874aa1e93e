"""Shell completion for customers, changes and topics."""

import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROUTE = "-route"
TOPICS = ("announcements", "approvals", "calendar", "digest")
BACK = timedelta(days=7)
SECONDS = 2


def complete_parameters(command: Any) -> None:
    """Add completion to every known parameter of a verb and of the verbs below it."""
    for parameter in command.params:
        offer = _OFFERS.get(parameter.name)
        # typer accepts completions only where an option is declared; this is what it sets there.
        if offer and parameter._custom_shell_complete is None:
            parameter._custom_shell_complete = _offering(offer)
    for below in getattr(command, "commands", {}).values():
        complete_parameters(below)


def _offering(offer: Callable[[Any], Iterator[str]]) -> Callable[[Any, Any, str], list[str]]:
    def offered(context: Any, _: Any, incomplete: str) -> list[str]:
        return [each for each in offer(context) if each.startswith(incomplete)]

    return offered


def customer_codes(context: Any) -> Iterator[str]:
    """Yield the customers in this folder's samconfig.toml, or in the file that --config names."""
    config = context.params.get("config") or Path("samconfig.toml")
    try:
        environments = tomllib.loads(Path(config).read_text("utf-8"))
    except (OSError, ValueError):
        return
    yield from (name.removesuffix(ROUTE) for name in environments if name.endswith(ROUTE))


def change_ids(context: Any) -> Iterator[str]:
    """Yield the changes of a week, newest first; nothing if the hub does not answer at once."""
    # A second of imports, only to complete a change.
    from botocore.config import Config  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    from changecast.hub.announcing.announce import STATUS_TABLE  # noqa: PLC0415
    from changecast_cli.options import session  # noqa: PLC0415
    from changecast_cli.watching.status import recent  # noqa: PLC0415

    quick = Config(connect_timeout=SECONDS, read_timeout=SECONDS, retries={"total_max_attempts": 1})
    try:
        at = session(context.params.get("profile"), context.params.get("region"))
        table = at.resource("dynamodb", config=quick).Table(STATUS_TABLE)
        runs = recent(table, datetime.now(UTC) - BACK, None)
    except (BotoCoreError, ClientError):
        return
    yield from dict.fromkeys(str(run["change_id"]) for run in runs)


def topics(_: Any) -> Iterator[str]:
    """Yield the topics of our template's contact list."""
    yield from TOPICS


_OFFERS: dict[str, Callable[[Any], Iterator[str]]] = {
    "customer": customer_codes,
    "canary": customer_codes,
    "code": customer_codes,
    "change_id": change_ids,
    "topic": topics,
    "topics": topics,
}
