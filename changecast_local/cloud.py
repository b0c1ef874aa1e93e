"""The embedded cloud: several AWS accounts, in this process or in one that runs already.

with running() as cloud:
    cloud.session("222222222222").client("sqs").list_queues()
"""

import json
from collections.abc import Iterable, Iterator, Mapping
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
from changecast_local.environment import PREPARING, REGION, SECRET

ANSWER_SECONDS = 30.0
# Reading a service's model takes nine tenths of creating a client, so all sessions share it.
_MODELS = create_loader()


class CloudUnreachable(RuntimeError):
    """No embedded cloud answers at the endpoint."""


class Session(boto3.Session):
    """A boto3 session whose clients use the embedded cloud, whatever the environment says."""

    def __init__(self, endpoint: str, *, user_agent: str = "", **arguments: Any) -> None:
        """`endpoint` becomes every client's endpoint_url, `user_agent` ends what they call
        themselves; the rest is boto3's.
        """
        below = botocore.session.get_session()
        below.user_agent_extra = user_agent
        below.register_component("data_loader", _MODELS)
        super().__init__(botocore_session=below, **arguments)
        # boto3 adds its own folder for every session.
        _MODELS.search_paths[:] = dict.fromkeys(_MODELS.search_paths)
        self._endpoint = endpoint

    def client(self, *names: Any, **arguments: Any) -> Any:
        """Like boto3's, with the embedded cloud's endpoint unless the call names another."""
        return super().client(*names, **{"endpoint_url": self._endpoint, **arguments})

    def resource(self, *names: Any, **arguments: Any) -> Any:
        """As boto3's, at the embedded cloud unless the call names another endpoint."""
        return super().resource(*names, **{"endpoint_url": self._endpoint, **arguments})


@dataclass(frozen=True)
class Cloud:
    """A running embedded cloud, used only through its endpoint, so it may be in any process."""

    endpoint: str

    def environment(self, account: str, region: str = REGION) -> dict[str, str]:
        """Return the variables that make AWS tools an administrator of `account` in this cloud."""
        return accounts.variables(self.endpoint, account, region)

    def session(self, account: str, region: str = REGION) -> boto3.Session:
        """Return a boto3 session of an administrator of `account`."""
        return Session(
            self.endpoint,
            aws_access_key_id=account,
            aws_secret_access_key=SECRET,
            region_name=region,
        )

    def session_of(self, environment: Mapping[str, str]) -> boto3.Session:
        """Return a session of the identity in these variables (`AWS_ACCESS_KEY_ID` and so on)."""
        return Session(
            self.endpoint,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            aws_session_token=environment.get("AWS_SESSION_TOKEN"),
            region_name=environment["AWS_DEFAULT_REGION"],
        )

    def preparing(self, account: str, region: str = REGION) -> boto3.Session:
        """Return a session to prepare an account for a test or a demo.

        SES does not count its requests, because it stands for people who subscribed over a year.
        The test itself, and the product, use `session`.
        """
        return Session(
            self.endpoint,
            user_agent=PREPARING,
            aws_access_key_id=account,
            aws_secret_access_key=SECRET,
            region_name=region,
        )

    def mails(
        self, account: str | None = None, *, subject: str = "", fields: Iterable[str] = ()
    ) -> list[dict[str, Any]]:
        """Return whole mails as SES sent them, oldest first, of one account or of all.

        A caller that polls names a part of the `subject`, and the only `fields` to return.
        """
        filters = {"subject": subject, "fields": ",".join(fields)}
        query = _of(account) | {name: value for name, value in filters.items() if value}
        found: list[dict[str, Any]] = self.ask("GET", "mails", query)
        return found

    def alerts(self, account: str | None = None) -> list[dict[str, Any]]:
        """Mails that topics sent to e-mail subscribers, of one account or all, oldest first."""
        found: list[dict[str, Any]] = self.ask("GET", "alerts", _of(account))
        return found

    def faults(self, account: str | None = None) -> list[dict[str, Any]]:
        """Return the current faults, each with the number of calls it saw and it struck."""
        found: list[dict[str, Any]] = self.ask("GET", "faults", _of(account))
        return found

    def add_fault(self, account: str, kind: str, **more: Any) -> dict[str, Any]:
        """Add a fault of an account; see `changecast_local.faults.Fault`. Raises ValueError."""
        spec = {"account": account, "kind": kind, **more}
        added: dict[str, Any] = self.ask("POST", "faults", body=spec)
        return added

    def clear_faults(self, account: str | None = None) -> None:
        """Remove the faults of an account, or of all."""
        self.ask("DELETE", "faults", _of(account))

    def ask(
        self, method: str, what: str, query: Mapping[str, str] | None = None, body: Any = None
    ) -> Any:
        """Ask the control API. Raises CloudUnreachable; ValueError if the question is wrong."""
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
    """Return a cloud that runs in any process. Raises CloudUnreachable."""
    cloud = Cloud(endpoint.rstrip("/"))
    cloud.ask("GET", "health")
    return cloud


@contextmanager
def running(
    *,
    auth: bool = True,
    port: int = 0,
    workers: int = 6,
    log: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Cloud]:
    """Start an embedded cloud in this process until the block ends.

    `auth` evaluates IAM. `port` 0 is any free one. `workers` is the number of concurrent functions.
    `log` is a file for its log; without one, it logs nothing. `variables` are environment variables
    of every function, beside its own. Raises RuntimeError if a cloud runs in this process already,
    OSError if the port is taken.
    """
    from changecast_local import in_process  # noqa: PLC0415 - the server, which `attach` needs not

    with in_process.started(
        auth=auth, port=port, workers=workers, log=log, variables=variables or {}
    ) as endpoint:
        yield Cloud(endpoint)
