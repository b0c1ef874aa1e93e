"""changecast customers upgrade: deploy this checkout's version to customers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from changecast.hub.name_suggestions import known_names
from changecast_cli.customers.account import session_of
from changecast_cli.customers.deploy import build, deploy, look_first
from changecast_cli.customers.options import Config
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor.customer import examine_customer
from changecast_cli.doctor.dns import SKIPPED
from changecast_cli.doctor.verdicts import Level, verdict_lines
from changecast_cli.failures import FAILED, Refused
from changecast_cli.terminal import err, out

AT_A_TIME = 5


def upgrade(
    everybody: Annotated[bool, typer.Option("--all", help="Upgrade every customer.")] = False,
    customer: Annotated[
        list[str] | None, typer.Option(help="Only this customer; repeat it for more.")
    ] = None,
    canary: Annotated[
        str | None,
        typer.Option(
            help="Upgrade this customer first; go on only if the doctor finds it healthy."
        ),
    ] = None,
    config: Config = Path("samconfig.toml"),
) -> None:
    """Deploy this version to customers: one first, then the rest, five at a time.

    Checks every account first, and runs the doctor after each upgrade. Stops at the first customer
    that breaks; the rest keep their version. Does not touch the hub: hub and customers may
    differ by one event version.
    """
    chosen = _chosen(config, customer or [], everybody=everybody, canary=canary)
    looks = look_first(samconfig_file.read(config), chosen)
    faults = [f"{code}: {each.fault}" for code, each in looks.items() if each.fault]
    if faults:
        raise Refused(*faults, "Nobody was upgraded.")
    template = build(config, chosen)
    done: list[str] = []
    for group in _groups(chosen, canary):
        broken = _upgrade(config, group, template)
        done += [each.code for each in group if each.code not in broken]
        if broken:
            left = [each.code for each in chosen if each.code not in (*done, *broken)]
            out.print(f"upgraded: {', '.join(done) or 'nobody'}")
            out.print(f"[bold red]broken[/]: {', '.join(broken)}")
            out.print(f"not touched: {', '.join(left) or 'nobody'}")
            raise typer.Exit(FAILED)
    out.print(f"upgraded: {', '.join(done)}")


def _chosen(
    config: Path, codes: list[str], *, everybody: bool, canary: str | None
) -> list[CustomerStack]:
    customers = samconfig_file.customers_in(samconfig_file.read(config))
    if everybody == bool(codes):
        raise Refused("give --all or --customer CODE")
    requested = list(customers) if everybody else codes
    if not requested:
        raise Refused(f"{config} has no customers")
    unknown = [
        code for code in [*requested, *([canary] if canary else [])] if code not in customers
    ]
    if unknown:
        hint = known_names(unknown[0], customers)
        raise Refused(f"{config} has no customer {', '.join(unknown)} ({hint})")
    if canary and canary not in requested:
        raise Refused(f"the canary {canary} is not among those to upgrade")
    return [customers[code] for code in requested]


def _groups(chosen: Sequence[CustomerStack], canary: str | None) -> list[list[CustomerStack]]:
    first = [each for each in chosen if each.code == canary]
    rest = [each for each in chosen if each.code != canary]
    slices = [rest[at : at + AT_A_TIME] for at in range(0, len(rest), AT_A_TIME)]
    return [first, *slices] if first else slices


def _upgrade(config: Path, group: Sequence[CustomerStack], template: Path) -> list[str]:
    """Return the codes of those that failed to deploy, or that the doctor then found broken."""
    done = deploy(config, group, template, before=_right_account)
    faults = [each.environment for each in done if each.fault]
    broken = [each.code for each in group if {each.code, f"{each.code}-route"} & set(faults)]
    return broken + [each.code for each in group if each.code not in broken and not _well(each)]


def _right_account(customer: CustomerStack) -> None:
    session_of(customer)


def _well(customer: CustomerStack) -> bool:
    verdicts = examine_customer(session_of(customer), customer, SKIPPED)
    ill = [verdict for verdict in verdicts if verdict.level is Level.BROKEN]
    for line in verdict_lines(customer.code, ill):
        err.print(line, soft_wrap=True)
    return not ill
