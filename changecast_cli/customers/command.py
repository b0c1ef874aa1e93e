"""changecast customers: from one entry in samconfig.toml to stacks that stand."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from changecast_cli.customers.add import Added, add_all, adopting
from changecast_cli.customers.deploy import Done, build, deploy, deploy_hub, lines_for
from changecast_cli.customers.input import read_rows
from changecast_cli.customers.list import Config, list_all, show
from changecast_cli.customers.remove import remove
from changecast_cli.customers.upgrade import upgrade
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer, Hub
from changecast_cli.failures import BAD_INPUT, FAILED, Refused, say
from changecast_cli.options import AsJson
from changecast_cli.terminal import out, print_json

app = typer.Typer(no_args_is_help=True, help="Who is served: add, list, show, remove, upgrade.")
app.command("list")(list_all)
app.command("show")(show)
app.command("remove")(remove)
app.command("upgrade")(upgrade)


@app.command()
def add(
    code: Annotated[str | None, typer.Argument(help="The customer's code.")] = None,
    account: Annotated[str | None, typer.Option(help="The customer's AWS account.")] = None,
    region: Annotated[str | None, typer.Option(help="The Region of its SES.")] = None,
    name: Annotated[str | None, typer.Option(help="As its people know it.")] = None,
    sender: Annotated[str | None, typer.Option(help="The address that mails come from.")] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA, for instance Europe/Madrid.")] = None,
    language: Annotated[str, typer.Option(help="Of the mails.")] = "en",
    support: Annotated[str | None, typer.Option(help="Whom readers ask; else the sender.")] = None,
    profile: Annotated[str | None, typer.Option(help="AWS profile of its account.")] = None,
    contact_list: Annotated[
        str | None, typer.Option(help="The list that the account has already.")
    ] = None,
    identity_exists: Annotated[
        bool, typer.Option("--identity-exists", help="SES has the sender's domain already.")
    ] = False,
    from_file: Annotated[
        Path | None, typer.Option("--from", help="A CSV file with one customer a line.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the CSV file.")] = None,
    deploy_now: Annotated[bool, typer.Option("--deploy", help="Run sam for them too.")] = False,
    hub_account: Annotated[
        str | None, typer.Option(help="Only for the first customer: the hub's account.")
    ] = None,
    hub_region: Annotated[str, typer.Option(help="With --hub-account.")] = "eu-central-1",
    hub_profile: Annotated[str | None, typer.Option(help="With --hub-account.")] = None,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Write customers into samconfig.toml, and with --deploy bring up their stacks.

    Safe to repeat: who is there already stays as it is and is deployed again.
    One customer that fails never stops the others.
    """
    one = {
        "code": code, "account": account, "region": region, "name": name, "sender": sender,
        "timezone": timezone, "language": language, "support": support, "profile": profile,
        "contact_list": contact_list, "identity_exists": "yes" if identity_exists else None,
    }  # fmt: skip
    rows = _rows(one, from_file, encoding)
    text = samconfig_file.read(config)
    hub = Hub(hub_account, hub_region, hub_profile) if hub_account else None
    added = add_all(text, rows, hub)
    if added.text != text:
        samconfig_file.save(config, added.text)
    done: list[Done] = []
    if deploy_now and added.customers:
        deploy_hub(config)
        template = build(config, added.customers)
        done = deploy(config, added.customers, template, before=adopting(config))
    _tell(added, done, deployed=deploy_now, as_json=as_json)


def _rows(
    one: Mapping[str, str | None], from_file: Path | None, encoding: str | None
) -> list[tuple[str, dict[str, str]]]:
    """(where it stands, values) of every customer that is asked for."""
    if from_file is None:
        if not one["code"]:
            raise Refused("name a customer's CODE, or give --from customers.csv")
        return [(str(one["code"]), {key: value for key, value in one.items() if value})]
    if one["code"]:
        raise Refused("give a CODE or --from, not both")
    return [(f"{from_file}:{line}", row) for line, row in read_rows(from_file, encoding)]


def _tell(added: Added, done: list[Done], *, deployed: bool, as_json: bool) -> None:
    lines = [] if deployed else lines_for(added.customers)
    if as_json:
        print_json(
            {
                "added": added.new,
                "unchanged": [c.code for c in added.customers if c.code not in added.new],
                "refused": added.refused,
                "next": lines,
                "deployed": [vars(each) for each in done],
            }
        )
    else:
        _say(added, lines)
        if deployed:
            _summary(added.customers, done)
    if any(each.fault for each in done):
        raise typer.Exit(FAILED)
    if added.refused:
        raise typer.Exit(BAD_INPUT)


def _say(added: Added, lines: list[str]) -> None:
    for where, why in added.refused.items():
        say(f"{where}: {why}")
    for customer in added.customers:
        what = "added" if customer.code in added.new else "was there already"
        out.print(f"{escape(customer.code)} [dim]({escape(customer.name)})[/] {what}")
    for line in ["\nNext:", *(f"  {each}" for each in lines)] if lines else []:
        out.print(line, soft_wrap=True)


def _summary(customers: Iterable[Customer], done: list[Done]) -> None:
    ended = {each.environment for each in done if not each.fault}
    codes = [each.code for each in customers]
    stand = [code for code in codes if {code, f"{code}-route"} <= ended]
    out.print(f"\n{len(stand)} of {len(codes)} customers stand.")
    for code in codes:
        if code not in stand:
            out.print(f"  [bold red]✗[/] {code}: again with changecast customers add {code} "
                      "--deploy, or the sam lines above")  # fmt: skip
    if stand:
        out.print("Next: changecast doctor --all")
