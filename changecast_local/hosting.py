"""What starting the cloud needs from ministack. Importing this imports ministack."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ministack import app
from ministack.services import eventbridge, scheduler, sqs

from changecast_local import accounts, control, environment, faults, ses, topic_mails
from changecast_local.lambdas.invocations import Host, run_on
from changecast_local.lambdas.pool import Pool
from changecast_local.xray import store
from changecast_local.xray.daemon import Daemon


def configure(host: str, port: int, *, auth: bool) -> None:
    """Set what ministack otherwise reads only once, when it is imported."""
    app.AUTH = auth
    environment.environ.update(GATEWAY_PORT=str(port), AUTH=str(auth).lower())
    sqs.DEFAULT_HOST, sqs.DEFAULT_PORT = host, str(port)
    sqs._CANONICAL_NETLOC = f"{host}:{port}"


@contextmanager
def functions(
    endpoint: str, workers: int, folder: Path, variables: Mapping[str, str]
) -> Iterator[Pool]:
    """Let functions run until the block ends; their processes and files end with it."""
    daemon, pool = Daemon(), Pool(workers, folder)
    run_on(Host(pool, endpoint, daemon.address, variables))
    try:
        yield pool
    finally:
        run_on(None)
        pool.close()
        daemon.close()


def application(endpoint: str, pool: Pool, *, auth: bool) -> control.App:
    """ministack's ASGI app with the control API beside it."""
    health = {"pid": os.getpid(), "auth": auth}
    routes: control.Routes = {
        ("GET", "health"): lambda _query, _body: health | {"workers": pool.counts()},
        ("GET", "processes"): lambda _query, _body: pool.processes(),
        ("GET", "environment"): lambda query, _body: accounts.variables(endpoint, **query),
        ("GET", "mails"): lambda query, _body: _mails(query),
        ("GET", "alerts"): lambda query, _body: topic_mails.listed(query.get("account")),
        ("GET", "faults"): lambda query, _body: faults.listed(query.get("account")),
        ("POST", "faults"): lambda _query, body: faults.add(body),
        ("DELETE", "faults"): lambda query, _body: faults.clear(query.get("account")),
    }
    return control.beside(app.app, routes, ses.handle)


def _mails(query: control.Query) -> list[dict[str, Any]]:
    fields = query.get("fields", "").split(",")
    return ses.mails(query.get("account"), query.get("subject", ""), [*filter(None, fields)])


def begin(loop: asyncio.AbstractEventLoop) -> None:
    """Do what ministack's own start does, without its Docker, SFTP and IoT."""
    app._MAIN_LOOP = loop
    eventbridge.start_scheduler()
    scheduler.start_scheduler()


def forget_everything() -> None:
    """Empty all stores, without ministack's own reset, which would call Docker."""
    app._MAIN_LOOP = None
    for module in environment.services():
        module.reset()
    store.clear()
    topic_mails.clear()
