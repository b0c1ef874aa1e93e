"""A change that is announced as approved although a customer has not approved it."""

from typing import Any

import pytest

from changecast.contract.errors import ContractError
from changecast.hub.announcing.announce import announce
from changecast.hub.tracking.schema import status_key
from tests.support.builders import document
from tests.support.fake_hub import FakeHub, fake_hub


def answered(
    hub: FakeHub, code: str, approval: str, *, seq: int = 1, revision: int = 1, **more: int
) -> None:
    """What the hub keeps of a customer's answers."""
    key = status_key("CHG-1", revision, code)
    counts = {"approved": 1, "needed": 2}
    summary = {"approval": approval, "counts": counts | more, "report_seq": seq, "wanted": []}
    hub.table.items[key["pk"], key["sk"]] = key | {"customer": code, "responses": summary}


@pytest.fixture
def hub() -> FakeHub:
    found = fake_hub()
    announce(document(status="submitted"), hub=found)
    return found


def approved(hub: FakeHub, **options: Any) -> tuple[str, ...]:
    return announce(document(), hub=hub, **options).warnings


def test_nobody_is_warned_where_no_customer_needs_approvals(hub: FakeHub) -> None:
    assert approved(hub, require_approvals=True) == ()


@pytest.mark.parametrize(
    ("approval", "warning"),
    [
        ("none", ()),
        ("approved", ()),
        ("pending", ("acme has not approved this change: it has 1 of 2 approvals",)),
        ("rejected", ("acme rejects this change",)),
    ],
)
def test_a_missing_approval_is_a_warning(
    hub: FakeHub, approval: str, warning: tuple[str, ...]
) -> None:
    answered(hub, "acme", approval)
    answered(hub, "acme2", "rejected")  # which the change does not name
    assert approved(hub) == warning
    assert len(hub.events.entries) == 2


def test_with_require_approvals_it_is_refused_and_nothing_is_put(hub: FakeHub) -> None:
    answered(hub, "acme", "approved", seq=1)
    answered(hub, "acme", "rejected", seq=2)
    answered(hub, "globex", "pending")
    with pytest.raises(
        ContractError, match=r"acme rejects.*globex has not .*responses CHG-1$"
    ) as refused:
        approved(hub, require_approvals=True)
    assert refused.value.code == "not_approved"
    assert len(hub.events.entries) == 1


def test_a_rejection_is_told_where_no_approval_is_needed(hub: FakeHub) -> None:
    answered(hub, "acme", "none", rejected=1)
    answered(hub, "globex", "none", rejected=0)
    assert approved(hub) == ("acme rejects this change",)


def test_a_rejection_where_no_approval_is_needed_is_refused_on_request(hub: FakeHub) -> None:
    answered(hub, "acme", "none", rejected=1)
    with pytest.raises(ContractError, match="acme rejects this change"):
        approved(hub, require_approvals=True)


def test_what_was_counted_last_decides(hub: FakeHub) -> None:
    answered(hub, "acme", "rejected", seq=7, revision=2)
    answered(hub, "acme", "approved", seq=8, revision=1)
    assert approved(hub, require_approvals=True) == ()


@pytest.mark.parametrize("status", ["submitted", "cancelled", "in_progress", "completed"])
def test_only_an_approved_change_needs_them(hub: FakeHub, status: str) -> None:
    answered(hub, "acme", "rejected")
    assert not announce(document(status=status), hub=hub, require_approvals=True).warnings
