"""Personal links: what is issued is read, and nothing else is."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from changecast.contract.errors import ContractError
from changecast.customer.responding.keyring import Keyrings, parse_keyring, rotated
from changecast.customer.responding.tokens import (
    LONGEST,
    Refusal,
    Scope,
    Token,
    TokenRefused,
    issue,
    key_number,
    read,
)

SECRET = json.dumps({"current": "1", "1": "a" * 64})
KEYRING = parse_keyring(SECRET)
OTHER = parse_keyring(json.dumps({"current": "1", "1": "b" * 64}))
NOW = 1_800_000_000.0
TOKEN = Token(
    Scope.RESPOND, "acme", KEYRING.person("ana@acme.example"), NOW, NOW + 86_400, "CHG-1", 3, 2,
    "0123456789abcdef" * 2,
)  # fmt: skip
TEXT = issue(KEYRING, TOKEN)


def refused(text: str, **how: object) -> Refusal:
    options = {"scope": Scope.RESPOND, "customer": "acme", "now": NOW} | how
    with pytest.raises(TokenRefused) as found:
        read(KEYRING, text, **options)  # type: ignore[arg-type]
    return found.value.refusal


def test_what_was_issued_is_read() -> None:
    assert read(KEYRING, TEXT, Scope.RESPOND, "acme", NOW) == TOKEN


@given(
    st.sampled_from(Scope),
    st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,132}", fullmatch=True),
    st.integers(1, 999_999),
    st.integers(1, 99_999),
    st.integers(0, 10**8),
)
def test_every_token_is_read_as_it_was_issued_and_fits_a_line(
    scope: Scope, change_id: str, revision: int, batch: int, minutes: int
) -> None:
    issued = replace(TOKEN, scope=scope, change_id=change_id, revision=revision, batch=batch,
                     issued_at=minutes * 60.0)  # fmt: skip
    text = issue(KEYRING, issued)
    assert len(text) <= LONGEST
    assert read(KEYRING, text, scope, "acme", NOW) == issued


@given(st.integers(0, len(urlsafe_b64decode(TEXT + "=" * (-len(TEXT) % 4))) * 8 - 1))
def test_one_bit_changed_grants_nothing(bit: int) -> None:
    whole = bytearray(urlsafe_b64decode(TEXT + "=" * (-len(TEXT) % 4)))
    whole[bit // 8] ^= 1 << bit % 8
    changed = urlsafe_b64encode(bytes(whole)).rstrip(b"=").decode()
    assert refused(changed) in {Refusal.INVALID, Refusal.OTHER_CUSTOMER}


@given(st.integers(0, len(TEXT) - 1), st.sampled_from("ABCXYZabcxyz0189-_"))
def test_one_character_changed_grants_nothing(at: int, other: str) -> None:
    changed = TEXT[:at] + other + TEXT[at + 1 :]
    if changed != TEXT:
        assert refused(changed) in {Refusal.INVALID, Refusal.OTHER_CUSTOMER}


@given(st.text(max_size=500) | st.from_regex(r"[A-Za-z0-9_-]{60,120}", fullmatch=True))
def test_what_was_never_issued_grants_nothing(text: str) -> None:
    assert refused(text) in {Refusal.INVALID, Refusal.OTHER_CUSTOMER}


@pytest.mark.parametrize("changed", [TEXT + "=", TEXT + "A", TEXT[:-1], " " + TEXT, TEXT + "\n"])
def test_a_token_has_one_spelling(changed: str) -> None:
    assert refused(changed) is Refusal.INVALID


def test_a_token_of_another_customer_grants_nothing() -> None:
    for code in ("acme2", "acme-eu", "acm", "globex"):
        assert refused(TEXT, customer=code) is Refusal.OTHER_CUSTOMER
    assert refused(issue(OTHER, TOKEN)) is Refusal.INVALID  # the same code, another account


@pytest.mark.parametrize("scope", [Scope.FEED, Scope.PREFERENCES])
def test_a_token_of_another_scope_grants_nothing(scope: Scope) -> None:
    assert refused(TEXT, scope=scope) is Refusal.OTHER_SCOPE
    assert refused(issue(KEYRING, replace(TOKEN, scope=scope))) is Refusal.OTHER_SCOPE


def test_a_token_ends_when_it_says_and_not_before() -> None:
    end = TOKEN.expires_at
    assert read(KEYRING, TEXT, Scope.RESPOND, "acme", end - 1) == TOKEN
    assert refused(TEXT, now=end) is Refusal.EXPIRED
    endless = replace(TOKEN, scope=Scope.FEED, expires_at=0.0)
    assert read(KEYRING, issue(KEYRING, endless), Scope.FEED, "acme", NOW * 2) == endless


def test_a_rotation_ends_no_link_and_signs_with_the_new_key() -> None:
    after = parse_keyring(rotated(SECRET, "c" * 64))
    assert read(after, TEXT, Scope.RESPOND, "acme", NOW) == TOKEN
    signed_now = issue(after, TOKEN)
    assert (key_number(TEXT), key_number(signed_now)) == (1, 2)
    assert refused(signed_now) is Refusal.INVALID  # who has not read the new keyring yet
    assert after.person("ana@acme.example") == TOKEN.person


def test_pseudonyms_differ_by_person_and_account_and_purpose() -> None:
    people = ["ana@acme.example", "ana@acme2.example", "an@acme.example"]
    found = {keyring.person(one) for keyring in (KEYRING, OTHER) for one in people}
    assert len(found) == 6
    assert KEYRING.responder(TOKEN.person) not in TOKEN.person


@pytest.mark.parametrize(
    "secret",
    ["", "[]", "{}", '{"current": "1"}', '{"current": "2", "1": "' + "a" * 64 + '"}',
     '{"current": "1", "1": "short"}', '{"current": "x", "1": "' + "a" * 64 + '"}',
     '{"current": "2", "2": "' + "a" * 64 + '"}'],
)  # fmt: skip
def test_a_broken_keyring_is_refused_and_never_quoted(secret: str) -> None:
    with pytest.raises(ContractError) as found:
        parse_keyring(secret)
    assert "aaaa" not in found.value.message


def test_a_keyring_is_never_shown() -> None:
    assert "a" * 8 not in repr(KEYRING)


class Secrets:
    def __init__(self) -> None:
        self.secret, self.calls = SECRET, 0

    def get_secret_value(self, **_: str) -> dict[str, str]:
        self.calls += 1
        return {"SecretString": self.secret}


def test_a_keyring_is_read_once_and_again_after_a_rotation() -> None:
    secrets, now = Secrets(), [NOW]
    keyrings = Keyrings(secrets, "arn", lambda: now[0])  # type: ignore[arg-type]
    assert [keyrings.get().current for _ in range(5)] == [1] * 5
    assert secrets.calls == 1
    secrets.secret = rotated(SECRET, "c" * 64)
    now[0] += 11
    assert keyrings.get().current == 1
    assert keyrings.get(needs=2).current == 2  # somebody came with a link of the new key
    for _ in range(100):
        keyrings.get(needs=77)  # a forger names keys that nobody has
    assert secrets.calls == 2
    now[0] += 301
    keyrings.get()
    assert secrets.calls == 3
