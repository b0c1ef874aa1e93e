"""The cloud's own log: into a file or nowhere, never among the caller's."""

import logging
from pathlib import Path

from changecast_local import environment

LOGGERS = ("changecast.cloud", "hypercorn.error")


def log_to(file: Path | None) -> None:
    """Write ministack's log and ours to a file from now on, or nowhere."""
    handler: logging.Handler = (
        logging.FileHandler(file, encoding="utf-8") if file else logging.NullHandler()
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    for logger in _loggers():
        for old in logger.handlers[:]:
            logger.removeHandler(old)
            old.close()
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.INFO if file else logging.CRITICAL)


def _loggers() -> list[logging.Logger]:
    named = [logging.getLogger(name) for name in LOGGERS]
    theirs = [getattr(module, "logger", None) for module in environment.ministack_modules()]
    return named + [logger for logger in theirs if isinstance(logger, logging.Logger)]
