"""Add a customer: a form that writes the same as `changecast customers add`, and says what is next.

Nothing is deployed from here, because that takes minutes and a deployer's permissions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from changecast.contract.fields import time_zones
from changecast.customer.compose.words import languages
from changecast_cli.console.announcing import form_of
from changecast_cli.console.mails import SAMCONFIG
from changecast_cli.console.pages import page
from changecast_cli.customers.alarm_topics import check_topics
from changecast_cli.customers.deploy import lines_for
from changecast_cli.customers.input import regions_with_ses
from changecast_cli.customers.samconfig_entries import Added, add_all, add_to_file
from changecast_cli.customers.setting import refuse_no_address
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import HubStack
from changecast_cli.failures import Refused


@dataclass(frozen=True)
class Field:
    """A field of the form; `choices` are suggestions."""

    name: str
    label: str
    choices: str = ""
    is_needed: bool = False
    example: str = ""


FIELDS = (
    Field("code", "Code: a-z, 0-9 and -, as in documents", is_needed=True, example="acme"),
    Field("name", "Name, as its people know it", is_needed=True, example="Acme Industries"),
    Field("account", "AWS account, 12 digits", is_needed=True, example="222222222222"),
    Field("region", "Region where it uses SES", "regions", is_needed=True, example="eu-central-1"),
    Field("sender", "Address that its mails come from", is_needed=True,
          example="changes@acme.example"),
    Field("timezone", "Time zone", "zones", is_needed=True, example="Europe/Madrid"),
    Field("language", "Language of its mails; English if empty", "languages"),
    Field("support", "Contact for readers: an address or a sentence; the sender if empty"),
    Field("profile", "AWS profile for its account", example="changecast-acme"),
    Field("provider", "Your company's name, as mails show it"),
    Field("contact_list", "Contact list, if its account already has one"),
    Field("alarm_topic", "SNS topic in its account for its own alarms"),
)  # fmt: skip
# Asked for if samconfig.toml has no hub yet.
HUB_FIELDS = (
    Field("hub_account", "AWS account of the hub", is_needed=True, example="111111111111"),
    Field("hub_region", "Region of the hub", "regions", is_needed=True, example="eu-central-1"),
    Field("hub_profile", "AWS profile for the hub's account"),
    Field("alert_email", "Address that is alerted when something fails",
          example="ops@provider.example"),
)  # fmt: skip
EXISTS = "identity_exists"
MOST_FIELDS = len(FIELDS) + len(HUB_FIELDS) + 2
Given = Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """The planned entry: the new lines in the file, and the next commands."""

    code: str
    says: str
    lines: list[str]
    commands: list[str]


def form(request: Request) -> Response:
    """Show the form."""
    return _form(request, {})


async def checked(request: Request) -> Response:
    """Check the form: show its faults, or the planned entry."""
    given = await _given(request)
    return await run_in_threadpool(_checked, request, given)


async def written(request: Request) -> Response:
    """Write the entry, and go to the customer's page."""
    given = await _given(request)
    await run_in_threadpool(write, given)
    base = request.app.state.console.base
    query = urlencode({"code": given.get("code", "")})
    return RedirectResponse(f"{base}/customers/customer?{query}", 303)


def entry_of(given: Given) -> Entry:
    """Return the planned entry for a customer.

    Raises:
        Refused: The form has faults, listed as by `customers add`.
    """
    text = samconfig_file.read(SAMCONFIG)
    added = add_all(text, [_row(given)], _hub(given), alert_email=_alerted(given))
    _refuse(added)
    topics = check_topics(added)
    if topics.missing:
        raise Refused(*topics.missing.values())
    lines = _new_lines(text, added.text)
    (customer,) = added.customers
    says = "is new" if added.new else "already exists, with the same values"
    says = "; ".join([says, *topics.unchecked.values()])
    return Entry(customer.code, says, lines, lines_for(added.customers))


def _new_lines(before: str, after: str) -> list[str]:
    found = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0)
    return [line[1:] for line in [*found][2:] if line.startswith("+")]


def write(given: Given) -> None:
    """Write a customer to samconfig.toml, once; raises Refused like `entry_of`."""
    hub, alerted = _hub(given), _alerted(given)
    _refuse(add_to_file(SAMCONFIG, [_row(given)], hub, update=False, alert_email=alerted))


def _refuse(added: Added) -> None:
    if added.refused:
        raise Refused(*added.refused.values())


def _checked(request: Request, given: Given) -> Response:
    try:
        entry = entry_of(given)
    except Refused as refusal:
        faults = [part for one in refusal.sentences for part in one.split("; ")]
        return _form(request, given, faults)
    return page(request, "adding.html.j2", entry=entry, given=given, file=SAMCONFIG)


def _form(request: Request, given: Given, faults: list[str] | None = None) -> Response:
    has_hub = samconfig_file.hub_in(samconfig_file.read(SAMCONFIG)) is not None
    return page(
        request,
        "add.html.j2",
        422 if faults else 200,
        given=given,
        faults=faults or [],
        fields=FIELDS,
        hub_fields=() if has_hub else HUB_FIELDS,
        choices={"regions": sorted(regions_with_ses()), "zones": sorted(time_zones()),
                 "languages": sorted(languages())},
        file=SAMCONFIG.resolve(),
    )  # fmt: skip


async def _given(request: Request) -> Given:
    sent = await form_of(request, MOST_FIELDS)
    known = {one.name for one in (*FIELDS, *HUB_FIELDS)} | {EXISTS}
    return {name: value.strip() for name, value in sent.items() if name in known and value.strip()}


def _row(given: Given) -> tuple[str, Given]:
    own = {one.name for one in FIELDS} | {EXISTS}
    return given.get("code", "the customer"), {n: v for n, v in given.items() if n in own}


def _hub(given: Given) -> HubStack | None:
    if "hub_account" not in given:
        return None
    return HubStack(given["hub_account"], given.get("hub_region", ""), given.get("hub_profile"))


def _alerted(given: Given) -> str | None:
    if address := given.get("alert_email"):
        refuse_no_address(address)
    return given.get("alert_email")
