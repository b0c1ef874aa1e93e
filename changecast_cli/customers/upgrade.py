"""changecast customers upgrade: this checkout's version into every customer's account."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from changecast_cli.customers.account import session_of
from changecast_cli.customers.deploy import build, deploy
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.doctor.customer import examine_customer
from changecast_cli.doctor.dns import SKIPPED
from changecast_cli.doctor.verdicts import Level, verdict_lines
from changecast_cli.failures import FAILED, Refused
from changecast_cli.terminal import err, out

AT_A_TIME = 5


def upgrade(
    everybody: Annotated[bool, typer.Option("--all", help="Every customer.")] = False,
    customer: Annotated[list[str] | None, typer.Option(help="Only these; repeat it.")] = None,
    canary: Annotated[
        str | None, typer.Option(help="This one first; the rest only if its doctor is content.")
    ] = None,
    config: Annotated[Path, typer.Option(help="The file that sam deploys by.")] = Path(
        "samconfig.toml"
    ),
) -> None:
    """Deploy this version to customers: one first, the doctor, then the rest, five at a time.

    Stops at the first that breaks; those that were not reached keep the version that they have.
    Hub and customers may differ by one event version, so the hub is not touched.
    """
    chosen = _chosen(config, customer or [], everybody=everybody, canary=canary)
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
) -> list[Customer]:
    customers = samconfig_file.customers_in(samconfig_file.read(config))
    if everybody == bool(codes):
        raise Refused("give --all or --customer CODE")
    wanted = list(customers) if everybody else codes
    if not wanted:
        raise Refused(f"{config} has no customers")
    unknown = [code for code in [*wanted, *([canary] if canary else [])] if code not in customers]
    if unknown:
        raise Refused(f"{config} has no customer {', '.join(unknown)}")
    if canary and canary not in wanted:
        raise Refused(f"the canary {canary} is not among those to upgrade")
    return [customers[code] for code in wanted]


def _groups(chosen: Sequence[Customer], canary: str | None) -> list[list[Customer]]:
    first = [each for each in chosen if each.code == canary]
    rest = [each for each in chosen if each.code != canary]
    slices = [rest[at : at + AT_A_TIME] for at in range(0, len(rest), AT_A_TIME)]
    return [first, *slices] if first else slices


def _upgrade(config: Path, group: Sequence[Customer], template: Path) -> list[str]:
    """The codes of those that broke: in deploying, or by their doctor's word afterwards."""
    done = deploy(config, group, template, before=_right_account)
    faults = [each.environment for each in done if each.fault]
    broken = [each.code for each in group if {each.code, f"{each.code}-route"} & set(faults)]
    return broken + [each.code for each in group if each.code not in broken and not _well(each)]


def _right_account(customer: Customer) -> None:
    session_of(customer)


def _well(customer: Customer) -> bool:
    verdicts = examine_customer(session_of(customer), customer, SKIPPED)
    ill = [verdict for verdict in verdicts if verdict.level is Level.BROKEN]
    for line in verdict_lines(customer.code, ill):
        err.print(line, soft_wrap=True)
    return not ill
