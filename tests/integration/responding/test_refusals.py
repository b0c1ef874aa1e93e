"""Links and requests that are refused: each gets a page and a status, and changes nothing."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from changecast.customer.ledger.answers import answers_to, revoke
from changecast.customer.responding.keyring import parse_keyring, rotated
from changecast.customer.responding.tokens import Scope, issue, key_number, read
from testbed.doubles.account import Account
from testbed.doubles.announcements import envelope
from testbed.doubles.secrets import KEYRING
from testbed.doubles.visitor import Shown, Visitor
from tests.integration.responding.conftest import ANA, BOB, visitor

FORM = {"content-type": "application/x-www-form-urlencoded"}
OURS = parse_keyring(KEYRING)


def token_of(who: Visitor) -> Any:
    now = who.responder.clock()
    return read(OURS, who.link.rpartition("/")[2], Scope.RESPOND, "acme", now)


def opened(who: Visitor, text: str) -> Shown:
    return who.open(f"https://answers.acme.example/c/{text}")


def test_a_link_ends_a_month_after_the_window(account: Account, ana: Visitor) -> None:
    account.clock.now = token_of(ana).expires_at - 1
    assert ana.open().status == 200
    account.clock.now += 61
    shown = ana.open()
    assert (shown.status, "This link has expired." in shown.text) == (410, True)


def test_a_revocation_ends_all_links_of_one_person_and_the_next_mail_works(
    account: Account, ana: Visitor
) -> None:
    account.clock.now += 120
    revoke(account.ledger, token_of(ana).person, account.clock.now)
    shown = ana.open()
    assert (shown.status, "This link is no longer valid." in shown.text) == (410, True)
    assert ana.request("POST", ana.link[len("https://answers.acme.example") :]).status == 410
    assert visitor(account, BOB).open().status == 200
    account.clock.now += 120
    later = replace(token_of(ana), issued_at=account.clock.now)
    assert opened(ana, issue(OURS, later)).status == 200


def test_another_customers_link_says_so(ana: Visitor) -> None:
    foreign = replace(token_of(ana), customer="globex")
    shown = opened(ana, issue(OURS, foreign))
    assert (shown.status, "belongs to another organization" in shown.text) == (404, True)


@pytest.mark.parametrize("scope", [Scope.FEED, Scope.PREFERENCES])
def test_a_link_for_something_else_says_so(ana: Visitor, scope: Scope) -> None:
    shown = opened(ana, issue(OURS, replace(token_of(ana), scope=scope)))
    assert (shown.status, "for a different page" in shown.text) == (404, True)


@pytest.mark.parametrize(
    "changed",
    [{"change_id": "CHG2"}, {"revision": 2}, {"batch": 9}, {"recipient": "f" * 32},
     {"person": "f" * 32}],
)  # fmt: skip
def test_a_link_to_what_is_not_kept_says_so(ana: Visitor, changed: dict[str, Any]) -> None:
    shown = opened(ana, issue(OURS, replace(token_of(ana), **changed)))
    assert (shown.status, "no longer stored here" in shown.text) == (410, True)


def test_one_person_never_acts_with_anothers_recipient(account: Account, ana: Visitor) -> None:
    mixed = replace(token_of(ana), recipient=token_of(visitor(account, BOB)).recipient)
    assert opened(ana, issue(OURS, mixed)).status == 410


@pytest.mark.parametrize(
    "path", ["/", "/c/", "/c", "/x/y", "/c/%00", "/c/" + "A" * 5_000, "/c/a/b", "//c", "/c/é"]
)
def test_any_other_path_shows_nothing(ana: Visitor, path: str) -> None:
    shown = ana.request("GET", path)
    assert (shown.status, "This link is not valid." in shown.text) == (404, True)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "x"])
def test_any_other_method_is_refused(ana: Visitor, method: str) -> None:
    shown = ana.request(method, "/c/" + ana.link.rpartition("/")[2])
    assert (shown.status, shown.headers["allow"]) == (405, "GET, HEAD, POST")


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ("a" * 1_000_000, FORM, 413),
        ("{}", {"content-type": "application/json"}, 415),
        ("a=1", {}, 415),
        ("a=%ff%fe", FORM, 400),
        ("é=1", FORM, 400),
        ("&".join(f"a{n}=1" for n in range(100)), FORM, 400),
        ("", FORM, 400),
        ("answer=liked", FORM, 400),
        ("answer=approved&answer=approved", FORM, 409),
        ("answer=approved&revision=999", FORM, 409),
        ("answer=acknowledged&revision=1&step=confirm&word=SEEN", FORM, 409),
        ("answer=acknowledged&revision=1&step=confirm&word=SEEN&nonce=" + "0" * 32, FORM, 409),
        ("answer=approved&revision=1&step=code&code=00000000&word=APPROVE", FORM, 409),
        ("answer=acknowledged&revision=1&step=no-such-step", FORM, 409),
    ],
)
def test_a_body_that_we_did_not_send_changes_nothing(
    account: Account, ana: Visitor, body: str, headers: dict[str, str], status: int
) -> None:
    shown = ana.request("POST", "/c/" + ana.link.rpartition("/")[2], body, **headers)
    assert shown.status == status
    assert answers_to(account.ledger, "CHG1") == []


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("x" * 100_000, "The text has 100000 characters, but the limit is 2000. Shorten it."),
        ("bell\x07", "cannot be shown"),
        ("\ufffe", "cannot be shown"),
        ("a\x00b", "cannot be shown"),
    ],
)
def test_a_comment_that_cannot_be_kept_is_refused(ana: Visitor, comment: str, said: str) -> None:
    shown = ana.choose("acknowledged", comment=comment)
    assert (shown.status, said in shown.text) == (400, True)


def test_markup_in_a_comment_stays_text(account: Account, ana: Visitor) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x> =cmd|' /C calc'!A0"
    asked = ana.choose("acknowledged", comment=hostile)
    assert "<script>" not in asked.body
    assert "<img" not in asked.body
    ana.confirm(asked, "SEEN")
    (kept,) = answers_to(account.ledger, "CHG1")
    assert kept.comment == hostile


def test_a_rotation_in_mid_flight_ends_no_page(account: Account, ana: Visitor) -> None:
    asked = ana.choose("acknowledged")
    account.secrets.secret = rotated(KEYRING, "z" * 64)
    account.clock.now += 301
    assert ana.confirm(asked, "SEEN").status == 200
    assert ana.open().status == 200
    later = issue(parse_keyring(account.secrets.secret), token_of(ana))
    assert key_number(later) == 2
    assert opened(ana, later).status == 200


def test_every_page_loads_nothing_and_tells_nobody(ana: Visitor) -> None:
    pages = [ana.open(), ana.choose("acknowledged"), opened(ana, "nonsense")]
    for shown in pages:
        policy = shown.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert "unsafe" not in policy
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["cache-control"] == "no-store"
        assert "<script" not in shown.body
        elsewhere = shown.body.replace("https://answers.acme.example/f/", "")
        assert "https://" not in elsewhere
        assert " style=" not in shown.body


RICH = """First:

1. stop *everything*
2. start it

> as agreed

| node | minutes |
|---|---|
| one | 5 |

### Then

```
systemctl start shop
```

---
`done` style="color:red" <b style="color:red">
"""


def test_no_text_of_a_document_brings_a_style_that_the_policy_blocks(account: Account) -> None:
    event = envelope(2, status="submitted")
    event["detail"]["change"] |= {"implementation_plan": RICH, "reason": RICH}
    account.announce(event)
    account.settle()
    shown = visitor(account).open()
    for element in ("<ol>", "<blockquote>", "<table", "<h3>", "<pre>", "<hr>", "<code>", "<em>"):
        assert element in shown.body
    assert not re.search(r"<[^>]* style=", shown.body)
    assert 'style="color:red"' in shown.text


def test_a_head_has_no_body_and_changes_nothing(account: Account, ana: Visitor) -> None:
    before = json.dumps(sorted(map(str, account.table.items.items())))
    for _ in range(3):
        assert ana.request("HEAD", "/c/" + ana.link.rpartition("/")[2]).body == ""
        ana.open()
    assert json.dumps(sorted(map(str, account.table.items.items()))) == before


def test_nothing_that_is_logged_or_measured_has_a_link_or_an_address(
    account: Account, ana: Visitor, capsys: pytest.CaptureFixture[str], caplog: Any
) -> None:
    token = ana.link.rpartition("/")[2]
    with caplog.at_level("DEBUG"):
        asked = ana.choose("acknowledged", comment=f"canary {ANA}")
        ana.confirm(asked, "SEEN")
        opened(ana, token[:-3] + "abc")
    said = capsys.readouterr().out + "".join(
        str(record.__dict__) for record in caplog.records if record.name == "changecast"
    )
    assert "RefusedLinks" in said
    for secret in (token, token[:40], ANA, "canary"):
        assert secret not in said
