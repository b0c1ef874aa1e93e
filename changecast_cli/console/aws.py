"""The console's access to the hub: the user's own credentials, and one client per thread."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from changecast.hub.announcing.announce import STATUS_TABLE, Hub, connect
from changecast.hub.registry import Customer, hub_settings, list_customers

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

# A person waits for the page, so it soon says if the hub does not answer.
SOON = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 3},
    max_pool_connections=20,
)


class Aws:
    """The pages' AWS clients; boto3's sessions and resources are not thread-safe."""

    def __init__(self, session: boto3.Session) -> None:
        self.session = session
        self._making = threading.Lock()
        self._own = threading.local()
        self._two_persons: bool | None = None

    @property
    def table(self) -> "Table":
        """The status table."""
        made: Table = self._kept(
            "table", lambda: self.session.resource("dynamodb", config=SOON).Table(STATUS_TABLE)
        )
        return made

    @property
    def customers(self) -> dict[str, Customer]:
        """Every customer that is registered now."""
        return list_customers(self._kept("ssm", lambda: self.session.client("ssm", config=SOON)))

    @property
    def two_persons(self) -> bool:
        """Whether two persons announce on this hub; it is read once, and not if AWS refuses."""
        if self._two_persons is None:
            try:
                ssm = self._kept("ssm", lambda: self.session.client("ssm", config=SOON))
                self._two_persons = hub_settings(ssm).two_persons is not None
            except (ClientError, BotoCoreError):
                return False
        return self._two_persons

    def hub(self) -> Hub:
        """Return the current hub, as `announce` needs it."""
        with self._making:
            return connect(self.session)

    def _kept(self, name: str, make: Callable[[], Any]) -> Any:
        if not hasattr(self._own, name):
            with self._making:
                setattr(self._own, name, make())
        return getattr(self._own, name)
