"""changecast doctor: find what keeps announcements from people, one verdict per line."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from itertools import chain
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
from changecast_cli.doctor.look import look_at, untested_alarms, way_into
from changecast_cli.doctor.showing import Checked, show
from changecast_cli.doctor.verdicts import Level
from changecast_cli.endpoint import is_embedded
from changecast_cli.failures import Refused
from changecast_cli.options import AsJson, Profile, Region, session
from changecast_cli.terminal import err

AT_ONCE = 8


class Only(StrEnum):
    """Which verdicts are shown."""

    PROBLEMS = "problems"
    EVERYTHING = "everything"


def doctor(
    customer: Annotated[
        list[str] | None,
        typer.Option("--customer", "-c", help="A customer's code; repeat the option for more."),
    ] = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="Check the hub and every customer.")
    ] = False,
    hub_only: Annotated[bool, typer.Option("--hub", help="Check the hub.")] = False,
    canary: Annotated[
        bool,
        typer.Option(
            "--canary",
            help="Send a test from each chosen customer to SES's mailbox simulator, and time each "
            "step.",
        ),
    ] = False,
    many: Annotated[
        int,
        typer.Option(
            min=1, max=MOST, help=f"How many tests --canary sends at once; at most {MOST}."
        ),
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
            help="How to check DNS: `ask` (a resolver), `skip`, or the path of a zone file "
            "(default: `ask`, or `skip` in the embedded cloud)."
        ),
    ] = None,
    only: Annotated[
        Only | None,
        typer.Option(
            help="What to show: `problems` or `everything` (default: `problems` if more than "
            "one account is checked).",
            case_sensitive=False,
        ),
    ] = None,
    bus: Annotated[
        str | None,
        typer.Option(help="With --all, check only the customers whose route is on this bus."),
    ] = None,
    state: Annotated[
        list[Level] | None,
        typer.Option(
            help="Show only verdicts of this level: ok, warning or broken; repeat the option for "
            "more.",
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
    config: Annotated[
        Path, typer.Option(help="The samconfig.toml that lists the customers.")
    ] = Path("samconfig.toml"),
    as_json: AsJson = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Check the hub and customers' accounts, and say what is wrong, why, and how to fix it.

    Needs --customer, --all, --hub or --alarm-test. Exits with 1 if something is broken. Changes
    nothing, except that --canary adds four addresses of SES's simulator to the contact list, mails
    only these, and removes them again. --alarm-test sends a test to everybody who subscribes to the
    hub's alerts; with --customer, it also prints the command that tests the customer's own alarms.
    """
    _refuse_nothing(customer or everybody or hub_only or alarm_test, canary=canary, many=many)
    text = samconfig_file.read(config)
    known = samconfig_file.customers_in(text)
    chosen = _on(bus, _chosen(known, customer or [], everybody=everybody, config=config))
    if records:
        _print_records(chosen)
        return
    hub = session(
        profile or samconfig_file.hub_profile(text), region or samconfig_file.hub_region(text)
    )
    checked = _look(
        hub,
        chosen,
        _lookup(dns or _default_dns(chosen)),
        with_hub=everybody or hub_only,
        drift=drift,
    )
    if alarm_test:
        checked = _with_alarm_test(hub, {each.code: each for each in chosen}, checked)
    if canary:
        checked = _with_canaries(hub, {each.code: each for each in chosen}, checked, many)
    number = len(chosen) + (everybody or hub_only)
    # Of several accounts, healthy verdicts would hide the problems.
    shown = only or (Only.PROBLEMS if number > 1 else Only.EVERYTHING)
    err.print(f"Checking {_names(chosen, hub=everybody or hub_only) or 'the alerts'} ...")
    show(
        checked,
        number,
        everything=shown is Only.EVERYTHING,
        levels=frozenset(state or ()),
        as_json=as_json,
    )


def _look(
    hub: boto3.Session,
    chosen: Iterable[CustomerStack],
    lookup: doctor_dns.Lookup | None,
    *,
    with_hub: bool,
    drift: bool,
) -> Iterator[Checked]:
    """Yield the verdicts on the hub and each customer as they are found, several at once."""

    def look(each: CustomerStack) -> Checked:
        found = look_at(hub, each, lambda one: way_into(hub, one), lookup, drift=drift)
        return Checked(each.code, found)

    if with_hub:
        yield Checked("hub", examine_hub(hub, drift=drift))
    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        yield from threads.map(look, chosen)


def _with_alarm_test(
    hub: boto3.Session, chosen: Mapping[str, CustomerStack], checked: Iterable[Checked]
) -> Iterator[Checked]:
    """Yield the same, with the test alarm among the hub's verdicts, and what it did not test."""
    tested = alarm_verdicts(hub)
    others = iter(checked)
    first = next(others, None)
    if first is not None and first.who == "hub":
        yield Checked("hub", first.verdicts + tested)
    else:
        yield Checked("hub", tested)
        others = chain([first] if first is not None else [], others)
    for each in others:
        untested = untested_alarms(hub, chosen[each.who]) if each.who in chosen else []
        yield Checked(each.who, each.verdicts + untested)


def _with_canaries(
    hub: boto3.Session, chosen: Mapping[str, CustomerStack], checked: Iterable[Checked], many: int
) -> Iterator[Checked]:
    """Yield the same, with a canary's verdicts for each customer."""
    for each in checked:
        more = canary_verdicts(hub, chosen[each.who], many) if each.who in chosen else []
        yield Checked(each.who, each.verdicts + more)


def _refuse_nothing(chosen: object, *, canary: bool, many: int) -> None:
    if not chosen:
        raise Refused("add --customer CODE, --all, --hub or --alarm-test")
    if many > 1 and not canary:
        raise Refused(
            "--many needs --canary, because it is the number of tests that --canary sends"
        )


def _chosen(
    known: Mapping[str, CustomerStack], codes: list[str], *, everybody: bool, config: Path
) -> list[CustomerStack]:
    unknown = [code for code in codes if code not in known]
    if unknown:
        has = known_names(unknown[0], known)
        raise Refused(f"{config} has no customer {', '.join(unknown)} ({has})")
    return list(known.values()) if everybody else [known[code] for code in codes]


def _on(bus: str | None, chosen: list[CustomerStack]) -> list[CustomerStack]:
    """Return the customers on a bus; all if none is requested. Refused if nobody is on it."""
    if bus is not None and not chosen:
        raise Refused("--bus limits the customers that are checked, but none are chosen: add --all")
    found = [each for each in chosen if bus in (None, each.hub_bus)]
    if chosen and not found:
        buses = {each.hub_bus for each in chosen}
        raise Refused(f"no customer is on the bus {bus!r} ({known_names(str(bus), buses)})")
    return found


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
