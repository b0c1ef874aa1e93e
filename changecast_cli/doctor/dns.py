"""Doctor checks of DNS: the records for mails that are signed, aligned and trusted.

SPF: RFC 7208. DMARC: RFC 7489. https://docs.aws.amazon.com/ses/latest/dg/mail-from.html
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dns.exception
import dns.rdatatype
import dns.zonefile

from changecast_cli.doctor.checked_account import CheckedAccount, values
from changecast_cli.doctor.verdicts import Level, Verdict, broken, ok, warning
from changecast_cli.failures import Refused
from changecast_cli.text_files import read_text

# (name, type) -> the records as text, without quotes and final dots; None: no answer.
Lookup = Callable[[str, str], list[str] | None]
Record = tuple[str, str, str]
SKIPPED: Lookup | None = None
SECONDS = 5.0


def ask_dns(name: str, kind: str) -> list[str] | None:
    """Return the answer of this machine's resolver; None if it does not answer."""
    # It loads a client for DNS over HTTPS, which takes a tenth of every start of the console.
    import dns.resolver  # noqa: PLC0415

    try:
        answer = dns.resolver.resolve(name, kind, lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    return [_plain(record, kind) for record in answer]


def zone_lookup(path: Path) -> Lookup:
    """Return a lookup in a zone file (RFC 1035 §5), to check records before they are published.

    Refused if the file cannot be read.
    """
    try:
        sets = dns.zonefile.read_rrsets(
            read_text(path, expected="a zone file"), origin=".", rdclass=None
        )
    except (OSError, UnicodeDecodeError, dns.exception.DNSException) as error:
        raise Refused(f"{path} is not a zone file: {error}") from error
    found = {
        (str(each.name).rstrip(".").lower(), dns.rdatatype.to_text(each.rdtype)): [
            _plain(record, dns.rdatatype.to_text(each.rdtype)) for record in each
        ]
        for each in sets
    }
    return lambda name, kind: found.get((name.rstrip(".").lower(), kind), [])


def _plain(record: Any, kind: str) -> str:
    if kind == "TXT":
        return b"".join(record.strings).decode("utf-8", "replace")
    if kind == "MX":
        return f"{record.preference} {str(record.exchange).rstrip('.')}"
    return str(record.target).rstrip(".")


def records(checked: CheckedAccount) -> list[Record]:
    """Return the DNS records for the sender's identity: (name, type, value)."""
    found = checked.identity
    if found is None:
        raise Refused(
            f"SES has no identity {checked.parameters['SenderIdentity']}: deploy the stack of "
            f"{checked.code} first"
        )
    domain = checked.parameters["SenderIdentity"].rpartition("@")[2]
    requested = [
        (f"{token}._domainkey.{domain}", "CNAME", f"{token}.dkim.amazonses.com")
        for token in values(found, "DkimAttributes", "Tokens") or ()
    ]
    own = values(found, "MailFromAttributes", "MailFromDomain")
    if own:
        requested.append((own, "MX", f"10 feedback-smtp.{checked.region}.amazonses.com"))
        requested.append((own, "TXT", "v=spf1 include:amazonses.com ~all"))
    return [*requested, (f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none")]


def zone_lines(requested: list[Record]) -> list[str]:
    """Return the records in zone format."""
    return [
        f'{name}. 300 IN {kind} "{value}"' if kind == "TXT" else f"{name}. 300 IN {kind} {value}."
        for name, kind, value in requested
    ]


def published(checked: CheckedAccount, lookup: Lookup) -> Iterator[Verdict]:
    """Check DKIM, MAIL FROM, SPF and DMARC as others see them."""
    found = checked.identity
    if found is None:
        return
    yield from _dkim(checked, lookup)
    own = values(found, "MailFromAttributes", "MailFromDomain")
    if own:
        yield _mail_from(own, checked.region, lookup)
        yield _spf(own, lookup)
    yield _dmarc(checked, found, lookup)


def _dkim(checked: CheckedAccount, lookup: Lookup) -> Iterator[Verdict]:
    """Check that every token's CNAME points to SES; yield a verdict for each that does not."""
    requested = [each for each in records(checked) if each[1] == "CNAME"]
    wrong = list(_not_leading_to_ses(requested, lookup))
    yield from wrong
    if requested and not wrong:
        yield ok("dns-dkim", f"{len(requested)} of {len(requested)} records point to SES")


def _not_leading_to_ses(requested: list[Record], lookup: Lookup) -> Iterator[Verdict]:
    for name, kind, value in requested:
        answer = lookup(name, kind)
        if answer is None:
            yield _unasked("dns-dkim", name)
            return  # the resolver does not answer: the others would take as long
        # Some Regions sign by <token>.dkim.<region>.amazonses.com.
        token = value.partition(".")[0]
        if not any(a.startswith(f"{token}.dkim.") and a.endswith("amazonses.com") for a in answer):
            yield broken(
                "dns-dkim", f"{name} points to {_or_nothing(answer)}", _publish((name, kind, value))
            )


def _mail_from(domain: str, region: str, lookup: Lookup) -> Verdict:
    answer = lookup(domain, "MX")
    if answer is None:
        return _unasked("dns-mail-from", domain)
    server = f"feedback-smtp.{region}.amazonses.com"
    if [each.split()[1].lower() for each in answer] == [server]:
        return ok("dns-mail-from", f"{domain} points only to SES")
    return broken(
        "dns-mail-from",
        f"the MX record of {domain} is {_or_nothing(answer)}",
        _publish((domain, "MX", f"10 {server}")),
    )


def _spf(domain: str, lookup: Lookup) -> Verdict:
    answer = lookup(domain, "TXT")
    if answer is None:
        return _unasked("spf", domain)
    policies = [each for each in answer if each.lower().startswith("v=spf1")]
    fix = _publish((domain, "TXT", "v=spf1 include:amazonses.com ~all"))
    if len(policies) > 1:
        return broken(
            "spf",
            f"{domain} has {len(policies)} SPF records, so none of them counts",
            f"{fix}, and remove the others",
        )
    if not policies or "include:amazonses.com" not in policies[0].lower():
        return broken("spf", f"the SPF record of {domain} is {_or_nothing(policies)}", fix)
    return ok("spf", f"the SPF record of {domain} includes SES")


def _dmarc(checked: CheckedAccount, found: Any, lookup: Lookup) -> Verdict:
    """Check for a DMARC policy, and that mails pass it by DKIM or by SPF."""
    domain = checked.parameters["Sender"].rpartition("@")[2].lower()
    answers = [lookup(f"_dmarc.{name}", "TXT") for name in _upwards(domain)]
    if answers[0] is None:
        return _unasked("dmarc", f"_dmarc.{domain}")
    policies = [text for each in answers for text in each or () if text.startswith("v=DMARC1")]
    if not policies:
        record = f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none"
        return warning(
            "dmarc",
            f"{domain} has no policy; large mailbox providers require one",
            _publish(record),
        )
    tags = _tags(policies[0])
    signed_by = checked.parameters["SenderIdentity"].rpartition("@")[2].lower()
    if _aligned(domain, signed_by, found, tags):
        return ok("dmarc", f"p={tags.get('p', 'none')}, aligned")
    level = Level.BROKEN if tags.get("p") in ("reject", "quarantine") else Level.WARNING
    return Verdict(
        "dmarc",
        level,
        f"p={tags.get('p', 'none')}, and neither DKIM nor MAIL FROM is aligned with {domain}",
        f"changecast doctor --customer {checked.code} --records",
    )


def _aligned(domain: str, signed_by: str, found: Any, tags: dict[str, str]) -> bool:
    signs = values(found, "DkimAttributes", "Status") == "SUCCESS"
    own = str(values(found, "MailFromAttributes", "MailFromDomain") or "")
    passes = values(found, "MailFromAttributes", "MailFromDomainStatus") == "SUCCESS"
    return (signs and _same(domain, signed_by, tags.get("adkim", "r"))) or (
        passes and _same(domain, own, tags.get("aspf", "r"))
    )


def _same(domain: str, other: str, mode: str) -> bool:
    """Return whether two domains align: strict is equal, relaxed is equal or a subdomain."""
    if mode == "s":
        return domain == other
    return domain == other or domain.endswith(f".{other}") or other.endswith(f".{domain}")


def _upwards(domain: str) -> Iterator[str]:
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        yield ".".join(labels[start:])


def _tags(policy: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in policy.split(";"))
    return {name.strip().lower(): value.strip().lower() for name, _, value in pairs}


def _unasked(check: str, name: str) -> Verdict:
    return warning(check, f"DNS does not answer for {name}", "try again, or use --dns skip")


def _publish(record: Record) -> str:
    return f"publish: {zone_lines([record])[0]}"


def _or_nothing(answer: list[str]) -> str:
    return ", ".join(answer) or "nothing"
