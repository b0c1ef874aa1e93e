"""New customers from options or a CSV file, checked before anything is done."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import boto3
from email_validator import EmailNotValidError, validate_email
from publicsuffixlist import PublicSuffixList
from pydantic import TypeAdapter, ValidationError

from changecast.contract.errors import ContractError
from changecast.contract.fields import CustomerCode, time_zones
from changecast.contract.reminder import seconds_before
from changecast.customer.compose.words import languages
from changecast.hub.name_suggestions import known_names
from changecast_cli.deploying.samconfig import CustomerStack, HubStack
from changecast_cli.failures import Refused
from changecast_cli.text_files import delimiter_of, read_text

REQUIRED = ("code", "account", "region", "name", "sender", "timezone")
# CSV columns that become parameters of the customer's stack.
PARAMETERS = {
    "contact_list": "ContactList",
    "configuration_set": "ConfigurationSet",
    "environment": "Environment",
    "allowed_recipients": "AllowedRecipients",
    "alarm_topic": "AlarmTopicArn",
    "provider": "ProviderName",
    "logo": "LogoUrl",
    "logo_text": "LogoText",
    "dark_logo": "DarkLogoUrl",
    "reminders": "Reminders",
    "channels": "Channels",
    "digest": "Digest",
}
OPTIONAL = ("language", "support", "profile", "identity_exists", *PARAMETERS)
# Key of a row's cells without a column.
SURPLUS = "surplus cells"
_CODE: TypeAdapter[str] = TypeAdapter(CustomerCode)
_NAME = re.compile(r'[^\x00-\x1f"\\]{1,90}')
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):([0-9]{12}):[A-Za-z0-9_-]+")
# Domains whose DNS belongs to their provider, so that nobody can publish our DKIM records.
MAILBOX_PROVIDERS = frozenset({
    "aol.com", "gmail.com", "gmx.at", "gmx.ch", "gmx.de", "gmx.net", "googlemail.com",
    "hotmail.com", "icloud.com", "live.com", "mail.ru", "me.com", "msn.com", "outlook.com",
    "proton.me", "protonmail.com", "qq.com", "t-online.de", "web.de", "yahoo.com", "yandex.ru",
})  # fmt: skip
_PARAMETER = re.compile(r'[^\x00-\x1f"\\]{0,200}')


def customer_from(given: Mapping[str, str]) -> CustomerStack:
    """Return a customer from named text values; Refused with every fault."""
    row = {key: value.strip() for key, value in given.items() if value and value.strip()}
    faults = list(_faults(row))
    if faults:
        raise Refused(f"{row.get('code', 'a customer without a code')}: {'; '.join(faults)}")
    if "reminders" in row:
        row["reminders"] = row["reminders"].replace(" ", "")
    more = [(PARAMETERS[key], row[key]) for key in PARAMETERS if key in row]
    if row.get("identity_exists", "no").lower() in ("yes", "true", "1"):
        more.append(("CreateIdentity", "no"))
    return CustomerStack(
        row["code"],
        row["account"],
        row["region"],
        row["name"],
        ascii_address(row["sender"]),
        row["timezone"],
        row.get("language", "en"),
        row.get("support", row["sender"]),
        row.get("profile"),
        tuple(more),
    )


def read_rows(path: Path, encoding: str | None = None) -> list[tuple[int, dict[str, str]]]:
    """Return (line number, values) of a CSV file with a header line; `-` is stdin.

    Surplus cells of a line are under SURPLUS. Raises Refused if the header is wrong.
    """
    text = read_text(path, encoding)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter_of(text))
    columns = [name.strip().lower() for name in next(reader, [])]
    _refuse_wrong_columns(path, columns)
    rows = [(reader.line_num, _named(columns, cells)) for cells in reader if any(cells)]
    if not rows:
        raise Refused(f"{path} lists no customers")
    return rows


def _refuse_wrong_columns(path: Path, columns: Sequence[str]) -> None:
    missing = [name for name in REQUIRED if name not in columns]
    unknown = [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if missing or unknown or twice:
        faults = {"missing": missing, "unknown": [*map(repr, unknown)], "twice": twice}
        told = "; ".join(f"{what}: {', '.join(names)}" for what, names in faults.items() if names)
        raise Refused(
            f"{path}: {told}. The first line must name the columns {', '.join(REQUIRED)}, and may "
            f"name {', '.join(OPTIONAL)}"
        )


def _named(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    surplus = [cell for cell in cells[len(columns) :] if cell.strip()]
    named = dict(zip(columns, cells, strict=False))
    return named | ({SURPLUS: ", ".join(surplus)} if surplus else {})


def clash_with(customer: CustomerStack, known: Mapping[str, CustomerStack]) -> str | None:
    """Return why the customer cannot be added beside the existing ones; None if it can.

    The same customer in the same account and Region does not clash.
    """
    for other in known.values():
        if other.code == customer.code:
            if (other.account, other.region) != (customer.account, customer.region):
                return f"the code is taken, by account {other.account} in {other.region}"
        elif other.account == customer.account:
            return f"account {customer.account} already belongs to {other.code}"
        elif other.name == customer.name:
            return f"{other.code} has the same name, and documents may name customers by it"
    return None


def hub_faults(hub: HubStack) -> Iterator[str]:
    """Yield what is wrong with the hub that somebody named."""
    if not re.fullmatch(r"[0-9]{12}", hub.account):
        yield f"the hub's account {hub.account!r} is not 12 digits"
    if hub.region not in regions_with_ses():
        yield (
            f"the hub's Region {hub.region!r} is unknown here; for newer Regions: pip install "
            "--upgrade botocore"
        )
    if not _PARAMETER.fullmatch(hub.profile or ""):
        yield "the hub's profile must have at most 200 characters, none of them \" or \\"


def _faults(row: Mapping[str, str]) -> Iterator[str]:
    if SURPLUS in row:
        yield f"more cells than columns: {row[SURPLUS]!r} (quote a value that has a comma in it)"
    missing = [name for name in REQUIRED if name not in row]
    if missing:
        yield f"missing: {', '.join(missing)}"
        return
    yield from _code_faults(row["code"])
    if not re.fullmatch(r"[0-9]{12}", row["account"]):
        yield f"account {row['account']!r} is not 12 digits (spreadsheets drop leading zeros)"
    yield from _region_faults(row["region"])
    if not _NAME.fullmatch(row["name"]):
        yield 'the name must have at most 90 characters, none of them " or \\'
    yield from sender_faults(row["sender"])
    if row["timezone"] not in time_zones():
        near = known_names(row["timezone"], time_zones())
        yield f"{row['timezone']!r} is not an IANA time zone such as Europe/Madrid ({near})"
    yield from _language_faults(row.get("language", "en"))
    yield from _topic_faults(row)
    yield from _reminder_faults(row.get("reminders", ""))
    for name in ("channels", "digest"):
        if row.get(name, "no") not in ("yes", "no"):
            yield f"{name} is {row[name]!r}: write yes or no"
    yield from (
        f'{name} must have at most 200 characters, none of them " or \\'
        for name in ("support", "profile", *PARAMETERS)
        if not _PARAMETER.fullmatch(row.get(name, ""))
    )


def _language_faults(language: str) -> Iterator[str]:
    if not _LANGUAGE.fullmatch(language):
        yield f"language {language!r} is not a tag such as en or en-GB"
    elif language.partition("-")[0] not in languages():
        known = ", ".join(sorted(languages()))
        yield f"mails are not available in {language!r} (available: {known})"


def _topic_faults(row: Mapping[str, str]) -> Iterator[str]:
    if "alarm_topic" not in row:
        return
    found = _TOPIC.fullmatch(row["alarm_topic"])
    if not found:
        yield f"alarm_topic {row['alarm_topic']!r} is not the ARN of an SNS topic"
    elif found[2] != row["account"]:
        yield f"alarm_topic is in account {found[2]}: alarms need a topic in their own account"
    elif found[1] != row["region"]:
        yield f"alarm_topic is in Region {found[1]}: alarms need a topic in their own Region"


def _reminder_faults(reminders: str) -> Iterator[str]:
    try:
        seconds_before(reminders)
    except ContractError as error:
        yield f"reminders: {error.message}"


def _code_faults(code: str) -> Iterator[str]:
    try:
        _CODE.validate_python(code)
    except ValidationError:
        yield (
            f"{code!r} is not a customer code: use a-z, 0-9 and -, at most 32 characters, and no "
            "reserved word"
        )


def _region_faults(region: str) -> Iterator[str]:
    if region not in regions_with_ses():
        yield (
            f"SES is not available in Region {region!r} (available in "
            f"{', '.join(sorted(regions_with_ses()))})"
        )


@cache
def regions_with_ses() -> frozenset[str]:
    """Return the Regions with SES that the installed botocore knows."""
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return frozenset(
        name for each in partitions for name in session.get_available_regions("sesv2", each)
    )


def sender_faults(address: str) -> Iterator[str]:
    """Yield faults that would keep SES from ever sending with this address."""
    faults = list(address_faults(address))
    yield from faults
    if faults:
        return
    domain = ascii_address(address).rpartition("@")[2]
    if domain in MAILBOX_PROVIDERS:
        yield (
            f"the sender {address!r} cannot be used: only {domain} itself can publish the DKIM "
            "records that SES asks for. Use an address at one of the customer's own domains"
        )
    elif _public_suffixes().publicsuffix(domain) == domain:
        yield (
            f"the sender {address!r} cannot be used: {domain} is a public suffix, so it cannot be "
            "the customer's own domain"
        )


@cache
def _public_suffixes() -> PublicSuffixList:
    """Return the list of public suffixes; parsing its 10,000 lines takes 0.1 s."""
    return PublicSuffixList(accept_unknown=False)


def ascii_address(address: str) -> str:
    """Return the address as SES accepts it: an international domain in its xn-- form."""
    found = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    return found.ascii_email or address


def address_faults(address: str) -> Iterator[str]:
    """Yield a mail address's faults by RFC 5322 and SES, which accepts only ASCII local parts."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        yield f"{address!r} is not a mail address: {error}"
