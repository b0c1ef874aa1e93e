"""ministack reads its settings from os.environ: it gets an environment of its own instead."""

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
SERVICES = (
    "cloudformation", "dynamodb", "events", "iam", "kms", "lambda", "logs", "monitoring", "s3",
    "scheduler", "ses", "sns", "sqs", "ssm", "sts", "tagging",
)  # fmt: skip
MODULES = (
    "cloudformation", "cloudformation.engine", "cloudformation.provisioners", "cloudwatch",
    "cloudwatch_logs", "dynamodb", "eventbridge", "iam", "kms", "lambda_svc", "s3", "scheduler",
    "ses", "ses_v2", "sns", "sqs", "ssm", "sts", "tagging",
)  # fmt: skip

environ: dict[str, str] = {}


class _OwnOs:
    """The module `os` with our own environment."""

    environ = environ
    getenv = environ.get

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def load() -> None:
    """Import ministack with our settings. Neither os.environ nor the root logger change by it."""
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
    """All modules of ministack that are loaded."""
    return [module for name, module in sys.modules.items() if name.startswith("ministack.")]


def services() -> list[ModuleType]:
    """The services of ministack that we use and that can forget what they hold."""
    modules = [sys.modules[f"ministack.services.{name}"] for name in MODULES]
    return [module for module in modules if hasattr(module, "reset")]


@contextmanager
def _environment(wanted: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update({"PATH": before.get("PATH", ""), **wanted})
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def _root_logger_kept() -> Iterator[None]:
    """ministack.app calls logging.basicConfig when it is imported."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
