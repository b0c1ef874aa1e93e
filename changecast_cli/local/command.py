"""changecast local: an embedded cloud for trying things, on this machine only."""

import configparser
import io
import shlex
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from changecast.hub.registry import list_customers
from changecast_cli.deploying import samconfig_file
from changecast_cli.failures import Refused
from changecast_cli.local import process as local_cloud
from changecast_cli.local.deployer import customer_engineer, hub_engineer
from changecast_cli.local.mails import by_customer, mails_table, summary_table, write_mails
from changecast_cli.options import AsJson
from changecast_cli.preview.brands import parameters_of
from changecast_cli.terminal import HarmlessConsole, err, out, print_json, working
from changecast_cli.text_files import save_text
from changecast_local.cloud import Cloud
from changecast_local.environment import REGION

USE_IT = 'eval "$(changecast local env hub)"'
HUB_ACCOUNT = "111111111111"
WIDE = 10_000
app = typer.Typer(no_args_is_help=True, help="Start, use and stop the embedded cloud.")


@app.command()
def up(
    webhook_authority: Annotated[
        Path | None,
        typer.Option(
            help="Allow webhooks to this machine too, and trust only the certificate "
            "authorities in this PEM file."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Start the embedded cloud. It starts empty, and loses everything when it stops.

    To use it with changecast, sam and aws, run `eval "$(changecast local env hub)"` in your shell.
    """
    if webhook_authority is not None:
        _refuse_no_certificates(webhook_authority)
    with working("Starting the embedded cloud"):
        local = local_cloud.start(authority=webhook_authority)
    if as_json:
        print_json({"endpoint": local.cloud.endpoint, "pid": local.pid})
    else:
        out.print(
            f"The embedded cloud is up at {local.cloud.endpoint}. Next:\n  {USE_IT}", markup=False
        )


def _refuse_no_certificates(file: Path) -> None:
    try:
        ssl.create_default_context(cafile=file)
    except (OSError, ssl.SSLError) as error:
        raise Refused(f"--webhook-authority {file}: not a PEM file of certificates") from error


@app.command()
def down(as_json: AsJson = False) -> None:
    """Stop the embedded cloud that was started in this folder."""
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
    administrator: Annotated[
        bool,
        typer.Option(
            "--administrator",
            help="Instead, print credentials that allow everything in the account.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the shell variables that send AWS tools to an account of the embedded cloud.

    The variables' credentials and profiles allow only what the policies in docs/policies allow.
    """
    local = local_cloud.running()
    cloud, samconfig = local.cloud, _samconfig()
    number = _account_number(cloud, account)
    keys = cloud.environment(number) if administrator else _engineer(cloud, number, samconfig)
    variables = {**keys, "AWS_CONFIG_FILE": str(_write_profiles(local, samconfig).resolve())}
    if as_json:
        print_json({"environment": variables})
    else:
        for name, value in variables.items():
            print(f"export {name}={shlex.quote(value)}")


@app.command()
def mails(
    customer: Annotated[str | None, typer.Option(help="Only mails from this customer.")] = None,
    each: Annotated[bool, typer.Option("--each", help="Show one line per mail.")] = False,
    alerts: Annotated[
        bool,
        typer.Option(
            "--alerts", help="Instead of mails, show what SNS topics sent to e-mail addresses."
        ),
    ] = False,
    save: Annotated[
        Path | None, typer.Option(help="Folder to write every mail to, as .eml and .html.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the mails that accounts of the embedded cloud sent, by customer and subject."""
    cloud = local_cloud.running().cloud
    if alerts:
        if save or each or customer:
            raise Refused("--alerts always shows everything: omit --customer, --each and --save")
        _show_alerts(cloud.alerts(), as_json=as_json)
        return
    found = by_customer(cloud.mails(), codes_by_account(cloud))
    if customer is not None:
        found = [mail for mail in found if mail["customer"] == customer]
    if save and found:
        write_mails(found, save)
        err.print(f"Written to {escape(str(save))}/: {len(found)}")
    if as_json:
        print_json({"mails": found})
    elif found:
        # One line per mail, so that other programs can read it; only a terminal has a width.
        console = out if out.is_terminal else HarmlessConsole(width=WIDE, highlight=False)
        console.print(mails_table(found) if each else summary_table(found))
    else:
        whose = f" from {escape(customer)}" if customer else ""
        err.print(f"No mails{whose} yet.")


def _show_alerts(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json({"alerts": found})
        return
    if not found:
        err.print("No alert was sent to an e-mail address yet.")
    for one in found:
        about = f"To {one['to']} (topic {one['topic']} of {one['account']}): {one['subject']}"
        out.print(f"{about}\n{one['text']}", markup=False)


def codes_by_account(cloud: Cloud) -> dict[str, str]:
    """Return account number -> customer code, by the embedded hub's registry."""
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


def _engineer(cloud: Cloud, account: str, samconfig: Mapping[str, Any]) -> Mapping[str, str]:
    """Return credentials with the permissions in docs/policies for the account's side."""
    if account == HUB_ACCOUNT:
        return hub_engineer(cloud, account, REGION, _stack_parameters(samconfig, "hub"))
    codes = {number: code for code, number in _accounts_in(samconfig).items()}
    options = _stack_parameters(samconfig, codes.get(account, ""))
    return customer_engineer(cloud, account, REGION, options)


def _stack_parameters(samconfig: Mapping[str, Any], environment: str) -> list[str]:
    """Return the parameters with a value in a samconfig.toml environment."""
    found = samconfig.get(environment, {})
    return [name for name, value in parameters_of(found).items() if value]


def _write_profiles(local: local_cloud.LocalCloud, samconfig: Mapping[str, Any]) -> Path:
    """Write an AWS configuration with the profiles in samconfig.toml and of every customer.

    https://docs.aws.amazon.com/cli/v1/userguide/cli-configure-files.html
    """
    registered = {code: number for number, code in codes_by_account(local.cloud).items()}
    accounts = {"hub": HUB_ACCOUNT} | registered | _accounts_in(samconfig)
    profiles = configparser.ConfigParser(interpolation=None)
    for code, account in accounts.items():
        keys = _engineer(local.cloud, account, samconfig)
        name = _parameters(samconfig, code, "global").get("profile", f"changecast-{code}")
        profiles[f"profile {name}"] = {
            "aws_access_key_id": keys["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": keys["AWS_SECRET_ACCESS_KEY"],
            "aws_session_token": keys["AWS_SESSION_TOKEN"],
            "region": keys["AWS_DEFAULT_REGION"],
        }
    path = local.folder / "aws-config"
    text = io.StringIO()
    profiles.write(text)
    save_text(path, text.getvalue(), mode=0o600)
    return path


def _samconfig() -> Mapping[str, Any]:
    return samconfig_file.tables(samconfig_file.read(Path("samconfig.toml")))


def _accounts_in(samconfig: Mapping[str, Any]) -> dict[str, str]:
    """Return customer code -> account, by the route environments in samconfig.toml."""
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
