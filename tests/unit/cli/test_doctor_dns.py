"""The doctor reads DNS as mailbox providers do."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.dns import Lookup, published, records, zone_lines, zone_lookup
from changecast_cli.failures import Refused

TOKENS = ["aaa", "bbb", "ccc"]
NOW = datetime(2026, 11, 24, tzinfo=UTC)


class Ses:
    def __init__(self, **changed: Any) -> None:
        self._found = {
            "VerifiedForSendingStatus": True,
            "DkimAttributes": {"SigningEnabled": True, "Status": "SUCCESS", "Tokens": TOKENS},
            "MailFromAttributes": {
                "MailFromDomain": "mail.acme.example",
                "MailFromDomainStatus": "SUCCESS",
            },
        } | changed

    def client(self, _: str) -> "Ses":
        return self

    def get_email_identity(self, EmailIdentity: str) -> dict[str, Any]:  # noqa: N803
        return self._found


def sick(ses: Any) -> CheckedAccount:
    parameters = {"SenderIdentity": "acme.example", "Sender": "changes@acme.example"}
    return CheckedAccount(
        "acme", "222222222222", "eu-central-1", ses, "CREATE_COMPLETE", NOW, parameters, {}, {}, NOW
    )


def zone(tmp_path: Path, checked: CheckedAccount, *changed: str) -> Lookup:
    """The zone that the doctor asks for, lines that have the same name and type replaced."""
    lines = {_key(line): line for line in zone_lines(records(checked))}
    lines |= {_key(line): line for line in changed}
    path = tmp_path / "acme.zone"
    path.write_text("\n".join(line for line in lines.values() if not line.endswith("gone")))
    return zone_lookup(path)


def _key(line: str) -> tuple[str, str]:
    name, _, _, kind, *_ = line.split()
    return name, kind


def levels(checked: CheckedAccount, lookup: Lookup) -> dict[str, str]:
    return {each.check: each.level.value for each in published(checked, lookup)}


def test_what_the_doctor_asks_to_publish_is_what_it_is_content_with(tmp_path: Path) -> None:
    checked = sick(Ses())
    assert levels(checked, zone(tmp_path, checked)) == {
        "dns-dkim": "ok", "dns-mail-from": "ok", "spf": "ok", "dmarc": "ok",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "check", "level"),
    [
        ("bbb._domainkey.acme.example. 300 IN CNAME bbb.dkim.elsewhere.example.", "dns-dkim",
         "broken"),
        ("bbb._domainkey.acme.example. 300 IN CNAME gone", "dns-dkim", "broken"),
        ("mail.acme.example. 300 IN MX 10 mx.acme.example.", "dns-mail-from", "broken"),
        ("mail.acme.example. 300 IN MX 10 feedback-smtp.us-east-1.amazonses.com.", "dns-mail-from",
         "broken"),
        ('mail.acme.example. 300 IN TXT "v=spf1 include:mail.example -all"', "spf", "broken"),
        ("mail.acme.example. 300 IN TXT gone", "spf", "broken"),
        ("_dmarc.acme.example. 300 IN TXT gone", "dmarc", "warning"),
    ],
)  # fmt: skip
def test_each_wrong_record_is_named_and_no_other(
    tmp_path: Path, line: str, check: str, level: str
) -> None:
    checked = sick(Ses())
    found = levels(checked, zone(tmp_path, checked, line))
    assert {name: each for name, each in found.items() if each != "ok"} == {check: level}


def test_every_missing_signature_is_named_at_once(tmp_path: Path) -> None:
    checked = sick(Ses())
    gone = [f"{token}._domainkey.acme.example. 300 IN CNAME gone" for token in ("aaa", "bbb")]
    found = list(published(checked, zone(tmp_path, checked, *gone)))
    assert [each.reason.split(".")[0] for each in found if each.check == "dns-dkim"] == [
        "aaa",
        "bbb",
    ]


def test_a_resolver_that_is_silent_is_asked_once_for_signatures() -> None:
    found = [each for each in published(sick(Ses()), lambda *_: None) if each.check == "dns-dkim"]
    assert len(found) == 1


def test_two_spf_records_are_none(tmp_path: Path) -> None:
    checked = sick(Ses())
    one = zone(tmp_path, checked)
    spf = ["v=spf1 include:amazonses.com ~all", "v=spf1 -all"]

    def two(name: str, kind: str) -> list[str] | None:
        return spf if kind == "TXT" and name.startswith("mail.") else one(name, kind)

    assert levels(checked, two)["spf"] == "broken"


@pytest.mark.parametrize(
    ("policy", "dkim", "mail_from", "level"),
    [
        ("v=DMARC1; p=reject", "SUCCESS", "mail.acme.example", "ok"),
        ("v=DMARC1; p=reject; adkim=s; aspf=s", "SUCCESS", "mail.acme.example", "ok"),
        ("v=DMARC1; p=reject", "FAILED", "mail.acme.example", "ok"),
        ("v=DMARC1; p=reject; aspf=s", "FAILED", "mail.acme.example", "broken"),
        ("v=DMARC1; p=quarantine", "FAILED", "bounces.other.example", "broken"),
        ("v=DMARC1; p=none", "FAILED", "bounces.other.example", "warning"),
    ],
)
def test_dmarc_is_aligned_by_dkim_or_by_the_mail_from(
    policy: str, dkim: str, mail_from: str, level: str
) -> None:
    signing = {"SigningEnabled": True, "Status": dkim, "Tokens": []}
    own = {"MailFromDomain": mail_from, "MailFromDomainStatus": "SUCCESS"}
    checked = sick(Ses(DkimAttributes=signing, MailFromAttributes=own))
    answers = {("_dmarc.acme.example", "TXT"): [policy]}
    assert levels(checked, lambda *asked: answers.get(asked, []))["dmarc"] == level


def test_a_policy_of_the_domain_above_counts() -> None:
    below = {"SenderIdentity": "it.acme.example", "Sender": "c@it.acme.example"}
    checked = replace(sick(Ses()), parameters=below)
    answers = {("_dmarc.acme.example", "TXT"): ["v=DMARC1; p=reject"]}
    assert levels(checked, lambda *asked: answers.get(asked, []))["dmarc"] == "ok"


def test_a_resolver_that_does_not_answer_is_a_warning_not_a_verdict() -> None:
    found = levels(sick(Ses()), lambda *_: None)
    assert set(found.values()) == {"warning"}


def test_a_file_that_is_no_zone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.zone"
    path.write_text("this is not a zone file at all ((")
    with pytest.raises(Refused, match="not a zone file"):
        zone_lookup(path)
