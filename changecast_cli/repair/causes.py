"""Causes that still prevent a paused run from sending, found by the doctor's checks."""

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from botocore.exceptions import BotoCoreError, ClientError

from changecast.contract.pause_code import PauseCode
from changecast_cli.customer_access import STACK, CustomerAccount
from changecast_cli.doctor import sender, ses
from changecast_cli.doctor.checked_account import CheckedAccount, checked_account
from changecast_cli.doctor.verdicts import Level, Verdict
from changecast_cli.failures import explained, warn

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


def in_words(causes: list[Verdict]) -> Iterator[str]:
    """Yield a sentence for each remaining cause, with its repair."""
    for each in causes:
        yield (
            f"the cause is still there, so the run would pause again: {each.reason}. "
            f"Repair it: {each.fix}"
        )
