"""New customers, by options or by a CSV file: checked before anything is done."""

import csv
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import boto3
from email_validator import EmailNotValidError, validate_email
from pydantic import TypeAdapter, ValidationError

from changecast.fields import CustomerCode, time_zones
from changecast_cli.deploying.samconfig import Customer
from changecast_cli.failures import Refused
from changecast_cli.text_files import delimiter_of, read_text

REQUIRED = ("code", "account", "region", "name", "sender", "timezone")
# CSV columns that become parameters of the customer's stack.
PARAMETERS = {
    "contact_list": "ContactList",
    "configuration_set": "ConfigurationSet",
    "environment": "Environment",
    "allowed_recipients": "AllowedRecipients",
}
OPTIONAL = ("language", "support", "profile", "identity_exists", *PARAMETERS)
_CODE: TypeAdapter[str] = TypeAdapter(CustomerCode)
_NAME = re.compile(r'[^\x00-\x1f"\\]{1,90}')
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_PARAMETER = re.compile(r'[^\x00-\x1f"\\]{0,200}')


def customer_from(given: Mapping[str, str]) -> Customer:
    """A customer out of named values, all of them text; Refused with every fault in it."""
    row = {key: value.strip() for key, value in given.items() if value and value.strip()}
    faults = list(_faults(row))
    if faults:
        raise Refused(f"{row.get('code', 'a customer without a code')}: {'; '.join(faults)}")
    more = [(PARAMETERS[key], row[key]) for key in PARAMETERS if key in row]
    if row.get("identity_exists", "no").lower() in ("yes", "true", "1"):
        more.append(("CreateIdentity", "no"))
    return Customer(
        row["code"],
        row["account"],
        row["region"],
        row["name"],
        row["sender"],
        row["timezone"],
        row.get("language", "en"),
        row.get("support", row["sender"]),
        row.get("profile"),
        tuple(more),
    )


def read_rows(path: Path, encoding: str | None = None) -> list[tuple[int, dict[str, str]]]:
    """(line number, values) of a CSV file with a header line; Refused where that is wrong."""
    text = read_text(path, encoding)
    reader = csv.DictReader(text.splitlines(), delimiter=delimiter_of(text))
    columns = [(name or "").strip().lower() for name in reader.fieldnames or []]
    missing = [name for name in REQUIRED if name not in columns]
    unknown = [name for name in columns if name not in (*REQUIRED, *OPTIONAL)]
    if missing or unknown:
        raise Refused(
            f"{path}: the first line must name the columns {', '.join(REQUIRED)} "
            f"(and may name {', '.join(OPTIONAL)}); missing: {', '.join(missing) or 'none'}, "
            f"unknown: {', '.join(map(repr, unknown)) or 'none'}"
        )
    rows = [
        (
            reader.line_num,
            {name: value or "" for name, value in zip(columns, row.values(), strict=False)},
        )
        for row in reader
        if any(row.values())
    ]
    if not rows:
        raise Refused(f"{path} has no customer")
    return rows


def clash_with(customer: Customer, known: Mapping[str, Customer]) -> str | None:
    """Why the customer cannot be added beside those that are there; None where nothing is against.

    The same customer again, in every value, is no clash.
    """
    for other in known.values():
        if other.code == customer.code:
            same = other.account == customer.account and other.region == customer.region
            return None if same else f"the code is taken, by account {other.account}"
        if other.account == customer.account:
            return f"account {customer.account} belongs to {other.code} already"
        if other.name == customer.name:
            return f"{other.code} has the same name, and documents may name customers by it"
    return None


def _faults(row: Mapping[str, str]) -> Iterator[str]:
    missing = [name for name in REQUIRED if name not in row]
    if missing:
        yield f"missing: {', '.join(missing)}"
        return
    yield from _code_faults(row["code"])
    if not re.fullmatch(r"[0-9]{12}", row["account"]):
        yield f"account {row['account']!r} is not 12 digits (spreadsheets drop leading zeros)"
    yield from _region_faults(row["region"])
    if not _NAME.fullmatch(row["name"]):
        yield 'the name has up to 90 characters, none of them " or \\'
    yield from address_faults(row["sender"])
    if row["timezone"] not in time_zones():
        yield f"{row['timezone']!r} is not an IANA time zone, for instance Europe/Madrid"
    if not _LANGUAGE.fullmatch(row.get("language", "en")):
        yield f"language {row['language']!r} is not of the form en or en-GB"
    yield from (
        f'{name} has up to 200 characters, none of them " or \\'
        for name in ("support", *PARAMETERS)
        if not _PARAMETER.fullmatch(row.get(name, ""))
    )


def _code_faults(code: str) -> Iterator[str]:
    try:
        _CODE.validate_python(code)
    except ValidationError:
        yield f"{code!r} is no customer code: a-z, 0-9 and -, at most 32, and not reserved"


def _region_faults(region: str) -> Iterator[str]:
    if region not in regions_with_ses():
        yield f"SES is not in Region {region!r} (it is in {', '.join(sorted(regions_with_ses()))})"


@cache
def regions_with_ses() -> frozenset[str]:
    """Where SES is, as botocore knows it; a Region newer than the installed botocore is missing."""
    session = boto3.Session()
    partitions = session.get_available_partitions()
    return frozenset(
        name for each in partitions for name in session.get_available_regions("sesv2", each)
    )


def address_faults(address: str) -> Iterator[str]:
    """What is wrong with a mail address, by RFC 5322 and SES, which takes only ASCII in front."""
    try:
        validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError as error:
        yield f"{address!r} is no mail address: {error}"
