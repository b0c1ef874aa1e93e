"""Whose list it is, and files that were exported from another customer's list."""

import pytest

from changecast_cli.contacts.owner import (
    Owner,
    own_domains,
    refuse_others,
    refuse_people_of_others,
    strange_domains,
)
from changecast_cli.deploying.samconfig import CustomerStack
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
    assert "the file has people of customer acme" in said
    assert "the customer of this list is unknown: check that these people belong on it" in said


def customers(*senders: tuple[str, str]) -> dict[str, CustomerStack]:
    """Customers by code, each with its sender; accounts are 111111111111, 222222222222, ..."""
    return {
        code: CustomerStack(
            code, str(number) * 12, "eu-central-1", code.title(), sender, "UTC", "en", sender, None
        )
        for number, (code, sender) in enumerate(senders, start=1)
    }


FILE = customers(("acme", "changes@acme.example"), ("globex", "it@Mail.Globex.example"))
GLOBEX = Owner("globex", "Globex", "222222222222")


def refuse_people(added: list[str], owner: Owner, file: dict[str, CustomerStack]) -> None:
    """Refuse people of others as an import does, with this samconfig.toml."""
    refuse_people_of_others(added, owner, file, own_domains(owner, file))


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("ana@acme.example", GLOBEX),
        ("ana@ACME.example", GLOBEX),
        ("ana@madrid.acme.example", GLOBEX),
        ("gil@globex.example", ACME),
        ("gil@mail.globex.example", ACME),
        ("gil@globex.example", UNREADABLE),
    ],
)
def test_people_of_another_customer_are_refused_with_its_code(address: str, owner: Owner) -> None:
    with pytest.raises(Refused) as refused:
        refuse_people(["new@elsewhere.example", address], owner, FILE)
    other = "acme" if owner is GLOBEX else "globex"
    for words in (address, f"({other})", f"--customer {other}", "--from-another-customer"):
        assert words in str(refused.value)
    assert "new@elsewhere.example" not in str(refused.value)


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("ana@acme.example", ACME),
        ("ana@acme.example", UNREADABLE),  # samconfig.toml has its account
        ("ana@acme-eu.example", GLOBEX),
        ("ana@notacme.example", GLOBEX),
        ("ana@acme.example.org", GLOBEX),
        ("gil@globex.example", Owner("globex2", "Globex 2", "333333333333", "x@globex.example")),
    ],
)
def test_people_of_the_customer_itself_and_of_nobody_known_are_accepted(
    address: str, owner: Owner
) -> None:
    refuse_people([address], owner, FILE)


def test_people_of_the_provider_belong_to_no_customer_whose_sender_it_hosts() -> None:
    hosted = customers(
        ("acme", "acme@provider.example"),
        ("globex", "changes@globex.provider.example"),
        ("initech", "changes@initech.example"),
    )
    initech = Owner("initech", "Initech", "333333333333")
    refuse_people(["eva@staff.provider.example"], initech, hosted)
    shared = customers(
        ("acme", "changes@provider.example"),
        ("globex", "changes@provider.example"),
        ("initech", "changes@initech.example"),
    )
    refuse_people(["eva@provider.example"], initech, shared)
    with pytest.raises(Refused, match="globex"):
        refuse_people(["gil@globex.provider.example"], initech, hosted)


def test_a_first_file_is_compared_with_the_domain_of_the_customers_sender() -> None:
    own = own_domains(GLOBEX, FILE)
    assert strange_domains(["gil@globex.example", "eva@elsewhere.example"], [], own) == ""
    said = strange_domains(["eva@elsewhere.example"], [], own)
    assert "1 of the file's 1 addresses" in said
    assert "The list is empty; the customer's own: globex.example. Is this the right file?" in said
    assert strange_domains(["eva@elsewhere.example"], []) == ""  # nothing to compare with
