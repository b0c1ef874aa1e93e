"""Who may be mailed, once each."""

import pytest

from changecast.customer.planning.recipients import allowed, key_of

ALLOWED = frozenset({"jo@acme.example", "@team.example"})


@pytest.mark.parametrize(
    ("address", "environment", "test", "ok"),
    [
        ("x@acme.example", "prod", False, True),
        ("x@acme.example", "prod", True, False),
        ("x@acme.example", "dev", False, False),
        ("Jo@ACME.example", "dev", False, True),
        ("banjo@acme.example", "dev", False, False),
        ("banjo@acme.example", "prod", True, False),
        ("jo@acme.example.evil.example", "dev", False, False),
        ("x@team.example", "dev", True, True),
        ("x@evil-team.example", "dev", False, False),
        ("x@team.example.evil.example", "dev", False, False),
    ],
)
def test_outside_prod_and_in_tests_only_the_list_is_mailed(
    address: str, environment: str, test: bool, ok: bool
) -> None:
    assert allowed(address, environment=environment, allow_list=ALLOWED, test=test) is ok


def test_an_empty_list_allows_nobody() -> None:
    assert not allowed("a@b.example", environment="dev", allow_list=frozenset(), test=False)


def test_spellings_of_one_mailbox_are_one_recipient() -> None:
    assert key_of("acme", "C", 1, "B@x.example") == key_of("acme", "C", 1, " b@X.example")


@pytest.mark.parametrize("other", [("globex", "C", 1), ("acme", "D", 1), ("acme", "C", 2)])
def test_a_key_is_of_one_revision_of_one_change_for_one_customer(
    other: tuple[str, str, int],
) -> None:
    assert key_of(*other, "b@x.example") != key_of("acme", "C", 1, "b@x.example")
