"""Deploy with sam: check first, then the hub, customers in parallel, and their routes."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.markup import escape

from changecast.contract.errors import ChangecastError
from changecast.hub.registry import DEFAULT_HUB_BUS
from changecast_cli.customers.account import (
    STACK,
    add_topics,
    is_there,
    look,
    parameters,
    session_of,
    to_adopt,
)
from changecast_cli.customers.routes import account_of, deploy_without_code, hub_session
from changecast_cli.deploying.leftovers import make_room_for_hub
from changecast_cli.deploying.sam import AT_ONCE, Sam, SamCall, program, repository, run
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.samconfig_file import (
    HUB,
    ROUTE,
    built_template,
    bus_environment_of,
    buses_in,
    deployment_of,
    edit,
    hub_stack_name,
    read,
    tables,
    with_parameters,
)
from changecast_cli.deploying.stacks import clear_failed_create, find_stack, update_parameters
from changecast_cli.failures import Failed, explained
from changecast_cli.preview.brands import parameters_of
from changecast_cli.terminal import err
from changecast_cli.text_files import one_at_a_time

LOGS = Path(".aws-sam") / "logs"
LOOKS_AT_ONCE = 8
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Deployed:
    """Result of one environment; `fault` is None if it was deployed."""

    environment: str
    fault: str | None
    seconds: float


@dataclass(frozen=True)
class Inspection:
    """What is wrong with a customer's account; None if it can be deployed to."""

    fault: str | None


def lines_for(customers: Iterable[CustomerStack]) -> list[str]:
    """Return the commands that deploy these customers, in order."""
    listed = list(customers)
    further = sorted({each.hub_bus for each in listed} - {DEFAULT_HUB_BUS})
    lines = [deployment_of(bus) for bus in (DEFAULT_HUB_BUS, *further)]
    for customer in listed:
        code = customer.code
        lines += [
            f"sam build --config-env {code} && sam deploy --config-env {code}",
            f"sam deploy --config-env {code}{ROUTE}",
        ]
    return lines


def look_first(text: str, customers: Sequence[CustomerStack]) -> dict[str, Inspection]:
    """Check every account before anything is built or deployed, and return them by code.

    Raises Refused or Failed if sam, the templates or the hub's account are missing or wrong.
    """
    program()
    repository()
    hub = account_of(hub_session(text))

    def one(customer: CustomerStack) -> Inspection:
        try:
            look(customer, hub)
        except (ChangecastError, BotoCoreError, ClientError) as error:
            return Inspection(explained(error))
        return Inspection(None)

    with ThreadPoolExecutor(max_workers=LOOKS_AT_ONCE) as threads:
        found = threads.map(one, customers)
        return dict(zip((each.code for each in customers), found, strict=True))


def deploy_all(config: Path, customers: Sequence[CustomerStack]) -> list[Deployed]:
    """Deploy the hub, these customers and their routes, once each; return each result."""
    with _alone(customers[0].code):
        template, done = prepare(config, customers)
        return [*done, *deploy(config, customers, template, before=adopting(config))]


def _alone(environment: str) -> AbstractContextManager[None]:
    """Let one command at a time build an environment, and deploy what it built.

    A build empties its folder first.
    """
    builds = repository() / ".aws-sam"
    builds.mkdir(exist_ok=True)
    return one_at_a_time(
        builds / f"{environment}.lock",
        f"Another command builds or deploys {environment} from {builds.parent}: waiting until it "
        "has ended ...",
    )


def adopting(config: Path) -> Callable[[CustomerStack], None]:
    """Return a function to call before a customer is deployed, which adopts existing resources."""

    def adopt(customer: CustomerStack) -> None:
        session = session_of(customer)
        found = to_adopt(session, customer)
        if found:
            edit(config, lambda text: with_parameters(text, customer.code, found))
            said = ", ".join(f"{name}={value}" for name, value in found.items())
            _print(f"  {customer.code}: SES already has these, and the stack uses them: {said}")
        contact_list = (dict(customer.more) | found).get("ContactList")
        digest = dict(customer.more).get("Digest") == "yes"
        ses = session.client("sesv2")
        added = add_topics(ses, contact_list, digest=digest) if contact_list else []
        if added:
            _print(f"  {customer.code}: topics added to the list {contact_list}: "
                   f"{', '.join(added)}")  # fmt: skip

    return adopt


def _print(line: str) -> None:
    with _one_at_a_time:
        err.print(escape(line))


def prepare(config: Path, customers: Sequence[CustomerStack]) -> tuple[Path, list[Deployed]]:
    """Bring the hub up to date, and build the customers' template meanwhile.

    Returns the built template and both results. Raises Failed if either fails; then no customer's
    account was touched.
    """
    first = customers[0].code
    with ThreadPoolExecutor(max_workers=2) as threads:
        hub = threads.submit(update_hub, config)
        template = _sam(config, "build", first)
        done = [*hub.result(), template]
    broken = [each.environment for each in done if each.fault]
    if broken:
        raise Failed(f"{', '.join(broken)} failed. No customer's account was changed")
    return repository() / built_template(read(config), first), done


@contextmanager
def built(config: Path, customers: Sequence[CustomerStack]) -> Iterator[Path]:
    """Build the customers' template once, in the folder of the first customer for whom it works.

    Until the context ends, no other command builds there. If the build fails for one customer (for
    example a missing profile), the next one is tried. Failed if it works for none.
    """
    with ExitStack() as until_deployed:
        for customer in customers:
            until_deployed.enter_context(_alone(customer.code))
            if _sam(config, "build", customer.code).fault is None:
                yield repository() / built_template(read(config), customer.code)
                return
            until_deployed.close()
    raise Failed("sam build failed. No customer's account was changed")


def update_hub(config: Path) -> list[Deployed]:
    """Update the hub to [hub] of samconfig.toml, and return what was done.

    An existing hub gets the parameters that differ and keeps its code. A new one, or one whose
    template lacks a parameter, is built and deployed. Its further buses are deployed next. Only one
    command at a time does this, so accounts that another command added meanwhile are included.
    """
    with _alone(HUB):
        text = read(config)
        session = hub_session(text)
        done = _update_first_bus(config, text, session)
        further = [bus_environment_of(bus) for bus in buses_in(text) if bus != DEFAULT_HUB_BUS]
        if not further or any(each.fault for each in done):
            return done
        deploy = partial(deploy_without_code, session, text)
        return [*done, *_side_by_side("deployed", further, deploy)]


def _update_first_bus(config: Path, text: str, session: boto3.Session) -> list[Deployed]:
    stack = find_stack(session, hub_stack_name(text))
    requested = parameters_of(tables(text)[HUB])
    if stack is None or not is_there(stack) or not requested.keys() <= parameters(stack).keys():
        make_room_for_hub(session, hub_stack_name(text))
        first = _sam(config, "build", HUB)
        return [first] if first.fault else [first, _sam(config, "deploy", HUB)]
    if requested.items() <= parameters(stack).items():
        return [_told("no change for", Deployed(HUB, None, 0.0))]
    act = partial(update_parameters, session, stack, requested)
    return list(_side_by_side("parameters of", [HUB], lambda _: act()))


def deploy(
    config: Path,
    customers: Sequence[CustomerStack],
    template: Path,
    *,
    before: Callable[[CustomerStack], None] = lambda _: None,
) -> list[Deployed]:
    """Deploy the built template to every customer, then the routes of those that succeeded.

    `before` checks a customer's account and may raise; then this customer is skipped. A failed
    customer never stops another.
    """
    sam = sam_for(config)
    by_code = {each.code: each for each in customers}

    def stack(code: str) -> None:
        before(by_code[code])
        clear_failed_create(session_of(by_code[code]), STACK)
        run(sam, "deploy", SamCall(code, {}, template))

    done = list(_side_by_side("sam deploy", by_code, stack))
    stand = [each.environment for each in done if each.fault is None]
    if not stand:
        return done
    text = read(config)
    hub = hub_session(text)
    named = [f"{code}{ROUTE}" for code in stand]
    return [
        *done,
        *_side_by_side("deployed", named, lambda name: deploy_without_code(hub, text, name)),
    ]


def sam_for(config: Path) -> Sam:
    """Return sam for this samconfig.toml; its logs go into the build folder."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return Sam(config, LOGS.resolve())


def _sam(config: Path, verb: str, environment: str) -> Deployed:
    sam = sam_for(config)
    (done,) = _side_by_side(
        f"sam {verb}", [environment], lambda name: run(sam, verb, SamCall(name, {}))
    )
    return done


def _side_by_side(
    says: str, names: Iterable[str], act: Callable[[str], None]
) -> Iterator[Deployed]:
    def tried(name: str) -> Deployed:
        began = time.monotonic()
        fault = None
        try:
            act(name)
        except Exception as error:  # one customer's fault must not stop another's
            fault = explained(error)
            if fault is None:
                raise
        return _told(says, Deployed(name, fault, time.monotonic() - began))

    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        yield from threads.map(tried, names)


def _told(says: str, done: Deployed) -> Deployed:
    sign = "[green]✓[/]" if done.fault is None else "[bold red]✗[/]"
    with _one_at_a_time:
        err.print(f"{sign} {says} {done.environment} [dim]{done.seconds:.1f} s[/]")
        if done.fault:
            err.print(f"  {escape(done.fault)}")
    return done
