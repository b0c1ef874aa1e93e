"""changecast customers add: write customers into samconfig.toml, and deploy them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from changecast_cli.asking import ask
from changecast_cli.customers.alarm_topics import check_topics
from changecast_cli.customers.buses import most_routes_in, most_routes_of
from changecast_cli.customers.deploy import Deployed, deploy_all, look_first
from changecast_cli.customers.input import read_rows
from changecast_cli.customers.options import (
    AlarmTopic,
    Channels,
    Config,
    DeployNow,
    Digest,
    Language,
    Name,
    ProfileOfItsAccount,
    Provider,
    Reminders,
    Sender,
    Support,
    Timezone,
)
from changecast_cli.customers.results import tell_added
from changecast_cli.customers.routes import hub_session
from changecast_cli.customers.samconfig_entries import Added, Rows, add_all, add_to_file
from changecast_cli.customers.setting import refuse_no_address
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import HubStack
from changecast_cli.failures import Refused, warn
from changecast_cli.options import AsJson

NOBODY_IS_ALERTED = (
    "nobody will be alerted when something fails, because no address is set for the hub's alerts. "
    "Set one: changecast customers alerts ops@your-company.example --deploy"
)


def add(
    code: Annotated[str | None, typer.Argument(help="The customer's code.")] = None,
    account: Annotated[str | None, typer.Option(help="The customer's AWS account.")] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS Region where the customer uses SES.")
    ] = None,
    name: Name = None,
    sender: Sender = None,
    timezone: Timezone = None,
    language: Language = None,
    support: Support = None,
    provider: Provider = None,
    profile: ProfileOfItsAccount = None,
    contact_list: Annotated[
        str | None,
        typer.Option(help="The name of the contact list, if the account already has one."),
    ] = None,
    identity_exists: Annotated[
        bool,
        typer.Option("--identity-exists", help="The sender's domain is already an SES identity."),
    ] = False,
    alarm_topic: AlarmTopic = None,
    reminders: Reminders = None,
    channels: Channels = None,
    digest: Digest = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", help="CSV file with one customer per line; - is stdin."),
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Encoding of the CSV file.")] = None,
    update: Annotated[
        bool, typer.Option("--update", help="Change customers whose values differ from the file.")
    ] = False,
    skip_faulty: Annotated[
        bool, typer.Option("--skip-faulty", help="Skip lines that have faults, and add the rest.")
    ] = False,
    deploy_now: DeployNow = False,
    alert_email: Annotated[
        str | None, typer.Option(help="The address that gets the hub's alerts.")
    ] = None,
    hub_account: Annotated[
        str | None, typer.Option(help="The hub's account; needed for the first customer.")
    ] = None,
    hub_region: Annotated[
        str, typer.Option(help="The hub's Region, when you add the first customer.")
    ] = "eu-central-1",
    hub_profile: Annotated[
        str | None,
        typer.Option(help="AWS profile for the hub's account, when you add the first customer."),
    ] = None,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Add customers to samconfig.toml; with --deploy, also deploy their stacks.

    Checks every line first and, with --deploy, every account. If anything is wrong, lists every
    fault and changes nothing. Puts each customer on the first bus of the hub that has room, and
    adds a bus if all are full. Safe to repeat.
    """
    one = {
        "code": code, "account": account, "region": region, "name": name, "sender": sender,
        "timezone": timezone, "language": language, "support": support, "profile": profile,
        "contact_list": contact_list, "identity_exists": "yes" if identity_exists else None,
        "alarm_topic": alarm_topic, "provider": provider, "reminders": reminders,
        "channels": channels, "digest": digest,
    }  # fmt: skip
    rows = _rows(one, from_file, encoding)
    hub = HubStack(hub_account, hub_region, hub_profile) if hub_account else None
    alert_email = _who_is_alerted(config, alert_email)
    most_routes = _most_routes(config, hub, deploy_now=deploy_now)
    planned = add_all(
        samconfig_file.read(config), rows, hub, update=update, most_routes=most_routes
    )
    topics, places = check_topics(planned), _places(rows)
    refused = planned.refused | {places[code]: why for code, why in topics.missing.items()}
    if deploy_now and (skip_faulty or not refused):
        refused = refused | _refused_accounts(planned, places)
    good = [row for row in rows if row[0] not in refused]
    if refused and not (skip_faulty and good):
        raise Refused(*_sentences(refused, len(good)))
    for unchecked in topics.unchecked.values():
        warn(unchecked)
    added = add_to_file(
        config, good, hub, update=update, alert_email=alert_email, most_routes=most_routes
    )
    if added.refused:
        raise Refused(*_sentences(added.refused, len(good) - len(added.refused)))
    done: list[Deployed] = deploy_all(config, added.customers) if deploy_now else []
    tell_added(added, refused, done, deployed=deploy_now, as_json=as_json)


def _rows(one: Mapping[str, str | None], from_file: Path | None, encoding: str | None) -> Rows:
    """Return (place in the input, values) of every requested customer."""
    if from_file is None:
        if not one["code"]:
            raise Refused("give a customer's CODE, or use --from customers.csv")
        return [(str(one["code"]), {key: value for key, value in one.items() if value})]
    also = [
        f"--{name.replace('_', '-')}" for name, value in one.items() if value and name != "code"
    ]
    if one["code"] or also:
        raise Refused(f"--from already lists the customers; omit {', '.join(also) or one['code']}")
    return [(f"{from_file}:{line}", row) for line, row in read_rows(from_file, encoding)]


def _most_routes(config: Path, hub: HubStack | None, *, deploy_now: bool) -> int:
    """Return how many routes a bus can have; without --deploy, no account is asked."""
    text = samconfig_file.read(config)
    if deploy_now and samconfig_file.hub_in(text):
        return most_routes_of(hub_session(text))
    region = samconfig_file.hub_region(text) or (hub.region if hub else "")
    return most_routes_in(region)


def _who_is_alerted(config: Path, given: str | None) -> str | None:
    """Return the address for alerts; ask for it when the file gets its hub."""
    if given is None and samconfig_file.HUB not in samconfig_file.tables(
        samconfig_file.read(config)
    ):
        given = ask(
            "Who gets the alerts when something fails? Enter an address, or leave it "
            "empty for nobody"
        )
        if not given:
            warn(NOBODY_IS_ALERTED)
    if given:
        refuse_no_address(given)
    return given or None


def _places(rows: Rows) -> dict[str, str]:
    """Return where the input names each customer, by code."""
    return {row["code"].strip(): where for where, row in rows if row.get("code")}


def _refused_accounts(planned: Added, places: Mapping[str, str]) -> dict[str, str]:
    """Return the faults of the customers' accounts, by place in the input."""
    looks = look_first(planned.text, planned.customers)
    return {places[code]: look.fault for code, look in looks.items() if look.fault}


def _sentences(refused: Mapping[str, str], good: int) -> list[str]:
    faults = [why if why.startswith(where) else f"{where}: {why}" for where, why in refused.items()]
    skip = f", or add --skip-faulty to continue with the other {good}" if good else ""
    return [*faults, f"Nothing was changed. Correct what is listed{skip}."]
