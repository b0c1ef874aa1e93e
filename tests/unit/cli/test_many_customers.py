"""`status` of a change with thousands of customers: what needs somebody is on the first screen."""

import io
import re
from typing import Any

import pytest
from rich.console import Console

from changecast_cli.failures import Refused
from changecast_cli.report.page import page
from changecast_cli.watching.runs import only, run_of
from changecast_cli.watching.status import Filters
from changecast_cli.watching.tables import PAGE, runs_table
from tests.support.builders import NOW

THOUSANDS = 3_000


def large(bad: int = 3, going: int = 5, number: int = THOUSANDS) -> dict[str, Any]:
    """Return a change of thousands: few failed, few are sending, all others are sent."""
    states = ["failed"] * bad + ["sending"] * going
    states += ["sent"] * (number - len(states))
    rows = [
        {
            "change_id": "CHG-1", "customer": f"customer-{number - at:05d}", "revision": 1,
            "state": state, "title": "Patch", "announced_at": "2027-01-16T08:00:00Z",
            "counts": {"planned": 10, "sent": 10},
        }
        for at, state in enumerate(states)
    ]  # fmt: skip
    return run_of("CHG-1", rows)


def shown(what: dict[str, Any], page: int = 1) -> str:
    text = io.StringIO()
    Console(file=text, width=120).print(runs_table([what], NOW, page))
    return text.getvalue()


def test_who_needs_somebody_and_who_goes_on_comes_first() -> None:
    lines = shown(large()).splitlines()
    states = [line.split()[2] for line in lines if "customer-" in line]
    assert states[:9] == ["failed"] * 3 + ["sending"] * 5 + ["sent"]
    assert len(states) == PAGE
    assert lines[-1].strip() == (
        "page 1 of 30; 3,000 customers: 2,992 sent, 5 sending, 3 failed. --page 2 has the next."
    )


def test_every_customer_is_on_exactly_one_page() -> None:
    what = large()
    codes = [
        line.split()[0]
        for page in range(1, 31)
        for line in shown(what, page).splitlines()
        if "customer-" in line
    ]
    assert sorted(codes) == sorted(what["customers"])
    assert "--page" not in shown(what, 30)


def test_a_change_of_a_hundred_is_shown_whole_and_in_its_own_order() -> None:
    hundred = large(number=PAGE)
    said = shown(hundred)
    assert "page" not in said
    assert [line.split()[0] for line in said.splitlines() if "customer-" in line] == [
        *hundred["customers"]
    ]


def test_the_customers_of_a_bus_a_state_or_a_code_are_found_among_all() -> None:
    what = large()
    assert len(only(what, states=["failed"])["customers"]) == 3
    assert len(only(what, states=["failed", "sending"])["customers"]) == 8
    on_the_bus = frozenset({"customer-00001", "customer-03000", "another"})
    assert set(only(what, codes=on_the_bus)["customers"]) == {"customer-00001", "customer-03000"}
    assert set(only(what, codes=on_the_bus, bad=True)["customers"]) == {"customer-03000"}
    assert only(what, codes=frozenset())["customers"] == {}
    assert len(only(what)["customers"]) == THOUSANDS


def test_a_state_that_does_not_exist_is_refused() -> None:
    Filters(None, failed=False, states=frozenset({"no_route", "sent"}), codes=None).of(large())
    with pytest.raises(Refused, match="no state 'broken'"):
        Filters(
            None, failed=False, states=frozenset({"broken"}), codes=None
        ).refuse_unknown_states()


def test_the_report_shows_who_needs_somebody_and_counts_the_rest() -> None:
    text = page([large()], {}, NOW, NOW)
    listed = re.findall(r'<span class="code">(customer-\d+)', text)
    assert len(listed) == len(set(listed)) == 100
    assert text.count('<li class="bad">') == 3
    assert f"and {THOUSANDS - 100} more customers" in text
    assert "changecast status CHG-1 --page 2" in text
    assert "more customers" not in page([large(number=40)], {}, NOW, NOW)
    assert len(text) < 300_000, "so a page of many changes is small too"
