"""A change that was put on the bus without `announce` is found all the same."""

import json
from datetime import timedelta
from typing import Any

from changecast.contract.change_announced import parse_announced
from changecast.hub.tracking.revisions import revisions
from changecast.hub.tracking.table import open_status_rows, statuses_of_days
from changecast_cli.watching.history import named_customers
from tests.support.builders import NOW, announced, envelope


def put(table: Any, **fields: Any) -> None:
    open_status_rows(table, parse_announced(json.dumps(envelope(announced(**fields)))), NOW)


def test_customers_of_a_change_without_a_record_are_found_by_their_statuses(table: Any) -> None:
    put(table, withdrawn=["initech"])
    records = revisions(table, "CHG-1")
    assert records == []
    assert named_customers(table, "CHG-1", records) == ["acme", "globex", "initech"]


def test_a_change_that_claims_a_day_to_come_is_listed_on_the_day_it_came(table: Any) -> None:
    put(table, announced_at=NOW + timedelta(days=40))
    listed = [row["customer"] for row in statuses_of_days(table, [f"{NOW:%Y-%m-%d}"])]
    assert sorted(listed) == ["acme", "globex"]
