"""changecast customers upgrade: deploy this checkout's version to customers, ring after ring."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from changecast.hub.name_suggestions import known_names
from changecast_cli.asking import DryRun
from changecast_cli.customers.account import session_of
from changecast_cli.customers.deploy import built, deploy, look_first
from changecast_cli.customers.options import Config
from changecast_cli.customers.rings import Ring, rings, way_back, worse
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.samconfig_file import ROUTE
from changecast_cli.deploying.stacks import find_stack
from changecast_cli.doctor.customer import STACK, examine_customer
from changecast_cli.doctor.dns import SKIPPED
from changecast_cli.doctor.release import OUTPUT
from changecast_cli.doctor.verdicts import Level, Verdict, verdict_lines
from changecast_cli.failures import FAILED, Refused
from changecast_cli.options import AsJson
from changecast_cli.terminal import err, out, print_json, working

AT_A_TIME, MOST_AT_A_TIME = 5, 50


@dataclass
class Result:
    """What became of an upgrade. `changed` have this release now; nobody of `later` was touched."""

    changed: list[str] = field(default_factory=list)
    upgraded: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    worse: dict[str, list[Verdict]] = field(default_factory=dict)
    later: list[str] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        """Whether a customer failed, or became worse."""
        return bool(self.failed or self.worse)

    @property
    def way_back(self) -> list[str]:
        """The commands that put the previous release back, for those who have this one."""
        return list(way_back(self.changed))


def upgrade(
    everybody: Annotated[bool, typer.Option("--all", help="Upgrade every customer.")] = False,
    customer: Annotated[
        list[str] | None, typer.Option(help="Only this customer; repeat the option for more.")
    ] = None,
    canary: Annotated[
        str | None,
        typer.Option(
            help="Upgrade this customer first, alone (default: the first --customer, or with --all "
            "the first in samconfig.toml)."
        ),
    ] = None,
    at_a_time: Annotated[
        int,
        typer.Option(
            min=1,
            max=MOST_AT_A_TIME,
            help=f"How many customers are in each later ring; at most {MOST_AT_A_TIME}.",
        ),
    ] = AT_A_TIME,
    dry_run: DryRun = False,
    config: Config = Path("samconfig.toml"),
    as_json: AsJson = False,
) -> None:
    """Deploy this release to customers in rings: a canary first, then groups of five.

    Checks every account first, and runs the doctor before and after each upgrade. Stops after the
    first ring in which a deployment fails, or the doctor finds a customer worse than before, and
    prints how to go back; later rings keep their release. Does not touch the hub: hub and customers
    may differ by one event version.
    """
    chosen = _chosen(config, customer or [], everybody=everybody, canary=canary)
    looks = look_first(samconfig_file.read(config), chosen)
    faults = [f"{code}: {each.fault}" for code, each in looks.items() if each.fault]
    if faults:
        raise Refused(*faults, "Nobody was upgraded.")
    planned = rings(chosen, canary or chosen[0].code, at_a_time)
    if dry_run:
        _show_plan(planned, as_json=as_json)
        return
    with built(config, chosen) as template:
        done = _upgrade(config, planned, template)
    _tell(done, planned, as_json=as_json)
    if done.stopped:
        raise typer.Exit(FAILED)


def _chosen(
    config: Path, codes: list[str], *, everybody: bool, canary: str | None
) -> list[CustomerStack]:
    customers = samconfig_file.customers_in(samconfig_file.read(config))
    if everybody and codes:
        raise Refused("use either --all or --customer, not both")
    if not everybody and not codes:
        raise Refused("add --all or --customer CODE")
    requested = list(customers) if everybody else list(dict.fromkeys(codes))
    if not requested:
        raise Refused(f"{config} has no customers")
    unknown = [
        code for code in [*requested, *([canary] if canary else [])] if code not in customers
    ]
    if unknown:
        hint = known_names(unknown[0], customers)
        raise Refused(f"{config} has no customer {', '.join(unknown)} ({hint})")
    if canary and canary not in requested:
        raise Refused(f"the canary {canary} is not among the customers to upgrade")
    return [customers[code] for code in requested]


def _upgrade(config: Path, planned: Sequence[Ring], template: Path) -> Result:
    """Upgrade ring after ring, until one fails or is worse than before."""
    result = Result()
    for number, ring in enumerate(planned, 1):
        codes = [each.code for each in ring]
        if result.stopped:
            result.later += codes
            continue
        err.print(f"ring {number} of {len(planned)}: {', '.join(codes)}", markup=False)
        before = _examined(ring, "before")
        if number == 1 and len(planned) > 1:
            _refuse_broken_canary(before)
        done = deploy(config, ring, template, before=_right_account)
        faults = {each.environment.removesuffix(ROUTE): each.fault for each in done if each.fault}
        ended = {each.environment for each in done if not each.fault}
        result.changed += [code for code in codes if code in ended]
        result.failed |= {code: str(fault) for code, fault in faults.items()}
        after = _examined([each for each in ring if each.code not in faults], "after")
        result.worse |= {
            code: found for code in after if (found := worse(before[code], after[code]))
        }
        result.upgraded += [code for code in after if code not in result.worse]
    return result


def _refuse_broken_canary(before: Mapping[str, list[Verdict]]) -> None:
    """A canary that is broken already cannot show that the new release breaks it."""
    for code, verdicts in before.items():
        found = next((each for each in verdicts if each.level is Level.BROKEN), None)
        if found:
            raise Refused(
                f"the canary {code} is already broken ({found.check}: {found.reason}): choose "
                f"another one with --canary, or repair it first: changecast doctor -c {code}",
                "Nobody was upgraded.",
            )


def _right_account(customer: CustomerStack) -> None:
    session_of(customer)


def _examined(customers: Iterable[CustomerStack], when: str) -> dict[str, list[Verdict]]:
    """Return the doctor's verdicts on each customer's account."""
    listed = list(customers)
    with working(f"Doctor {when} the upgrade"), ThreadPoolExecutor(AT_A_TIME) as threads:
        found = threads.map(lambda one: examine_customer(session_of(one), one, SKIPPED), listed)
        return dict(zip((each.code for each in listed), found, strict=True))


def _show_plan(planned: Sequence[Ring], *, as_json: bool) -> None:
    releases = {each.code: _release(each) for ring in planned for each in ring}
    if as_json:
        print_json({"release": version("changecast"), "now": releases, "rings": _codes(planned),
                    "way_back": list(way_back(releases))})  # fmt: skip
        return
    for number, ring in enumerate(planned, 1):
        said = ", ".join(f"{each.code} ({releases[each.code] or 'no stack'})" for each in ring)
        out.print(f"ring {number}: {said}", markup=False)
    out.print(f"They would get release {version('changecast')}. Nothing was changed.", markup=False)


def _release(customer: CustomerStack) -> str | None:
    """Return the release that a customer's stack has now; None without a stack."""
    stack = find_stack(session_of(customer), STACK)
    if stack is None:
        return None
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
    return outputs.get(OUTPUT, "unknown")


def _codes(planned: Sequence[Ring]) -> list[list[str]]:
    return [[each.code for each in ring] for ring in planned]


def _tell(done: Result, planned: Sequence[Ring], *, as_json: bool) -> None:
    if as_json:
        _print(done, planned)
        return
    for code, verdicts in done.worse.items():
        for line in verdict_lines(code, verdicts):
            err.print(line)
    out.print(f"upgraded: {', '.join(done.upgraded) or 'none'}")
    if done.stopped:
        _say_stopped(done)


def _say_stopped(done: Result) -> None:
    if done.failed:
        out.print(f"[bold red]failed[/]: {', '.join(done.failed)}")
    if done.worse:
        out.print(f"[bold red]worse than before[/]: {', '.join(done.worse)}")
    out.print(f"not upgraded: {', '.join(done.later) or 'none'}")
    for line in ["To go back, run in a checkout of the previous release, with this samconfig.toml:",
                 *(f"  {each}" for each in done.way_back)] if done.changed else []:  # fmt: skip
        out.print(line, markup=False)


def _print(done: Result, planned: Sequence[Ring]) -> None:
    print_json(
        {
            "release": version("changecast"),
            "rings": _codes(planned),
            "upgraded": done.upgraded,
            "failed": done.failed,
            "worse": {code: [asdict(one) for one in each] for code, each in done.worse.items()},
            "not_touched": done.later,
            "way_back": done.way_back,
            "errors": list(_errors(done)),
        }
    )


def _errors(done: Result) -> Iterator[dict[str, str]]:
    for code, fault in done.failed.items():
        yield {"where": code, "message": fault}
    for code, verdicts in done.worse.items():
        for one in verdicts:
            yield {"where": code, "message": f"{one.check}: {one.reason}"}
