"""changecast customers set, alerts: change a customer's values, or who gets the alerts."""

from pathlib import Path
from typing import Annotated

import typer

from changecast_cli.customers.alarm_topics import check_topics
from changecast_cli.customers.deploy import Deployed, deploy_all, look_first, update_hub
from changecast_cli.customers.input import address_faults
from changecast_cli.customers.list import known
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
from changecast_cli.customers.samconfig_entries import add_all, add_to_file
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig_file import HUB
from changecast_cli.failures import FAILED, Refused, warn
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json


def set_values(
    code: Annotated[str, typer.Argument(help="The customer's code.")],
    name: Name = None,
    sender: Sender = None,
    timezone: Timezone = None,
    language: Language = None,
    support: Support = None,
    provider: Provider = None,
    profile: ProfileOfItsAccount = None,
    alarm_topic: AlarmTopic = None,
    reminders: Reminders = None,
    channels: Channels = None,
    digest: Digest = None,
    deploy_now: DeployNow = False,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Change a customer's values in samconfig.toml; with --deploy, also in its stacks.

    Values that you do not name stay as they are. With --deploy alone, the stacks get the values in
    the file, including parameters that you added yourself. For a new account or Region, add a new
    customer.
    """
    customer = known(code, config)
    given = {
        "code": code, "name": name, "sender": sender, "timezone": timezone, "language": language,
        "support": support, "profile": profile, "alarm_topic": alarm_topic,
        "provider": provider, "reminders": reminders, "channels": channels,
        "digest": digest,
    }  # fmt: skip
    rows = [(code, {key: value for key, value in given.items() if value is not None})]
    if len(rows[0][1]) == 1 and not deploy_now:
        raise Refused(
            "name at least one value to change, for example --timezone Europe/Madrid, or add "
            "--deploy to deploy what samconfig.toml has"
        )
    planned = add_all(samconfig_file.read(config), rows, update=True)
    topics = check_topics(planned)
    faults = [*planned.refused.values(), *topics.missing.values()]
    if deploy_now and not faults:
        looks = look_first(planned.text, planned.customers)
        faults = [f"{code}: {look.fault}" for look in looks.values() if look.fault]
    if faults:
        raise Refused(*faults, f"Nothing was changed: {customer.code} stays as it is.")
    for unchecked in topics.unchecked.values():
        warn(unchecked)
    added = add_to_file(config, rows, None, update=True, alert_email=None)
    done: list[Deployed] = deploy_all(config, added.customers) if deploy_now else []
    tell_added(added, {}, done, deployed=deploy_now, as_json=as_json)


def alerts(
    address: Annotated[str, typer.Argument(help="The address that gets the hub's alerts.")],
    deploy_now: Annotated[
        bool, typer.Option("--deploy", help="Also update the hub's stack.")
    ] = False,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Set the address that gets the hub's alerts; with --deploy, also in the hub's stack.

    Once the hub is deployed, AWS mails a confirmation link to a new address. No alert arrives there
    until somebody opens the link.
    """
    refuse_no_address(address)
    samconfig_file.edit(
        config, lambda text: samconfig_file.with_parameter(text, HUB, "AlertEmail", address)
    )
    done = update_hub(config) if deploy_now else []
    faults = [each.fault for each in done if each.fault]
    if as_json:
        print_json({"alert_email": address, "deployed": [vars(each) for each in done],
                    "errors": [{"message": fault} for fault in faults]})  # fmt: skip
    elif not faults:
        lines = (
            (
                f"The hub's alerts are mailed to {address} once somebody there has confirmed it.",
                "If the address is new, AWS has mailed a link to it: open that link to confirm. "
                "Then: changecast doctor --alarm-test",
            )
            if deploy_now
            else (
                f"Written to samconfig.toml: the hub's alerts go to {address}.",
                f"Next: changecast customers alerts {address} --deploy",
            )
        )
        for line in lines:
            out.print(line, markup=False)
    if faults:
        raise typer.Exit(FAILED)


def refuse_no_address(address: str) -> None:
    """Raise Refused if nobody can be mailed at this address."""
    faults = list(address_faults(address))
    if faults:
        raise Refused(*faults)
