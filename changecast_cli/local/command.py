"""changecast local: an embedded cloud to try things in, on this machine only."""

import configparser
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from changecast.registry import list_customers
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import Refused
from changecast_cli.local import process as local_cloud
from changecast_cli.local.mails import by_customer, mails_table, summary_table, write_mails
from changecast_cli.options import AsJson
from changecast_cli.preview.brands import parameters_of
from changecast_cli.terminal import HarmlessConsole, err, out, print_json, working
from changecast_local.cloud import Cloud

HUB_ACCOUNT = "111111111111"
WIDE = 10_000
app = typer.Typer(no_args_is_help=True, help="An embedded cloud to try things in.")


@app.command()
def up(as_json: AsJson = False) -> None:
    """Start the embedded cloud; it is empty, and gone when it is ended.

    `eval "$(changecast local env hub)"` then sends changecast, sam and aws to it.
    """
    with working("Starting the local cloud"):
        local = local_cloud.start()
    if as_json:
        print_json({"endpoint": local.cloud.endpoint, "pid": local.pid})
    else:
        out.print(f'Up at {local.cloud.endpoint}; next: eval "$(changecast local env hub)"')


@app.command()
def down(as_json: AsJson = False) -> None:
    """End the embedded cloud that was started in this folder."""
    local = local_cloud.running()
    local_cloud.stop(local)
    if as_json:
        print_json({"stopped": local.pid})
    else:
        out.print("Down.")


@app.command()
def env(
    account: Annotated[
        str, typer.Argument(help="An account number, `hub`, or the code of a customer.")
    ],
    as_json: AsJson = False,
) -> None:
    """Print what to set so that any AWS tool talks to an account of the embedded cloud."""
    local = local_cloud.running()
    number = _account_number(local.cloud, account)
    variables = local.cloud.environment(number) | {
        "AWS_CONFIG_FILE": str(_write_profiles(local).resolve())
    }
    if as_json:
        print_json(variables)
    else:
        for name, value in variables.items():
            print(f"export {name}={shlex.quote(value)}")


@app.command()
def mails(
    customer: Annotated[str | None, typer.Option(help="Only mails from this customer.")] = None,
    each: Annotated[bool, typer.Option("--each", help="A line per mail.")] = False,
    save: Annotated[
        Path | None, typer.Option(help="A folder to write every mail to, as .eml and .html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the mails that left any account of the embedded cloud, by customer and subject."""
    cloud = local_cloud.running().cloud
    found = by_customer(cloud.mails(), codes_by_account(cloud))
    if customer is not None:
        found = [mail for mail in found if mail["customer"] == customer]
    if save and found:
        write_mails(found, save)
        err.print(f"Written to {escape(str(save))}/: {len(found)}", soft_wrap=True)
    if as_json:
        print_json(found)
    elif found:
        # A line is a mail, so that other programs can read it: only a screen has a width.
        console = out if out.is_terminal else HarmlessConsole(width=WIDE, highlight=False)
        console.print(mails_table(found) if each else summary_table(found))
    else:
        err.print("No mails yet.")


def codes_by_account(cloud: Cloud) -> dict[str, str]:
    """Account number -> customer code, by the registry of the embedded hub."""
    ssm = cloud.session(HUB_ACCOUNT).client("ssm")
    return {entry.account: code for code, entry in list_customers(ssm).items()}


def _account_number(cloud: Cloud, account: str) -> str:
    if account.isdecimal() and len(account) == 12:
        return account
    if account == "hub":
        return HUB_ACCOUNT
    numbers = {code: number for number, code in codes_by_account(cloud).items()}
    numbers |= _accounts_in(_samconfig())
    if account not in numbers:
        known = ", ".join(["hub", *sorted(numbers)])
        raise Refused(f"{account!r} is neither an account number nor one of: {known}")
    return numbers[account]


def _write_profiles(local: local_cloud.LocalCloud) -> Path:
    """An AWS configuration with the profiles of samconfig.toml and of every registered customer.

    https://docs.aws.amazon.com/cli/v1/userguide/cli-configure-files.html
    """
    samconfig = _samconfig()
    registered = {code: number for number, code in codes_by_account(local.cloud).items()}
    accounts = {"hub": HUB_ACCOUNT} | registered | _accounts_in(samconfig)
    profiles = configparser.ConfigParser(interpolation=None)
    for code, account in accounts.items():
        keys = local.cloud.environment(account)
        name = _parameters(samconfig, code, "global").get("profile", f"changecast-{code}")
        profiles[f"profile {name}"] = {
            "aws_access_key_id": keys["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
            "region": keys["AWS_DEFAULT_REGION"],
        }
    path = local.folder / "aws-config"
    with path.open("w") as file:
        profiles.write(file)
    return path


def _samconfig() -> Mapping[str, Any]:
    return samconfig_file.tables(samconfig_file.read(Path("samconfig.toml")))


def _accounts_in(samconfig: Mapping[str, Any]) -> dict[str, str]:
    """Customer code -> account, by the route environments of samconfig.toml."""
    found = {}
    for environment in samconfig.values():
        values = parameters_of(environment) if isinstance(environment, dict) else {}
        if {"CustomerAccount", "CustomerCode"} <= values.keys():
            found[values["CustomerCode"]] = values["CustomerAccount"]
    return found


def _parameters(samconfig: Mapping[str, Any], environment: str, verb: str) -> dict[str, Any]:
    table = samconfig.get(environment)
    for key in (verb, "parameters"):
        table = table.get(key) if isinstance(table, Mapping) else None
    return dict(table) if isinstance(table, Mapping) else {}
