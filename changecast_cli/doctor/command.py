"""changecast doctor: what stands between an announcement and its people, a verdict a line."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from changecast.likeness import known_names
from changecast_cli.customers.account import session_of
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.doctor import dns as doctor_dns
from changecast_cli.doctor.canary import canary_verdicts
from changecast_cli.doctor.customer import STACK, examine_hub
from changecast_cli.doctor.look import look_at, way_into
from changecast_cli.doctor.patient import patient
from changecast_cli.doctor.verdicts import Level, Verdict, verdict_lines
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import out, print_json, working

AT_ONCE = 4


def doctor(
    customer: Annotated[
        list[str] | None,
        typer.Option("--customer", "-c", help="The customer's code; repeat it for more."),
    ] = None,
    everybody: Annotated[bool, typer.Option("--all", help="The hub and every customer.")] = False,
    hub_only: Annotated[bool, typer.Option("--hub", help="The hub.")] = False,
    canary: Annotated[
        bool,
        typer.Option("--canary", help="Mail SES's simulator the real way, and time each leg."),
    ] = False,
    drift: Annotated[bool, typer.Option("--drift", help="Stack drift too; takes minutes.")] = False,
    dns: Annotated[
        str, typer.Option(help="`ask` a resolver, `skip`, or a zone file to look at instead.")
    ] = "ask",
    records: Annotated[
        bool, typer.Option("--records", help="Print what must stand in DNS, in zone format.")
    ] = False,
    config: Annotated[Path, typer.Option(help="Where the customers are.")] = Path("samconfig.toml"),
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Look at the hub and at customers' accounts: ok, warning or broken, why, and what mends it.

    Exit status 1 where something is broken. Changes nothing; --canary mails only SES's simulator.
    """
    if not (customer or everybody or hub_only):
        raise Refused("give --customer CODE, --all or --hub")
    text = samconfig_file.read(config)
    known = samconfig_file.customers_in(text)
    chosen = _chosen(known, customer or [], everybody=everybody, config=config)
    if records:
        _print_records(chosen)
        return
    hub = session(
        profile or samconfig_file.hub_profile(text), region or samconfig_file.hub_region(text)
    )
    lookup = _lookup(dns)

    def look(each: Customer) -> list[Verdict]:
        return look_at(hub, each, lambda one: way_into(hub, one), lookup, drift=drift)

    found: dict[str, list[Verdict]] = {}
    with working(f"Looking at {_names(chosen, hub=everybody or hub_only)}"):
        if everybody or hub_only:
            found["hub"] = examine_hub(hub, drift=drift)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
            found |= dict(zip((c.code for c in chosen), threads.map(look, chosen), strict=True))
    if canary:
        for each in chosen:
            found[each.code] += canary_verdicts(hub, each)
    _show(found, as_json=as_json)


def _chosen(
    known: Mapping[str, Customer], codes: list[str], *, everybody: bool, config: Path
) -> list[Customer]:
    unknown = [code for code in codes if code not in known]
    if unknown:
        has = known_names(unknown[0], known)
        raise Refused(f"{config} has no customer {', '.join(unknown)} ({has})")
    return list(known.values()) if everybody else [known[code] for code in codes]


def _names(chosen: list[Customer], *, hub: bool) -> str:
    """What is looked at, in a few words."""
    several = f"{len(chosen)} customers" if len(chosen) > 1 else "".join(c.code for c in chosen)
    return " and ".join(part for part in (several, "the hub" if hub else "") if part)


def _lookup(dns: str) -> doctor_dns.Lookup | None:
    if dns == "skip":
        return doctor_dns.SKIPPED
    return doctor_dns.ask_dns if dns == "ask" else doctor_dns.zone_lookup(Path(dns))


def _print_records(chosen: Iterable[Customer]) -> None:
    for each in chosen:
        found = patient(session_of(each), each.code, STACK)
        if found is None:
            raise Refused(f"{each.code} has no stack: sam deploy --config-env {each.code}")
        for line in doctor_dns.zone_lines(doctor_dns.records(found)):
            print(line)


def _show(found: Mapping[str, list[Verdict]], *, as_json: bool) -> None:
    levels = [verdict.level for verdicts in found.values() for verdict in verdicts]
    if as_json:
        print_json({who: [asdict(verdict) for verdict in each] for who, each in found.items()})
    else:
        for who, verdicts in found.items():
            for line in verdict_lines(who, verdicts):
                out.print(line, soft_wrap=True)
        told = ", ".join(f"{levels.count(level)} {level.value}" for level in Level)
        out.print(f"\n{told}")
    if Level.BROKEN in levels:
        raise typer.Exit(FAILED)
