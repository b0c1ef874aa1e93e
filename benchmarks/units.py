"""What one run and one mail use of every service: counted in the embedded cloud, by the meter.

    python -m benchmarks.units [--write]

The same announcement to a list of 20 and to one of 220 people: the difference is what 200 mails
use, the rest is what a run uses. --write renews benchmarks/units.json, which the scale model
reads; the counts of `changecast cost` are compared with it.
"""

import json
import math
import statistics
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.fleet import Fleet, Line, fleet_of, invocations, requests
from benchmarks.measure import ROUNDS, at_most, report
from changecast_cli.cost.command import PER_MAIL, PER_RUN
from changecast_cli.local.stage import HUB

UNITS = Path(__file__).with_name("units.json")
FEW, MANY = 20, 220
COMPARED = ("dynamodb_write", "dynamodb_read", "sqs_request", "lambda_request", "s3_put", "s3_get",
            "eventbridge_event")  # fmt: skip
_TRANSACTIONS = "TransactWriteItems"
_ONE_WRITE = ("PutItem", "UpdateItem", "DeleteItem")


def main() -> None:
    """Measure, print, and with --write keep."""
    few, many = _measured()
    found = {name: _split(few[name], many[name]) for name in sorted(few | many)}
    for name in COMPARED:
        for per, ours in (("run", PER_RUN), ("mail", PER_MAIL)):
            value, counted = found[name][f"per_{per}"], ours.get(name, 0.0)
            goal = at_most(max(1.25 * counted, 0.02))
            report(f"units_{name}_per_{per}", [value], "", goal, peers=[counted] if counted else [])
    if "--write" in sys.argv[1:]:
        kept = {"source": "python -m benchmarks.units --write", "units": found}
        UNITS.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", "utf-8")


def _measured() -> tuple[Counter[str], Counter[str]]:
    """Return the use of a run with few people, and of one with many; medians of rounds."""
    with fleet_of(2, warm=24) as fleet:
        fleet.grow(1, FEW)
        fleet.grow(2, MANY)
        for code in fleet.codes:
            fleet.told([code])  # the processes start
        few, many = ([_used(fleet, code) for _ in range(ROUNDS)] for code in fleet.codes)
        return _median(few), _median(many)


def _median(rounds: Iterable[Counter[str]]) -> Counter[str]:
    taken = list(rounds)
    names = {name for one in taken for name in one}
    return Counter({name: statistics.median(one[name] for one in taken) for name in names})


def _split(few: float, many: float) -> dict[str, float]:
    per_mail = max(0.0, (many - few) / (MANY - FEW))
    per_run = max(0.0, few - FEW * per_mail)
    return {"per_mail": _short(per_mail), "per_run": _short(per_run)}


def _short(value: float) -> float:
    return float(f"{value:.4g}")


def _used(fleet: Fleet, code: str) -> Counter[str]:
    """Announce once to one customer; return units of services, invocations and CPU by function."""
    lines = fleet.lines(fleet.told([code]))
    used: Counter[str] = Counter()
    for line in invocations(lines):
        used["lambda_request"] += 1
        used["sqs_request"] += 2  # Lambda receives a batch and deletes it
        used[f"{line['function']}.invocations"] += 1
        used[f"{line['function']}.cpu_ms"] += 1e3 * line["cpu"]
    for line in requests(lines):
        used += _units(line)
        used[f"{line['function']}.calls"] += 1
    # The announcement, and its forward; each report is a request.
    used["eventbridge_event"] += 2
    used["reports"] += _operations(lines)["AWSEvents.PutEvents"]
    used["hub_requests"] += sum(line["account"] == HUB.account for line in requests(lines))
    return used


def _operations(lines: list[Line]) -> Counter[str]:
    return Counter(str(line["operation"]) for line in requests(lines))


def _units(line: Mapping[str, Any]) -> Counter[str]:
    """Return what AWS bills for a request, where its size does not say more.

    A transaction's items count twice. Items are below 1 KB, and what is read at once below 4 KB but
    for a batch, which is some 8 KB.
    """
    service, _, operation = str(line["operation"]).partition(".")
    items = int(line["items"])
    if service == "DynamoDB":
        if operation == _TRANSACTIONS:
            return Counter({"dynamodb_write": 2 * items})
        if operation in _ONE_WRITE:
            return Counter({"dynamodb_write": 1})
        return Counter({"dynamodb_read": 2 if operation == "Query" else max(items, 1)})
    name = {
        "AmazonSQS": "sqs_request",
        "AWSEvents": "eventbridge_event",
        "S3": "s3_get" if "GET" in operation else "s3_put",
        "SES": "ses_request",
    }.get(service)
    return Counter({name: math.ceil(items)}) if name else Counter()


if __name__ == "__main__":
    main()
