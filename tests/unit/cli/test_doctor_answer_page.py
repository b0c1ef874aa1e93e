"""The doctor looks at the page on which people answer: its address, certificate, limits, keys."""

import ssl
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from changecast_cli.doctor import answer_page
from changecast_cli.doctor.answer_page import Answered, ask
from changecast_cli.doctor.verdicts import Verdict
from tests.support.page_server import telling
from tests.unit.cli.test_doctor_verdicts import NOW, Aws, checked_account

URL, TARGET = "https://answers.acme.example", "d-1a2b.execute-api.eu-central-1.amazonaws.com"
OWN = {"ResponsesUrl": URL, "ResponsesTarget": TARGET}
POLICY = "default-src 'none'"


def looking(found: Answered | Exception, outputs: dict[str, str] = OWN) -> list[Verdict]:
    def look(url: str) -> Answered:
        assert url == outputs["ResponsesUrl"]
        if isinstance(found, Exception):
            raise found
        return found

    parameters = {"CustomerCode": "acme", "ResponseDomain": "answers.acme.example"}
    one = checked_account(Aws(), outputs=outputs, parameters=parameters)
    return list(answer_page.page(one, look))


def test_an_account_without_answers_is_not_asked_anything() -> None:
    one = checked_account(Aws())
    checks = (answer_page.page, answer_page.throttles, answer_page.keyring)
    assert [verdict for check in checks for verdict in check(one)] == []


def test_a_page_that_answers_under_a_valid_certificate_is_well() -> None:
    found = looking(Answered(405, POLICY, NOW + timedelta(days=90)))
    assert [(one.check, one.level.value) for one in found] == [
        ("answer-page", "ok"), ("answer-certificate", "ok"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("found", "level", "said", "fix"),
    [
        (OSError("Name or service not known"), "broken", "cannot be reached",
         f"publish a CNAME from answers.acme.example to {TARGET}"),
        (TimeoutError("timed out"), "broken", "cannot be reached", "publish a CNAME"),
        (ssl.SSLCertVerificationError("certificate has expired"), "broken",
         "browsers do not accept the certificate", "issue a certificate for answers.acme.example"),
        (Answered(404, ""), "broken", "something else answers", "publish a CNAME"),
        (Answered(405, ""), "broken", "something else answers", "publish a CNAME"),
        (Answered(403, ""), "broken", "something else answers", "publish a CNAME"),
        (Answered(502, ""), "broken", "fails with HTTP 502", "respond-fails.md"),
        (Answered(429, ""), "warning", "too many", "respond-flood.md"),
        (Answered(405, POLICY, NOW + timedelta(days=5)), "warning", "expires in 5 days",
         "issue a certificate"),
        (Answered(405, POLICY, NOW - timedelta(days=1)), "warning", "expired 1 day ago",
         "issue a certificate"),
    ],
)  # fmt: skip
def test_what_keeps_people_from_the_page_is_named_with_its_fix(
    found: Any, level: str, said: str, fix: str
) -> None:
    (ill,) = [one for one in looking(found) if one.level.value != "ok"]
    assert (ill.level.value, said in ill.reason, fix in ill.fix) == (level, True, True), ill


def test_without_an_own_domain_the_stack_is_repaired() -> None:
    (ill,) = looking(OSError("refused"), {"ResponsesUrl": "https://1a2b.execute-api.example"})
    assert ill.fix == "changecast repair acme"


@pytest.mark.parametrize(
    ("limits", "level", "said"),
    [
        ({"ThrottlingRateLimit": 25.0, "ThrottlingBurstLimit": 50}, "ok", "25 requests a second"),
        (
            {"ThrottlingRateLimit": 0.0, "ThrottlingBurstLimit": 0},
            "broken",
            "does not accept requests",
        ),
        ({"ThrottlingRateLimit": 9_999.0, "ThrottlingBurstLimit": 5_000}, "warning", "9999"),
        ({}, "warning", "no limits"),
    ],
)
def test_limits_that_somebody_changed_are_named(
    limits: dict[str, Any], level: str, said: str
) -> None:
    aws = Aws(get_stage={"StageName": "$default", "DefaultRouteSettings": limits})
    resources = {"ResponsesApi": ("AWS::ApiGatewayV2::Api", "1a2b3c4d")}
    (verdict,) = answer_page.throttles(checked_account(aws, resources=resources))
    assert (verdict.level.value, said in verdict.reason) == (level, True), verdict


@pytest.mark.parametrize(
    ("days", "level"), [(0, "ok"), (400, "ok"), (401, "warning"), (2_000, "warning")]
)
def test_a_key_that_nobody_changed_for_a_year_is_named(days: int, level: str) -> None:
    created = NOW - timedelta(days=3_000)
    found = {"CreatedDate": created, "LastChangedDate": NOW - timedelta(days=days)}
    resources = {"ResponseKeyring": ("AWS::SecretsManager::Secret", "arn:keyring")}
    one = checked_account(Aws(describe_secret=found), resources=resources)
    (verdict,) = answer_page.keyring(one)
    assert verdict.level.value == level
    assert (verdict.fix == "changecast contacts rotate-links --customer acme") is (level != "ok")


def test_a_real_server_is_asked_without_a_token_and_by_a_name_of_this_machine() -> None:
    said: Callable[[], str] = lambda: "nobody reads this"  # noqa: E731
    with telling(said) as address:
        found = ask(address.replace("127.0.0.1", "1a2b.execute-api.localhost"))
    assert (found.status, found.policy, found.expires) == (501, "", None)


def test_where_nothing_listens_that_is_an_error_of_the_network() -> None:
    with telling(lambda: "") as address:
        pass
    with pytest.raises(OSError, match="refused"):
        ask(address)
