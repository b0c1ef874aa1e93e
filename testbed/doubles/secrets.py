"""Secrets Manager in memory: what our code uses of it."""

import json
from typing import Any

from testbed.doubles.answers import refusal

KEYRING = json.dumps({"current": "1", "1": "0123456789abcdef" * 4})


class Secrets:
    """The keyring, and the webhooks' secrets by ARN and stage."""

    def __init__(self, secret: str = KEYRING) -> None:
        self.secret = secret
        self.webhooks: dict[tuple[str, str], str] = {}
        self.calls = 0
        self.fails: Exception | None = None

    def get_secret_value(self, **request: Any) -> dict[str, Any]:
        """GetSecretValue."""
        self.calls += 1
        if self.fails is not None:
            raise self.fails
        if "VersionStage" not in request:
            return {"SecretString": self.secret}
        found = self.webhooks.get((request["SecretId"], request["VersionStage"]))
        if found is None:
            raise refusal("ResourceNotFoundException", 400)
        return {"SecretString": found}
