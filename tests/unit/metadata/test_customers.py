"""Display names become codes by the registry, and only where there is no doubt."""

from dataclasses import replace
from typing import Any

import pytest

from changecast.hub.announcing.metadata import MetadataFault, place, read_document
from changecast.hub.registry import codes_by_name
from tests.support.builders import document, registered

BY_NAME = codes_by_name(registered())


def named(*names: str) -> tuple[str, ...]:
    return place(read_document(document(customers=None, customerNames=list(names))), BY_NAME)


def test_a_name_is_the_code_of_exactly_the_customer_registered_so() -> None:
    assert named("Acme Industries", "Globex") == ("acme", "globex")
    assert named("Globex", "Globex") == ("globex",)


def test_codes_win_over_names_beside_them() -> None:
    read = read_document(document(customers=["acme"], customerNames=["Globex", "Nobody"]))
    assert place(read, BY_NAME) == ("acme",)


def test_every_name_that_cannot_be_placed_is_listed_at_its_path() -> None:
    with pytest.raises(MetadataFault) as refused:
        named("Acme", "Globex", "acme industries")
    assert [fault.path for fault in refused.value.faults] == [
        "$.customerNames[0]",
        "$.customerNames[2]",
    ]
    assert "'Acme' (known: Acme Industries, Globex, Initech)" in refused.value.faults[0].message


def test_a_name_that_two_customers_have_is_nobodys() -> None:
    both = registered() | {"acme-eu": replace(registered()["acme"], code="acme-eu")}
    read = read_document(document(customers=None, customerName="Acme Industries"))
    with pytest.raises(
        MetadataFault,
        match=r"\$\.customerName: 2 customers are registered as .*: use a code instead \(acme, ",
    ):
        place(read, codes_by_name(both))


def test_no_name_can_be_placed_where_nobody_is_registered() -> None:
    read = read_document(document(customers=None, customerName="Acme Industries"))
    with pytest.raises(MetadataFault, match=r"\(known: none\)"):
        place(read, {})


def test_a_document_names_no_more_customers_than_an_event_can_carry() -> None:
    for field, words in (("customers", "fleet-"), ("customerNames", "Fleet ")):
        many = [f"{words}{number}" for number in range(10_001)]
        with pytest.raises(MetadataFault) as refused:
            read_document(document(**{"customers": None, field: many}))
        (fault,) = refused.value.faults
        assert fault == (f"$.{field}", "names 10,001 customers, but the limit is 10,000")


@pytest.mark.parametrize("named", [[], [None], [""], [" ", None], None])
def test_a_document_that_names_only_blanks_names_nobody(named: Any) -> None:
    with pytest.raises(MetadataFault) as refused:
        read_document(document(customers=named))
    assert refused.value.faults == [("$.customers", "names no customer")]
