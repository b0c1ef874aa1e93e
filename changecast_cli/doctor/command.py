"""changecast doctor: find what keeps announcements from people, one verdict per line."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import boto3
import typer

from changecast.hub.name_suggestions import known_names
from changecast_cli.customers.account import session_of
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.doctor import dns as doctor_dns
from changecast_cli.doctor.canary import MOST, canary_verdicts
from changecast_cli.doctor.checked_account import checked_account
from changecast_cli.doctor.customer import STACK, alarm_verdicts, examine_hub
from changecast_cli.doctor.look import look_at, way_into
from changecast_cli.doctor.verdicts import (
    Level,
    Verdict,
    counted,
    problems,
    summary_line,
    verdict_lines,
)
from changecast_cli.endpoint import is_embedded
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import err, out, print_json, working

AT_ONCE = 8
# With more accounts than this, healthy verdicts would hide the problems.
FEW = 3


class Only(StrEnum):
    """Which verdicts are shown."""

    PROBLEMS = "problems"
    EVERYTHING = "everything"


def doctor(
    customer: Annotated[
        list[str] | None,
        typer.Option("--customer", "-c", help="A customer's code; repeat it for more."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Check the hub and every customer.")
    ] = False,
    hub_only: Annotated[bool, typer.Option("--hub", help="Check the hub.")] = False,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary", help="Send a test to SES's mailbox simulator, and time each step."
        ),
    ] = False,
    many: Annotated[
        int, typer.Option(min=1, max=MOST, help="How many tests --canary sends at once.")
    ] = 1,
    alarm_test: Annotated[
        bool,
        typer.Option("--alarm-test", help="Trigger one of the hub's alarms, to see who gets it."),
    ] = False,
    drift: Annotated[
        bool, typer.Option("--drift", help="Also detect stack drift; takes minutes.")
    ] = False,
    dns: Annotated[
        str | None,
        typer.Option(
            help="How to check DNS: `ask` a resolver, `skip` it, or read a zone file; by default "
            "`ask`, in the embedded cloud `skip`."
        ),
    ] = None,
    only: Annotated[
        Only | None,
        typer.Option(
            help="`problems` or `everything`; by default `problems` if several accounts are "
            "checked.",
            case_sensitive=False,
        ),
    ] = None,
    records: Annotated[
        bool,
        typer.Option(
            "--records",
            help="Print the DNS records that the customer must publish, in zone format.",
        ),
    ] = False,
    config: Annotated[Path, typer.Option(help="The samconfig.toml that has the customers.")] = Path(
        "samconfig.toml"
    ),
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Check the hub and customers' accounts, and say what is wrong, why, and what fixes it.

    Exits with 1 if something is broken. Changes nothing. --canary mails only SES's simulator;
    --alarm-test sends a test to everybody who subscribes to the hub's alerts.
    """
    _refuse_nothing(customer or everybody or hub_only or alarm_test, canary=canary, many=many)
    text = samconfig_file.read(config)
    known = samconfig_file.customers_in(text)
    chosen = _chosen(known, customer or [], everybody=everybody, config=config)
    if records:
        _print_records(chosen)
        return
    hub = session(
        profile or samconfig_file.hub_profile(text), region or samconfig_file.hub_region(text)
    )
    found = _look(
        hub,
        chosen,
        _lookup(dns or _default_dns(chosen)),
        with_hub=everybody or hub_only,
        drift=drift,
    )
    if alarm_test:
        found["hub"] = found.get("hub", []) + alarm_verdicts(hub)
    if canary:
        for each in chosen:
            found[each.code] += canary_verdicts(hub, each, many)
    _show(found, only or (Only.PROBLEMS if len(found) > FEW else Only.EVERYTHING), as_json=as_json)


def _look(
    hub: boto3.Session,
    chosen: list[CustomerStack],
    lookup: doctor_dns.Lookup | None,
    *,
    with_hub: bool,
    drift: bool,
) -> dict[str, list[Verdict]]:
    """Return every verdict on the hub and the customers, several at once."""

    def look(each: CustomerStack) -> list[Verdict]:
        return look_at(hub, each, lambda one: way_into(hub, one), lookup, drift=drift)

    found: dict[str, list[Verdict]] = {}
    with working(f"Checking {_names(chosen, hub=with_hub) or 'the alerts'}") as far:
        if with_hub:
            found["hub"] = examine_hub(hub, drift=drift)
        with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
            for each, verdicts in zip(chosen, threads.map(look, chosen), strict=True):
                found[each.code] = verdicts
                far(f"{len(found)} done")
    return found


def _refuse_nothing(chosen: object, *, canary: bool, many: int) -> None:
    if not chosen:
        raise Refused("give --customer CODE, --all, --hub or --alarm-test")
    if many > 1 and not canary:
        raise Refused("--many needs --canary: it is the number of tests that --canary sends")


def _chosen(
    known: Mapping[str, CustomerStack], codes: list[str], *, everybody: bool, config: Path
) -> list[CustomerStack]:
    unknown = [code for code in codes if code not in known]
    if unknown:
        has = known_names(unknown[0], known)
        raise Refused(f"{config} has no customer {', '.join(unknown)} ({has})")
    return list(known.values()) if everybody else [known[code] for code in codes]


def _names(chosen: list[CustomerStack], *, hub: bool) -> str:
    """Return what is checked, in a few words."""
    several = f"{len(chosen)} customers" if len(chosen) > 1 else "".join(c.code for c in chosen)
    return " and ".join(part for part in (several, "the hub" if hub else "") if part)


def _default_dns(chosen: list[CustomerStack]) -> str:
    """Return how to check DNS by default: the embedded cloud has no published records."""
    if not is_embedded():
        return "ask"
    if chosen:
        err.print("[dim]DNS is not checked in the embedded cloud; --dns ask checks it.[/]")
    return "skip"


def _lookup(dns: str) -> doctor_dns.Lookup | None:
    if dns == "skip":
        return doctor_dns.SKIPPED
    return doctor_dns.ask_dns if dns == "ask" else doctor_dns.zone_lookup(Path(dns))


def _print_records(chosen: Iterable[CustomerStack]) -> None:
    for each in chosen:
        found = checked_account(session_of(each), each.code, STACK)
        if found is None:
            raise Refused(
                f"{each.code} has no stack; deploy it: sam deploy --config-env {each.code}"
            )
        for line in doctor_dns.zone_lines(doctor_dns.records(found)):
            print(line)


def _show(found: Mapping[str, list[Verdict]], only: Only, *, as_json: bool) -> None:
    levels = [verdict.level for verdicts in found.values() for verdict in verdicts]
    if as_json:
        found_ = {who: [asdict(verdict) for verdict in each] for who, each in found.items()}
        print_json({"verdicts": found_})
    else:
        for who, verdicts in found.items():
            shown = verdicts if only is Only.EVERYTHING else problems(verdicts)
            for line in [*([summary_line(who, verdicts)] if len(found) > 1 else ()),
                         *verdict_lines(who, shown)]:  # fmt: skip
                out.print(line, soft_wrap=True)
        out.print(f"\n{counted(levels)}")
    if Level.BROKEN in levels:
        raise typer.Exit(FAILED)
