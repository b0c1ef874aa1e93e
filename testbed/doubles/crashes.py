"""A process that dies at one chosen call of a client, before or after the call takes effect."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from testbed.doubles.account import Account


class Died(BaseException):
    """The process died; nothing may catch this."""


class Crashes:
    """Counts the calls of all clients; the process dies at call `at`."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.calls = at, after, 0

    def wrap(self, service: str, client: Any) -> Any:
        """Return a client whose calls count."""
        return _Client(self, client)

    def through(self, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """One call."""
        self.calls += 1
        is_last = self.calls == self.at
        if is_last and not self.after:
            raise Died
        answer = call(**arguments)
        if is_last:
            raise Died
        return answer


class _Client:
    def __init__(self, crashes: Crashes, client: Any) -> None:
        self._crashes, self._client = crashes, client

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        return lambda **arguments: self._crashes.through(call, arguments)


def dies(account: "Account", work: Callable[[], None], at: int, *, after: bool) -> bool:
    """Let an account's functions work until the call `at`, where the process dies; start new ones.

    Returns:
        False if they make fewer calls.
    """
    account.wrap = Crashes(at, after=after).wrap
    account.start()
    died = False
    try:
        work()
    except Died:
        died = True
    account.wrap = lambda service, client: client
    account.start()
    return died
