"""The clients that the checks of an account share."""

import gc
import weakref
from typing import Any

import boto3

from changecast_cli.doctor.checked_account import tolerant


def test_a_client_is_made_once_and_none_of_a_table_is_kept() -> None:
    session = boto3.Session("x", "x", region_name="eu-central-1")
    tolerant(tolerant(session))
    assert session.client("sts") is session.client("sts")
    made: Any = session.resource("dynamodb").meta.client
    assert made.meta.config.retries["total_max_attempts"] == 10
    kept = weakref.ref(made)
    del made
    gc.collect()
    assert kept() is None
