"""Give ministack its own environment, because it reads its settings from os.environ."""

import importlib
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

REGION = "eu-central-1"
# The secret of every account's administrator. ministack checks no signature of an account key.
SECRET = "local"  # noqa: S105
# User agent of clients that prepare an account for a test or a demo: see `Cloud.preparing`.
PREPARING = "changecast-preparing"
SERVICES = (
    "apigateway", "cloudformation", "dynamodb", "events", "iam", "kms", "lambda", "logs",
    "monitoring", "s3", "scheduler", "secretsmanager", "ses", "sns", "sqs", "ssm", "sts", "tagging",
)  # fmt: skip
MODULES = (
    "cloudformation", "cloudformation.engine", "cloudformation.provisioners", "cloudwatch",
    "cloudwatch_logs", "dynamodb", "eventbridge", "iam", "kms", "lambda_svc", "s3", "scheduler",
    "secretsmanager", "ses", "ses_v2", "sns", "sqs", "ssm", "sts", "tagging",
)  # fmt: skip

environ: dict[str, str] = {}


class _OwnOs:
    """The module `os` with our own environment."""

    environ = environ
    getenv = environ.get

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def load() -> None:
    """Import ministack with our settings, without changing os.environ or the root logger."""
    environ.update(
        AWS_ACCESS_KEY_ID="none",
        AWS_SECRET_ACCESS_KEY=SECRET,
        MINISTACK_HOST="127.0.0.1",
        MINISTACK_REGION=REGION,
        SERVICES=",".join(SERVICES),
        LAMBDA_ACCOUNT_CONCURRENCY="0",
        LOG_LEVEL="CRITICAL",
    )
    with _environment(environ), _root_logger_kept():
        importlib.import_module("ministack.app")
        for name in MODULES:
            importlib.import_module(f"ministack.services.{name}")
    for module in ministack_modules():
        if getattr(module, "os", None) is os:
            module.os = _OwnOs()  # type: ignore[attr-defined]


def ministack_modules() -> list[ModuleType]:
    """Return all loaded ministack modules."""
    return [module for name, module in sys.modules.items() if name.startswith("ministack.")]


def services() -> list[ModuleType]:
    """Return the ministack services that we use and that can be reset."""
    modules = [sys.modules[f"ministack.services.{name}"] for name in MODULES]
    return [module for module in modules if hasattr(module, "reset")]


@contextmanager
def _environment(requested: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update({"PATH": before.get("PATH", ""), **requested})
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _root_logger_kept() -> Iterator[None]:
    """Restore the root logger, because importing ministack.app calls logging.basicConfig."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
