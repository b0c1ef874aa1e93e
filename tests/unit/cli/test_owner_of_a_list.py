"""Whose list it is, and files that were exported from another customer's list."""

import pytest

from changecast_cli.contacts.owner import Owner, refuse_others
from changecast_cli.failures import Refused

ACME = Owner("acme", "Acme Industries", "111111111111")
UNREADABLE = Owner("", "", "111111111111")


@pytest.mark.parametrize("origin", ["customer acme", "Customer ACME", "account 111111111111"])
def test_a_customers_own_export_is_taken(origin: str) -> None:
    refuse_others([origin], ACME)


@pytest.mark.parametrize(
    ("origin", "owner"),
    [
        ("customer globex", ACME),
        ("account 222222222222", ACME),
        ("account 222222222222", UNREADABLE),
    ],
)
def test_an_export_of_another_customer_is_refused(origin: str, owner: Owner) -> None:
    with pytest.raises(Refused, match=origin):
        refuse_others([origin], owner)


def test_without_the_stack_nobody_knows_whose_people_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A role that may import but not read the stack must not be refused its own export."""
    refuse_others(["customer acme"], UNREADABLE)
    said = " ".join(capsys.readouterr().err.split())
    assert "the file has people of customer acme; whether this is their list is not known" in said
