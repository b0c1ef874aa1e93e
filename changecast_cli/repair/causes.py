"""Causes that still prevent a repair from working, found by the doctor's checks.

Verbs that would only fail again refuse in the same words: `Refused(*causes, unforced(...))`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.pause_code import PauseCode
from changecast_cli.customer_access import STACK, CustomerAccount, enter
from changecast_cli.doctor import sender, ses
from changecast_cli.doctor.checked_account import CheckedAccount, checked_account
from changecast_cli.doctor.stack import expected_bus_policy, may_put, partition_of, policy_verdict
from changecast_cli.doctor.verdicts import Level, Verdict, broken, repair_of
from changecast_cli.failures import Refused, explained, warn

Check = Callable[[CheckedAccount], Iterator[Verdict]]
_SENDING: tuple[Check, ...] = (
    ses.identity,
    sender.sender_identity,
    ses.configuration_set,
    ses.contact_list,
)
# Causes that no check of the doctor can see have no checks.
_CHECKS: Mapping[PauseCode, tuple[Check, ...]] = {
    PauseCode.SENDING_PAUSED: (ses.account,),
    PauseCode.ACCOUNT_SUSPENDED: (ses.account,),
    PauseCode.SANDBOX: (ses.account,),
    PauseCode.MAIL_FROM_NOT_VERIFIED: (ses.mail_from,),
    PauseCode.NO_CONTACT_LIST: (ses.contact_list,),
    PauseCode.NO_TOPIC: (ses.contact_list,),
    PauseCode.DAILY_QUOTA: (),
    PauseCode.NO_RENDERING: (),
}
# Verdicts of these checks that pause no run.
_HARMLESS = frozenset({"event-destination", "quota"})


def remaining_causes(account: CustomerAccount, code: PauseCode | None) -> list[Verdict]:
    """Return the broken verdicts that would pause a run for this cause again.

    Without permission to look at the account, it returns none.
    """
    checks = _CHECKS.get(code, _SENDING) if code and code.needs_repair else ()
    if not checks:
        return []
    harmless = _HARMLESS if code is PauseCode.SANDBOX else _HARMLESS | {"sandbox"}
    return [
        each
        for each in _verdicts(account, checks)
        if each.level is Level.BROKEN and each.check not in harmless
    ]


def _verdicts(account: CustomerAccount, checks: tuple[Check, ...]) -> Iterator[Verdict]:
    try:
        found = checked_account(account.session, account.customer.code, STACK)
        for check in checks if found else ():
            yield from check(cast(CheckedAccount, found))
    except (ClientError, BotoCoreError) as error:
        warn(f"cannot check whether the cause is gone: {explained(error)}")


def bus_causes(hub: boto3.Session, codes: Iterable[str]) -> dict[str, Verdict]:
    """Return why customers' buses refuse what their routes put, by code.

    Without a way into a customer's account, it warns, and returns nothing for it.
    """
    found = {code: _bus_cause(hub, code) for code in codes}
    return {code: cause for code, cause in found.items() if cause}


def _bus_cause(hub: boto3.Session, code: str) -> Verdict | None:
    try:
        account = enter(hub, code)
        bus = account.session.client("events").describe_event_bus(Name=STACK)
    except (Refused, ClientError, BotoCoreError) as error:
        if _is_missing(error):
            return broken("bus-policy", f"the bus {STACK} does not exist", repair_of(code))
        warn(f"cannot check whether {code}'s bus accepts events: {explained(error) or error}")
        return None
    expected = expected_bus_policy(account.parameters["HubAccount"], code, partition_of(bus["Arn"]))
    policy = bus.get("Policy")
    return None if may_put(policy, expected) else policy_verdict(policy, expected, code)


def _is_missing(error: Exception) -> bool:
    missing = "ResourceNotFoundException"
    return isinstance(error, ClientError) and error.response["Error"]["Code"] == missing


def refuse_broken_buses(hub: boto3.Session, codes: Iterable[str], verb: str) -> None:
    """Raise Refused if what is announced again would become a dead letter of the route."""
    if causes := bus_causes(hub, codes):
        raise Refused(*bus_words(causes), unforced(verb))


def bus_words(causes: Mapping[str, Verdict]) -> Iterator[str]:
    """Yield a sentence for each customer whose bus refuses events, with its repair."""
    for code, each in causes.items():
        yield f"announcements cannot reach {code}: {each.reason}. Repair it first: {each.fix}"


def in_words(causes: list[Verdict]) -> Iterator[str]:
    """Yield a sentence for each remaining cause, with its repair."""
    for each in causes:
        yield (
            f"the cause is still there, so the run would pause again: {each.reason}. "
            f"Repair it first: {each.fix}"
        )


def unforced(verb: str) -> str:
    """Return the sentence after the causes: nothing was done, and how to do it anyway."""
    return f"nothing was {verb}. To go ahead anyway, add --force"
