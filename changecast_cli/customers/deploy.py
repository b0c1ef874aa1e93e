"""Deploy by sam: the hub, then customers side by side, then the routes of those that stand."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.markup import escape

from changecast_cli.customers.routes import deploy_route, hub_session
from changecast_cli.deploying.sam import AT_ONCE, Job, Sam, repository, run
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.deploying.samconfig_file import HUB, ROUTE, built_template, read
from changecast_cli.failures import Failed, explained
from changecast_cli.terminal import err

LOGS = Path(".aws-sam") / "logs"
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Done:
    """What came of one environment; `fault` is None where it stands."""

    environment: str
    fault: str | None
    seconds: float


def lines_for(customers: Iterable[Customer]) -> list[str]:
    """What to type to deploy these customers, in this order."""
    lines = ["sam build --config-env hub && sam deploy --config-env hub"]
    for customer in customers:
        code = customer.code
        lines += [
            f"sam build --config-env {code} && sam deploy --config-env {code}",
            f"sam deploy --config-env {code}{ROUTE}",
        ]
    return lines


def build(config: Path, customers: Sequence[Customer]) -> Path:
    """Build the customers' template once, in the folder of the first for whom it works.

    It may be one customer's own fault that it does not (a profile that is not there), and that
    stops no other. Failed where it works for nobody.
    """
    for customer in customers:
        if _sam(config, "build", customer.code).fault is None:
            return repository() / built_template(read(config), customer.code)
    raise Failed("sam build broke, and no customer's account was touched")


def deploy_hub(config: Path) -> None:
    """Build and deploy the hub; Refused where its profile is another's, Failed where it breaks."""
    hub_session(read(config))
    for verb in ("build", "deploy"):
        if _sam(config, verb, HUB).fault:
            raise Failed(f"sam {verb} {HUB} broke, and no customer's account was touched")


def deploy(
    config: Path,
    customers: Sequence[Customer],
    template: Path,
    *,
    before: Callable[[Customer], None] = lambda _: None,
) -> list[Done]:
    """Deploy the built template to every customer, and the route of every one that stands.

    `before` looks at a customer's account and may raise: then this customer is left alone. One
    that fails never stops another.
    """
    sam = sam_for(config)
    by_code = {each.code: each for each in customers}

    def stack(code: str) -> None:
        before(by_code[code])
        run(sam, "deploy", Job(code, {}, template))

    done = list(_side_by_side("sam deploy", by_code, stack))
    stand = [each.environment for each in done if each.fault is None]
    if not stand:
        return done
    text = read(config)
    hub = hub_session(text)
    named = [f"{code}{ROUTE}" for code in stand]
    return [
        *done,
        *_side_by_side("deployed", named, lambda name: deploy_route(hub, text, name)),
    ]


def sam_for(config: Path) -> Sam:
    """sam with this samconfig.toml; its logs go where its builds go."""
    LOGS.mkdir(parents=True, exist_ok=True)
    return Sam(config, LOGS.resolve())


def _sam(config: Path, verb: str, environment: str) -> Done:
    sam = sam_for(config)
    (done,) = _side_by_side(
        f"sam {verb}", [environment], lambda name: run(sam, verb, Job(name, {}))
    )
    return done


def _side_by_side(says: str, names: Iterable[str], act: Callable[[str], None]) -> Iterator[Done]:
    def tried(name: str) -> Done:
        began = time.monotonic()
        fault = None
        try:
            act(name)
        except Exception as error:  # one customer's fault must not stop another's
            fault = explained(error)
            if fault is None:
                raise
        return _told(says, Done(name, fault, time.monotonic() - began))

    with ThreadPoolExecutor(max_workers=AT_ONCE) as threads:
        yield from threads.map(tried, names)


def _told(says: str, done: Done) -> Done:
    sign = "[green]✓[/]" if done.fault is None else "[bold red]✗[/]"
    with _one_at_a_time:
        err.print(f"{sign} {says} {done.environment} [dim]{done.seconds:.1f} s[/]")
        if done.fault:
            err.print(f"  {escape(done.fault)}", soft_wrap=True)
    return done
