"""What one account makes up does not bury what was announced to everybody else."""

from typing import Any

from changecast_cli.watching.status import MOST_MADE_UP, without_floods


def row(change_id: str, customer: str, **more: Any) -> dict[str, Any]:
    return {"change_id": change_id, "customer": customer, "revision": 1, "state": "rejected"} | more


def test_reports_about_changes_that_nobody_announced_are_few_and_counted() -> None:
    made_up = [row(f"FAKE-{number}", "acme") for number in range(500)]
    real = [row("CHG-1", code, announced_by="maria") for code in ("acme", "globex")]
    kept, hidden = without_floods([*made_up, *real])
    assert [one for one in kept if one["change_id"] == "CHG-1"] == real
    assert len(kept) == MOST_MADE_UP + 2
    assert hidden == {"acme": 500 - MOST_MADE_UP}


def test_each_account_has_a_cap_of_its_own() -> None:
    rows = [
        row(f"FAKE-{code}-{n}", code) for n in range(MOST_MADE_UP) for code in ("acme", "acme2")
    ]
    assert without_floods(rows) == (rows, {})


def test_what_was_announced_is_never_hidden() -> None:
    rows = [row(f"CHG-{number}", "acme", announced_by="maria") for number in range(500)]
    assert without_floods(rows) == (rows, {})
