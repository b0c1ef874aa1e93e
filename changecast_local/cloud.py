"""The embedded cloud: several AWS accounts in this process, or in one that runs already.

with running() as cloud:
    cloud.session("222222222222").client("sqs").list_queues()
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import boto3
import botocore.session
from botocore.loaders import create_loader

from changecast_local import accounts, control
from changecast_local.environment import REGION, SECRET

ANSWER_SECONDS = 30.0
# To read a service's model is nine tenths of making a client: one reader serves all sessions.
_MODELS = create_loader()


class CloudUnreachable(RuntimeError):
    """No embedded cloud answers at an endpoint."""


class Session(boto3.Session):
    """A boto3 session whose clients reach the embedded cloud without anybody's environment."""

    def __init__(self, endpoint: str, **arguments: Any) -> None:
        """`endpoint` becomes every client's endpoint_url; the rest is boto3's."""
        below = botocore.session.get_session()
        below.register_component("data_loader", _MODELS)
        super().__init__(botocore_session=below, **arguments)
        # boto3 adds its own folder for every session.
        _MODELS.search_paths[:] = dict.fromkeys(_MODELS.search_paths)
        self._endpoint = endpoint

    def client(self, *names: Any, **arguments: Any) -> Any:
        """As boto3's, at the embedded cloud unless the call names another endpoint."""
        return super().client(*names, **{"endpoint_url": self._endpoint, **arguments})

    def resource(self, *names: Any, **arguments: Any) -> Any:
        """As boto3's, at the embedded cloud unless the call names another endpoint."""
        return super().resource(*names, **{"endpoint_url": self._endpoint, **arguments})


@dataclass(frozen=True)
class Cloud:
    """A running embedded cloud. Everything goes over its endpoint, so it may be anywhere."""

    endpoint: str

    def environment(self, account: str, region: str = REGION) -> dict[str, str]:
        """The variables that make any AWS tool an administrator of `account` in this cloud."""
        return accounts.variables(self.endpoint, account, region)

    def session(self, account: str, region: str = REGION) -> boto3.Session:
        """A boto3 session of an administrator of `account`."""
        return Session(
            self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key=SECRET,
            region_name=region,
        )

    def mails(self, account: str | None = None) -> list[dict[str, Any]]:
        """Whole mails as they left SES, oldest first, of one account or of all."""
        found: list[dict[str, Any]] = self.ask("GET", "mails", _of(account))
        return found

    def faults(self, account: str | None = None) -> list[dict[str, Any]]:
        """The faults that are set, each with how many calls it saw and how many it struck."""
        found: list[dict[str, Any]] = self.ask("GET", "faults", _of(account))
        return found

    def add_fault(self, account: str, kind: str, **more: Any) -> dict[str, Any]:
        """Make the SES of an account misbehave; see `changecast_local.faults.Fault`. ValueError."""
        spec = {"account": account, "kind": kind, **more}
        added: dict[str, Any] = self.ask("POST", "faults", body=spec)
        return added

    def clear_faults(self, account: str | None = None) -> None:
        """The SES of an account, or of all, behaves again."""
        self.ask("DELETE", "faults", _of(account))

    def ask(
        self, method: str, what: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """Ask the control API. Raises CloudUnreachable; ValueError where the question is wrong."""
        url = f"{self.endpoint}{control.PREFIX}{what}?{urlencode(query or {})}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(url, data, method=method), timeout=ANSWER_SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except HTTPError as error:
            with error:
                raise ValueError(json.load(error)["error"]) from error
        except URLError as error:
            message = f"no embedded cloud answers at {self.endpoint}"
            raise CloudUnreachable(message) from error


def _of(account: str | None) -> dict[str, str]:
    return {"account": account} if account else {}


def attach(endpoint: str) -> Cloud:
    """A cloud that runs already, in whatever process. Raises CloudUnreachable."""
    cloud = Cloud(endpoint.rstrip("/"))
    cloud.ask("GET", "health")
    return cloud


@contextmanager
def running(
    *, auth: bool = True, port: int = 0, workers: int = 6, log: Path | None = None
) -> Iterator[Cloud]:
    """Start an embedded cloud in this process; when the block ends nothing is left of it.

    `auth`: IAM is evaluated. `port`: 0 is any free one. `workers`: how many functions run at the
    same time. `log`: a file for everything that it has to say, else it says nothing.
    Raises RuntimeError where one runs in this process already, OSError where the port is taken.
    """
    from changecast_local import in_process  # noqa: PLC0415 - the server, which `attach` needs not

    with in_process.started(auth=auth, port=port, workers=workers, log=log) as endpoint:
        yield Cloud(endpoint)
