"""Everything the doctor looks at in one customer's account, one check after the other."""

from collections.abc import Callable, Iterable, Iterator

import boto3
from botocore.exceptions import ClientError

from changecast_cli.deploying.samconfig import Customer
from changecast_cli.doctor import health as doctor_health
from changecast_cli.doctor import hub as doctor_hub
from changecast_cli.doctor import ses as doctor_ses
from changecast_cli.doctor import stack as doctor_stack
from changecast_cli.doctor.dns import Lookup, published
from changecast_cli.doctor.patient import Patient, patient
from changecast_cli.doctor.verdicts import Verdict, broken, warning

Check = Callable[[Patient], Iterator[Verdict]]
STACK, HUB_STACK = "changecast", "changecast-hub"
CUSTOMER_CHECKS: tuple[Check, ...] = (
    doctor_stack.stands,
    doctor_stack.parameters_of_account,
    doctor_ses.identity,
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
    doctor_health.traces,
    doctor_health.clock,
)
HUB_CHECKS: tuple[Check, ...] = (
    doctor_stack.stands,
    doctor_hub.reporters,
    doctor_hub.archive,
    doctor_hub.tracker_rules,
    doctor_health.dead_letters,
    doctor_health.function_errors,
    doctor_health.traces,
    doctor_health.clock,
)
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError", "403"})


def examine_customer(
    session: boto3.Session,
    customer: Customer,
    lookup: Lookup | None,
    *,
    largest_run: int = 0,
    drift: bool = False,
) -> list[Verdict]:
    """Every verdict on a customer's account; DNS only where there is a lookup."""
    found = patient(session, customer.code, STACK, largest_run=largest_run)
    if found is None:
        return [_no_stack(customer.code, customer.account, STACK)]
    verdicts = [verdict for check in CUSTOMER_CHECKS for verdict in guarded(check, found)]
    if lookup is not None:
        verdicts += guarded(lambda one: published(one, lookup), found)
    return verdicts + (guarded(doctor_health.drift, found, STACK) if drift else [])


def examine_hub(session: boto3.Session, *, drift: bool = False) -> list[Verdict]:
    """Every verdict on the hub's account."""
    found = patient(session, "hub", HUB_STACK)
    if found is None:
        return [_no_stack("hub", "of the hub", HUB_STACK)]
    verdicts = [verdict for check in HUB_CHECKS for verdict in guarded(check, found)]
    return verdicts + (guarded(doctor_health.drift, found, HUB_STACK) if drift else [])


def guarded(check: Callable[..., Iterable[Verdict]], *arguments: object) -> list[Verdict]:
    """A check's verdicts; one where AWS does not answer it, so that the others still come."""
    try:
        return list(check(*arguments))
    except ClientError as error:
        name = getattr(check, "__name__", "dns").replace("_", "-")
        code = error.response["Error"]["Code"]
        said = f"{error.operation_name}: {code}"
        if code in _REFUSED:
            return [warning(name, f"cannot look, {said}", "use a profile that may")]
        return [broken(name, said)]


def _no_stack(environment: str, account: str, stack: str) -> Verdict:
    return broken(
        "stack",
        f"account {account} has no stack {stack}",
        f"sam build --config-env {environment} && sam deploy --config-env {environment}",
    )
