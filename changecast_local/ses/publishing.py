"""Put SES's events on the default bus after the response, each when it is due."""

import heapq
import time
from collections.abc import Callable
from itertools import count
from threading import Condition, Thread
from typing import Any

from changecast_local import faults
from changecast_local.ses.events import SOURCE, Event

PutEvent = Callable[..., Any]

_due: list[tuple[float, int, Event]] = []
_changed = Condition()
_numbers = count()
_working: list[Thread] = []
_puts: list[PutEvent] = []


def deliver_by(put: PutEvent) -> None:
    """Set how an event is put on a bus: `put(account, region, *, source, detail_type, ...)`."""
    _puts[:] = [put]


def publish(event: Event) -> None:
    """Queue one event; faults of the account may delay or lose it."""
    delay = faults.event_delay(event.account, event.address)
    if delay is None:
        return
    with _changed:
        heapq.heappush(_due, (time.monotonic() + delay, next(_numbers), event))
        if not _working:
            _working.append(Thread(target=_work, name="ses-events", daemon=True))
            _working[0].start()
        _changed.notify_all()


def settle(seconds: float) -> bool:
    """Wait until all events are put, at most this long; return False if some are left."""
    with _changed:
        return _changed.wait_for(lambda: not _working, timeout=seconds)


def clear() -> None:
    """Forget what is queued."""
    with _changed:
        _due.clear()
        _changed.notify_all()


def _work() -> None:
    """Put due events until none is left; then the thread ends."""
    try:
        while event := _next():
            _deliver(event)
    finally:
        with _changed:
            _working.clear()
            _changed.notify_all()


def _next() -> Event | None:
    with _changed:
        while _due and (wait := _due[0][0] - time.monotonic()) > 0:
            _changed.wait(wait)
        if _due:
            return heapq.heappop(_due)[2]
        # Set under the lock, so that nobody leaves an event to a thread that ends.
        _working.clear()
        return None


def _deliver(event: Event) -> None:
    for put in _puts:
        put(
            event.account,
            event.region,
            source=SOURCE,
            detail_type=event.detail_type,
            detail=event.detail,
            resources=event.resources,
        )
