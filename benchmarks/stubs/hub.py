"""The hub's status table and registry as a process: `python -m benchmarks.stubs.hub CUSTOMERS`."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

from benchmarks.measure import ROOT
from benchmarks.stubs.http import Answer, Request, as_json, serve

COUNTS = "/stub/counts"


class Hub:
    """The hub's status table and registry, for a number of customers: items and parameters."""

    def __init__(self, customers: int) -> None:
        self.customers = customers
        self.items: dict[tuple[str, str], dict[str, Any]] = {}
        self.counts: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        """Return what track_status asks for."""
        if request.path == COUNTS:
            return as_json(self.counts)
        operation = request.headers["x-amz-target"].partition(".")[2]
        self.counts[operation] += 1
        asked = json.loads(request.body)
        if operation == "GetParametersByPath":
            return as_json({"Parameters": [_registered(n) for n in range(self.customers)]})
        if operation == "GetParameters":
            codes = [name.rpartition("-")[2] for name in asked["Names"]]
            return as_json({"Parameters": [_registered(int(number)) for number in codes]})
        if operation == "GetItem":
            found = self.items.get(_key(asked["Key"]))
            return as_json({"Item": found} if found else {})
        if operation == "BatchGetItem":
            ((table, keys_of),) = asked["RequestItems"].items()
            keys = map(_key, keys_of["Keys"])
            return as_json({"Responses": {table: [self.items[k] for k in keys if k in self.items]}})
        puts = (
            [one["Put"] for one in asked["TransactItems"]] if "TransactItems" in asked else [asked]
        )
        return self._put(puts)

    def _put(self, puts: list[dict[str, Any]]) -> Answer:
        """Return the two possible conditions: nothing exists yet, or a version."""
        for put in puts:
            expected = put.get("ExpressionAttributeValues", {}).values()
            there = self.items.get(_key(put["Item"]))
            if list(expected) != ([there["version"]] if there else []):
                return as_json({"__type": "ConditionalCheckFailedException"}, status=400)
        self.items |= {_key(put["Item"]): put["Item"] for put in puts}
        return as_json({})


def customer(number: int) -> tuple[str, str]:
    """Code and account of a customer of the hub."""
    return f"customer-{number}", f"{number:012}"


def _registered(number: int) -> dict[str, str]:
    code, account = customer(number)
    bus = f"arn:aws:events:eu-west-1:{account}:event-bus/changecast"
    entry = {"code": code, "account": account, "region": "eu-west-1", "bus_arn": bus, "name": code}
    return {"Name": f"/changecast/customers/{code}", "Value": json.dumps(entry)}


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


@contextmanager
def hub(customers: int) -> Iterator[str]:
    """Start a hub with a number of customers; returns its address."""
    command = [sys.executable, "-m", "benchmarks.stubs.hub", str(customers)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def counts(url: str) -> dict[str, int]:
    """Return what a hub has been asked for so far, by operation."""
    with urlopen(url + COUNTS) as answer:
        found: dict[str, int] = json.load(answer)
        return found


if __name__ == "__main__":
    asyncio.run(serve(Hub(int(sys.argv[1])).answer, 0.0))
