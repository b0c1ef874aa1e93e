"""One request to SES v2, as the operations see it."""

from dataclasses import dataclass, field
from typing import Any

from changecast_local.ses.store import Account


@dataclass(frozen=True)
class Call:
    """`names` are taken from the path, `base_url` is where the caller reached the cloud."""

    operation: str
    account: Account
    names: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, list[str]] = field(default_factory=dict)
    base_url: str = ""
    caller: str = ""
    source_ip: str = ""

    def asked(self, name: str, default: str = "") -> str:
        """Return a value of the query string."""
        values = self.query.get(name) or [default]
        return values[0]
