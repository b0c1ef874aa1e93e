"""Faults that the embedded cloud's SES has on demand, per account. Pure, and thread safe."""

import math
from dataclasses import asdict, dataclass, fields
from fnmatch import fnmatch
from threading import Lock
from typing import Any

CALL_KINDS = (
    "no_answer",  # the mail is accepted and goes out, then the connection drops
    "no_answer_lost",  # the connection drops, nothing was accepted
    "error",  # 500
    "throttle",  # 429: over the send rate
    "daily_quota",  # 429: over the daily quota, only the text differs
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
# The account's quota instead of the default one: `max_send_rate`, `max_24_hour_send`.
LIMITS = "limits"
KINDS = (*CALL_KINDS, *EVENT_KINDS, LIMITS)


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
    calls: int = 0
    struck: int = 0


_SPEC = {field.name for field in fields(Fault)} - {"calls", "struck"}
_REQUIRED = {"account", "kind"}
_faults: list[Fault] = []
_lock = Lock()


def add(spec: dict[str, Any]) -> dict[str, Any]:
    """Add a fault, given as JSON: `account`, `kind` and any other of Fault's fields. Comes back.

    ValueError says what is wrong with it.
    """
    unknown, missing = set(spec) - _SPEC, _REQUIRED - set(spec)
    if unknown or missing:
        raise ValueError(f"a fault has {', '.join(sorted(_SPEC))}; account and kind are required")
    if spec["kind"] not in KINDS:
        raise ValueError(f"kind is one of {', '.join(KINDS)}")
    fault = _checked(Fault(**spec))
    with _lock:
        _faults.append(fault)
    return asdict(fault)


def _checked(fault: Fault) -> Fault:
    numbers = (fault.times, fault.every, fault.fraction, fault.seconds)
    if not all(number is None or isinstance(number, int | float) for number in numbers):
        raise ValueError("times, every, fraction and seconds are numbers")
    if fault.every < 1 or not 0 <= (fault.fraction or 0) <= 1:
        raise ValueError("every is 1 or more, fraction is from 0 to 1")
    if fault.kind == "outcome" and fault.outcome not in OUTCOMES:
        raise ValueError(f"outcome is one of {', '.join(OUTCOMES)}")
    return fault


def clear(account: str | None = None) -> None:
    """Forget the faults of an account, or of all."""
    with _lock:
        _faults[:] = [fault for fault in _faults if account not in (None, fault.account)]


def listed(account: str | None = None) -> list[dict[str, Any]]:
    """The faults as JSON, each with how many calls it saw and how many it struck."""
    with _lock:
        return [asdict(fault) for fault in _faults if account in (None, fault.account)]


def strikes(account: str, operation: str, addresses: list[str]) -> list[Fault]:
    """The faults that this call meets; asking counts as the call."""
    with _lock:
        return [
            fault
            for fault in _of(account, *CALL_KINDS)
            if fault.operation == operation and _concerns(fault, addresses) and _strikes_now(fault)
        ]


def event_delay(account: str, address: str) -> float | None:
    """How many seconds late the next event of SES comes; None: it is lost."""
    with _lock:
        struck = [
            fault
            for fault in _of(account, *EVENT_KINDS)
            if _concerns(fault, [address]) and _strikes_now(fault)
        ]
    if any(fault.kind == "lose_events" for fault in struck):
        return None
    return sum(fault.seconds for fault in struck)


def stands(account: str, kind: str) -> bool:
    """Whether every call of the account meets this fault, until it is cleared."""
    with _lock:
        return any(
            (fault.times, fault.every, fault.fraction, fault.address) == (None, 1, None, None)
            for fault in _of(account, kind)
        )


def limit(account: str, name: str, default: float) -> float:
    """`max_send_rate` or `max_24_hour_send` of an account."""
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
