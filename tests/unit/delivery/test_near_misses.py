"""Codes that look like this customer's: their announcements and sections are not its own."""

import pytest

from changecast.contract.change import view_for
from changecast.contract.change_announced import ChangeAnnounced
from changecast.contract.errors import ContractError
from changecast.customer.planning.decision import is_withdrawn
from testbed.doubles.announcements import envelope

NEAR = ("acme2", "acme-eu", "acm", "my-acme")


def announced(*customers: str, withdrawn: tuple[str, ...] = ()) -> ChangeAnnounced:
    event = envelope(customers=customers, withdrawn=withdrawn)
    return ChangeAnnounced.model_validate(event["detail"])


@pytest.mark.parametrize("near", NEAR)
def test_an_event_for_a_similar_code_is_not_for_this_customer(near: str) -> None:
    for event in (announced(near), announced("globex", withdrawn=(near,))):
        with pytest.raises(ContractError) as refused:
            is_withdrawn(event, "acme")
        assert refused.value.code == "not_for_this_customer"


def test_a_customer_beside_similar_codes_is_found() -> None:
    assert not is_withdrawn(announced("acme", withdrawn=NEAR), "acme")
    assert is_withdrawn(announced(*NEAR, withdrawn=("acme",)), "acme")


@pytest.mark.parametrize("near", NEAR)
def test_a_customer_never_sees_the_section_of_a_similar_code(near: str) -> None:
    change = announced("acme", near).change
    both = change.model_copy(update={"customer_details": {"acme": {"a": 1}, near: {"b": 2}}})
    assert view_for(both, "acme").customer_details == {"acme": {"a": 1}}
    assert view_for(both, near).customer_details == {near: {"b": 2}}
