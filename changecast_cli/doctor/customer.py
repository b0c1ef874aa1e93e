"""All doctor checks of one customer's account and of the hub."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast_cli.contacts.pacing import SLOWER
from changecast_cli.deploying.leftovers import region_of_another_stack
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.samconfig_file import bus_environment_of
from changecast_cli.doctor import alerts as doctor_alerts
from changecast_cli.doctor import answer_page as doctor_answer_page
from changecast_cli.doctor import health as doctor_health
from changecast_cli.doctor import hub as doctor_hub
from changecast_cli.doctor import limits as doctor_limits
from changecast_cli.doctor import release as doctor_release
from changecast_cli.doctor import running as doctor_running
from changecast_cli.doctor import sender as doctor_sender
from changecast_cli.doctor import ses as doctor_ses
from changecast_cli.doctor import stack as doctor_stack
from changecast_cli.doctor.administrator import by_administrator
from changecast_cli.doctor.checked_account import CheckedAccount, checked_account
from changecast_cli.doctor.dns import Lookup, published
from changecast_cli.doctor.verdicts import Verdict, broken, causes_first, warning

Check = Callable[[CheckedAccount], Iterator[Verdict]]
STACK, HUB_STACK = "changecast", "changecast-hub"
CUSTOMER_CHECKS: tuple[Check, ...] = (
    doctor_stack.deployment,
    doctor_stack.parameters_of_account,
    doctor_release.release,
    doctor_ses.identity,
    doctor_sender.sender_identity,
    doctor_ses.dkim,
    doctor_ses.mail_from,
    doctor_ses.account,
    doctor_ses.configuration_set,
    doctor_ses.contact_list,
    doctor_ses.suppression,
    doctor_stack.bus_policy,
    doctor_stack.rules,
    doctor_health.dead_letters,
    doctor_health.function_errors,
    doctor_running.switched_off,
    doctor_running.queue_age,
    doctor_running.reputation,
    doctor_running.failed_stacks,
    doctor_limits.concurrency,
    doctor_running.alarm_actions,
    doctor_health.traces,
    doctor_health.clock,
    doctor_answer_page.page,
    doctor_answer_page.throttles,
    doctor_answer_page.keyring,
)
HUB_CHECKS: tuple[Check, ...] = (
    doctor_stack.deployment,
    doctor_release.release,
    doctor_hub.reporters,
    doctor_hub.archive,
    doctor_limits.rules_quota,
    doctor_hub.tracker_rules,
    doctor_alerts.alerts,
    doctor_alerts.alarms,
    doctor_health.dead_letters,
    doctor_health.function_errors,
    doctor_running.switched_off,
    doctor_running.queue_age,
    doctor_running.failed_stacks,
    doctor_limits.concurrency,
    doctor_running.alarm_actions,
    doctor_health.traces,
    doctor_health.clock,
)
# For the stack of each further bus.
BUS_CHECKS: tuple[Check, ...] = (
    doctor_stack.deployment,
    doctor_hub.reporters,
    doctor_hub.archive,
    doctor_limits.rules_quota,
    doctor_hub.tracker_rules,
    doctor_running.alarm_actions,
)
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})
_THROTTLED = frozenset({*SLOWER, "RequestLimitExceeded", "RequestThrottled", "SlowDown"})
AGAIN_HUB, SERVER_ERROR = "changecast doctor --hub", 500


def examine_customer(
    session: boto3.Session,
    customer: CustomerStack,
    lookup: Lookup | None,
    *,
    largest_run: int = 0,
    drift: bool = False,
) -> list[Verdict]:
    """Yield every verdict on a customer's account; DNS only with a lookup."""
    again = again_for(customer.code)
    found = checked_account(session, customer.code, STACK, largest_run=largest_run)
    if found is None:
        return guarded(again, missing_stack, session, customer)
    verdicts = [verdict for check in CUSTOMER_CHECKS for verdict in guarded(again, check, found)]
    if lookup is not None:
        verdicts += guarded(again, published, found, lookup)
    return verdicts + (guarded(again, doctor_health.drift, found, STACK) if drift else [])


def examine_hub(session: boto3.Session, *, drift: bool = False) -> list[Verdict]:
    """Return every verdict on the hub: on its stack, and on those of its further buses."""
    verdicts = _examine(session, HUB_STACK, HUB_CHECKS, drift=drift)
    verdicts += guarded(AGAIN_HUB, _further_buses, session, drift)
    return causes_first(verdicts)


def _examine(
    session: boto3.Session, stack: str, checks: Sequence[Check], *, drift: bool
) -> list[Verdict]:
    found = checked_account(session, "hub", stack)
    if found is None:
        return [_no_stack(bus_environment_of(stack), "of the hub", stack)]
    verdicts = [verdict for check in checks for verdict in guarded(AGAIN_HUB, check, found)]
    verdicts += guarded(AGAIN_HUB, doctor_health.drift, found, stack) if drift else []
    return [by_administrator(verdict, found.account, is_hub=True) for verdict in verdicts]


def _further_buses(session: boto3.Session, drift: bool) -> Iterator[Verdict]:
    """Yield every verdict on each further bus; the reason begins with the bus."""
    for bus in doctor_hub.further_buses(session):
        for verdict in _examine(session, bus, BUS_CHECKS, drift=drift):
            yield replace(verdict, reason=f"{bus}: {verdict.reason.removeprefix(f'{bus} ')}")


def alarm_verdicts(session: boto3.Session) -> list[Verdict]:
    """Yield the verdicts on a test alarm of the hub, which is really sent."""
    found = checked_account(session, "hub", HUB_STACK)
    if found is None:
        return [_no_stack("hub", "of the hub", HUB_STACK)]
    return guarded(AGAIN_HUB, doctor_alerts.alarm_test, session, found)


def again_for(code: str) -> str:
    """Return the command that checks a customer again."""
    return f"changecast doctor --customer {code}"


def guarded(
    again: str, check: Callable[..., Iterable[Verdict]], *arguments: object
) -> list[Verdict]:
    """Return a check's verdicts; if AWS does not answer, one about that.

    Args:
        again: The command that checks again.
    """
    name = check.__name__.replace("_", "-")
    try:
        return list(check(*arguments))
    except ClientError as error:
        return [_unanswered(name, error, again)]
    except BotoCoreError as error:
        return [warning(name, f"cannot check: {error}", again)]


def _unanswered(name: str, error: ClientError, again: str) -> Verdict:
    """Return a verdict that is not `broken`: AWS is busy, or this role may not look."""
    code = error.response["Error"]["Code"]
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = f"{error.operation_name}: {code}"
    if code in _REFUSED:
        return warning(name, f"cannot check: {said}", "use a profile that has this permission")
    if code in _THROTTLED or status >= SERVER_ERROR:
        return warning(name, f"cannot check: AWS is busy: {said}", again)
    return broken(name, said, f"{again} --drift, to see what was deleted")


def missing_stack(session: boto3.Session, customer: CustomerStack) -> Iterator[Verdict]:
    """Return the verdict that the stack is missing here; another Region may have it."""
    elsewhere = region_of_another_stack(session)
    if elsewhere is None:
        yield _no_stack(customer.code, customer.account, STACK)
    else:
        said = f"account {customer.account} has the stack in {elsewhere}, not in {customer.region}"
        yield broken("stack", said, f"correct the region of [{customer.code}] in samconfig.toml")


def _no_stack(environment: str, account: str, stack: str) -> Verdict:
    return broken(
        "stack",
        f"account {account} has no stack {stack}",
        f"sam build --config-env {environment} && sam deploy --config-env {environment}",
    )
