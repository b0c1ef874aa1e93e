"""Faults of the embedded cloud on demand, per account. Pure and thread-safe."""

import math
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatch
from threading import Lock
from typing import Any

CALL_KINDS = (
    "no_answer",  # the mail is accepted and sent, then the connection drops
    "no_answer_lost",  # the connection drops, nothing was accepted
    "error",  # 500
    "throttle",  # 429: over the send rate
    "daily_quota",  # 429: over the daily quota; only the text differs
    "paused",  # the account's sending is paused
    "suspended",  # the account is suspended
    "reject",  # this mail is refused
    "slow",  # the answer takes `seconds`
    "outcome",  # the mail is accepted and ends as `outcome` says
)
OUTCOMES = (
    "delivered", "bounce", "soft_bounce", "out_of_office", "complaint", "delivery_delay",
    "suppressed", "virus",
)  # fmt: skip
EVENT_KINDS = ("lose_events", "delay_events")
# The account's quotas instead of the defaults: `max_send_rate`, `max_24_hour_send` of SES,
# `concurrent_executions` of Lambda, `rules_per_bus` of EventBridge.
LIMITS = "limits"
# SES has not given the account production access yet.
SANDBOX = "sandbox"
# CloudFormation cannot create a resource of the stack with this name.
CREATE_FAILS = "create_fails"
KINDS = (*CALL_KINDS, *EVENT_KINDS, LIMITS, SANDBOX, CREATE_FAILS)


@dataclass
class Fault:
    """One fault of one account.

    It strikes on each `every`-th matching call (or on a `fraction` of them, evenly), until it has
    struck `times` times (None: until cleared). `address` is a pattern like *@acme.example.
    """

    account: str
    kind: str
    times: int | None = None
    every: int = 1
    fraction: float | None = None
    address: str | None = None
    operation: str = "SendEmail"
    seconds: float = 0.0
    outcome: str | None = None
    max_send_rate: float | None = None
    max_24_hour_send: float | None = None
    concurrent_executions: int | None = None
    rules_per_bus: int | None = None
    stack: str | None = None
    calls: int = 0
    struck: int = 0


_SPEC = {field.name for field in fields(Fault)} - {"calls", "struck"}
_REQUIRED = {"account", "kind"}
_faults: list[Fault] = []
_lock = Lock()


def add(spec: dict[str, Any]) -> dict[str, Any]:
    """Add a fault given as JSON (`account`, `kind` and other fields of Fault), and return it.

    Raises ValueError with what is wrong.
    """
    unknown, missing = set(spec) - _SPEC, _REQUIRED - set(spec)
    if unknown or missing:
        raise ValueError(
            f"a fault has the fields {', '.join(sorted(_SPEC))}; account and kind are required"
        )
    if spec["kind"] not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}")
    fault = _checked(Fault(**spec))
    with _lock:
        _faults.append(fault)
    return asdict(fault)


def _checked(fault: Fault) -> Fault:
    numbers = (fault.times, fault.every, fault.fraction, fault.seconds)
    if not all(number is None or isinstance(number, int | float) for number in numbers):
        raise ValueError("times, every, fraction and seconds must be numbers")
    if fault.every < 1 or not 0 <= (fault.fraction or 0) <= 1:
        raise ValueError("every must be 1 or more, and fraction must be from 0 to 1")
    if fault.kind == "outcome" and fault.outcome not in OUTCOMES:
        raise ValueError(f"outcome must be one of {', '.join(OUTCOMES)}")
    return fault


def clear(account: str | None = None) -> None:
    """Forget the faults of an account, or of all."""
    with _lock:
        _faults[:] = [fault for fault in _faults if account not in (None, fault.account)]


def listed(account: str | None = None) -> list[dict[str, Any]]:
    """Return the faults as JSON, each with the number of calls it saw and it struck."""
    with _lock:
        return [asdict(fault) for fault in _faults if account in (None, fault.account)]


def strikes(account: str, operation: str, addresses: list[str]) -> list[Fault]:
    """Return the faults that strike this call, and count the call."""
    with _lock:
        return [
            fault
            for fault in _of(account, *CALL_KINDS)
            if fault.operation == operation and _concerns(fault, addresses) and _strikes_now(fault)
        ]


def event_delay(account: str, address: str) -> float | None:
    """Return by how many seconds SES's next event is late; None if it is lost."""
    with _lock:
        struck = [
            fault
            for fault in _of(account, *EVENT_KINDS)
            if _concerns(fault, [address]) and _strikes_now(fault)
        ]
    if any(fault.kind == "lose_events" for fault in struck):
        return None
    return sum(fault.seconds for fault in struck)


def is_set(account: str, kind: str) -> bool:
    """Return whether this fault strikes every call of the account until it is cleared."""
    with _lock:
        return any(
            (fault.times, fault.every, fault.fraction, fault.address) == (None, 1, None, None)
            for fault in _of(account, kind)
        )


def create_fails(account: str, stack: str) -> bool:
    """Return whether creating a stack's next resource fails, and count the try."""
    with _lock:
        struck = [
            _strikes_now(fault) for fault in _of(account, CREATE_FAILS) if fault.stack == stack
        ]
    return any(struck)


def limit(account: str, name: str, default: float) -> float:
    """Return one of an account's quotas, by the name of its field."""
    with _lock:
        said: list[float | None] = [getattr(fault, name) for fault in _of(account, LIMITS)]
    return next((value for value in reversed(said) if value is not None), default)


def _of(account: str, *kinds: str) -> list[Fault]:
    return [fault for fault in _faults if fault.account == account and fault.kind in kinds]


def _concerns(fault: Fault, addresses: list[str]) -> bool:
    if fault.address is None:
        return True
    pattern = fault.address.lower()
    return any(fnmatch(address.lower(), pattern) for address in addresses)


def _strikes_now(fault: Fault) -> bool:
    if fault.times is not None and fault.struck >= fault.times:
        return False
    fault.calls += 1
    if fault.fraction is None:
        due = fault.calls % fault.every == 0
    else:
        due = math.floor(fault.calls * fault.fraction) > math.floor(
            (fault.calls - 1) * fault.fraction
        )
    fault.struck += due
    return due
