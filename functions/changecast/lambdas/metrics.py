"""Metrics in CloudWatch's embedded metric format: a line of JSON on stdout, without a call.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TextIO

NAMESPACE = "Changecast"


class Measure(NamedTuple):
    """A value with its unit's name in CloudWatch."""

    value: float
    unit: str


def count(value: float) -> Measure:
    """Return a number of things."""
    return Measure(value, "Count")


def seconds(value: float) -> Measure:
    """Return a duration."""
    return Measure(value, "Seconds")


def percent(value: float) -> Measure:
    """Return a percentage."""
    return Measure(value, "Percent")


def measured(
    dimensions: Mapping[str, str],
    measures: Mapping[str, Measure],
    *,
    out: TextIO | None = None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Publish measures under one set of dimensions: never an address, and few values for each."""
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": one.unit} for name, one in measures.items()],
    }
    line = {
        "_aws": {"Timestamp": int(clock() * 1_000), "CloudWatchMetrics": [directive]},
        **dimensions,
        **{name: one.value for name, one in measures.items()},
    }
    print(json.dumps(line), file=out or sys.stdout, flush=True)
