"""The receivers of webhooks, without a network: what is posted to them, and what they answer."""

import base64
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from changecast.customer.channels.https import HttpAnswer
from changecast.customer.channels.targets import Target

SECRET = "whsec_" + base64.b64encode(b"the secret of one receiver").decode()
PUBLIC = "93.184.215.14"
OK = HttpAnswer(200, "")


class Posted(NamedTuple):
    """One request that reached a receiver."""

    host: str
    path: str
    body: bytes
    headers: Mapping[str, str]


class Receivers:
    """Every host is a receiver; `answer` may raise, `after` runs when a request has arrived."""

    def __init__(self) -> None:
        self.posted: list[Posted] = []
        self.answer: Callable[[str], HttpAnswer] = lambda host: OK
        self.after: Callable[[Posted], None] = lambda posted: None
        self.addresses: Sequence[str] = (PUBLIC,)

    def resolve(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host."""
        del host, port
        return self.addresses

    def post(
        self, target: Target, addresses: Sequence[str], body: bytes, headers: Mapping[str, str]
    ) -> HttpAnswer:
        """Post as channels/https.py does."""
        assert addresses == [*self.addresses]
        answer = self.answer(target.host)
        self.posted.append(Posted(target.host, target.path, body, dict(headers)))
        self.after(self.posted[-1])
        return answer
