"""Results of `customers add` and `customers set`, for people and for programs."""

from collections.abc import Iterable, Mapping

import typer
from rich.markup import escape

from changecast_cli.customers.change import told
from changecast_cli.customers.deploy import Deployed
from changecast_cli.customers.samconfig_entries import Added
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.endpoint import is_embedded
from changecast_cli.failures import BAD_INPUT, FAILED, say
from changecast_cli.terminal import counted, out, print_json


def tell_added(
    added: Added,
    refused: Mapping[str, str],
    done: list[Deployed],
    *,
    deployed: bool,
    as_json: bool,
) -> None:
    """Print who was added, changed, refused and deployed, and exit with the matching status."""
    if as_json:
        _print(added, refused, done, deployed=deployed)
    else:
        _say(added, refused, [] if deployed else _next(added.customers), deployed=deployed)
        if deployed:
            _summary(added.customers, done)
    if any(each.fault for each in done):
        raise typer.Exit(FAILED)
    if refused:
        raise typer.Exit(BAD_INPUT)


def _print(
    added: Added, refused: Mapping[str, str], done: list[Deployed], *, deployed: bool
) -> None:
    changes = {
        code: {name: {"from": old, "to": new} for name, (old, new) in each.items()}
        for code, each in added.changes.items()
    }
    faults = [{"where": each.environment, "message": each.fault} for each in done if each.fault]
    print_json(
        {
            "added": added.new,
            "changed": changes,
            "unchanged": _unchanged(added),
            "refused": dict(refused),
            "next": [] if deployed else _next(added.customers),
            "deployed": [vars(each) for each in done],
            "errors": [
                *({"where": where, "message": why} for where, why in refused.items()),
                *faults,
            ],
        }
    )


def _next(customers: Iterable[CustomerStack]) -> list[str]:
    """Return the commands that deploy customers, also from an empty folder."""
    profiles = ['eval "$(changecast local env hub)"'] if is_embedded() else []
    return profiles + [f"changecast customers add {each.code} --deploy" for each in customers]


def _unchanged(added: Added) -> list[str]:
    touched = {*added.new, *added.changes}
    return [each.code for each in added.customers if each.code not in touched]


def _say(added: Added, refused: Mapping[str, str], lines: list[str], *, deployed: bool) -> None:
    for where, why in refused.items():
        say(f"{where}: {why}")
    for customer in added.customers:
        out.print(
            f"{escape(customer.code)} [dim]({escape(customer.name)})[/] "
            f"{escape(_what(added, customer.code, deployed=deployed))}",
        )
    for line in ["\nNext:", *(f"  {each}" for each in lines)] if lines else []:
        out.print(line)


def _what(added: Added, code: str, *, deployed: bool) -> str:
    if code in added.new:
        return "added"
    if code in added.changes:
        return f"changed: {told(added.changes[code])}"
    if deployed:
        return "no new values given; deploys the values in samconfig.toml"
    return "is already in samconfig.toml, with the same values"


def _summary(customers: Iterable[CustomerStack], done: list[Deployed]) -> None:
    faults = {each.environment: each.fault for each in done if each.fault}
    ended = {each.environment for each in done if not each.fault}
    codes = [each.code for each in customers]
    stand = [code for code in codes if {code, f"{code}-route"} <= ended]
    out.print(f"\n{len(stand)} of {counted(len(codes), 'customer')} deployed.")
    for code in codes:
        if code not in stand:
            why = faults.get(code) or faults.get(f"{code}-route") or "not reached"
            out.print(f"  [bold red]✗[/] {code}: {escape(why.splitlines()[0])}")
            out.print(f"    Then run again: changecast customers add {code} --deploy")
    if stand:
        out.print("Next: changecast doctor --all")
