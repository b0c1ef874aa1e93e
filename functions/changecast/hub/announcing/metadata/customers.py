"""The customers that a document names, by code or by display name, and their places in it."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import TypeAdapter, ValidationError

from changecast.contract.change_announced import CUSTOMERS_LIMIT
from changecast.contract.envelope import faults_of, json_path
from changecast.contract.fields import CustomerCode
from changecast.hub.announcing.metadata.document import Document, Fault, MetadataFault, RawDocument
from changecast.hub.announcing.metadata.texts import same_name
from changecast.hub.name_suggestions import did_you_mean

_CODE = TypeAdapter(CustomerCode)
_DETAILS = ("customer_details", "customerDetails")


class Named(NamedTuple):
    """Codes, or names if there are no codes, each once; and the JSON path of each."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    paths: dict[str, str]


def customers_of(
    source: RawDocument, codes_at: tuple[str, ...], names_at: tuple[str, ...]
) -> Named:
    """Return the customers of a document; faults for invalid codes, or if none is named."""
    faults = len(source.faults)
    codes = _strings(source, "customers", codes_at)
    for index, code in enumerate(codes):
        _check_code(source, index, code)
    twice = sorted(code for code, times in Counter(codes).items() if times > 1)
    if twice:
        source.warnings.append(
            f"customers named more than once are told only once: {', '.join(twice)}"
        )
    names = [] if codes else _strings(source, "names", names_at)
    for field, named in (("customers", codes), ("names", names)):
        if len(named) > CUSTOMERS_LIMIT:
            source.fault(
                field, f"names {len(named):,} customers, but the limit is {CUSTOMERS_LIMIT:,}"
            )
    if not codes and not names and len(source.faults) == faults:
        source.fault("customers", "names no customer")
    alone = isinstance(source.take("names", *names_at), str)
    paths = _paths(source, "names", names, alone=alone) | _paths(source, "customers", codes)
    return Named(tuple(dict.fromkeys(codes)), tuple(dict.fromkeys(names)), paths)


def place(document: Document, codes_by_name: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return the customers of a document, with display names resolved by the registry.

    A MetadataFault lists each name that is not exactly one registered customer's. Blanks and
    Unicode forms of a name are ignored.
    """
    by_name = _by_same_name(codes_by_name)
    codes = {name: by_name.get(same_name(name), []) for name in document.names}
    lost = [name for name in document.names if len(codes[name]) != 1]
    if lost:
        said = zip(lost, did_you_mean(lost, codes_by_name), strict=True)
        raise MetadataFault(
            [
                Fault(document.path_of(name), _not_one(name, codes[name], hint))
                for name, hint in said
            ]
        )
    placed = (codes[name][0] for name in document.names)
    return tuple(dict.fromkeys([*document.customers, *placed]))


def unseen_details(document: Document) -> list[str]:
    """Return a warning for each section of `customer_details` that nobody will see."""
    sections = document.change.customer_details or {}
    unseen = [code for code in sections if code not in document.customers]
    key = next((name for name in _DETAILS if name in document.raw), _DETAILS[0])
    hints = did_you_mean(unseen, document.customers)
    return [
        f"{json_path((key, code))}: nobody sees it, because the change does not name customer "
        f"{code!r}{hint}"
        for code, hint in zip(unseen, hints, strict=True)
    ]


def _by_same_name(codes_by_name: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Group names that differ only by Unicode form or blanks; two customers may share one."""
    found: dict[str, list[str]] = {}
    for name, codes in codes_by_name.items():
        found.setdefault(same_name(name), []).extend(codes)
    return found


def _not_one(name: str, codes: list[str], hint: str) -> str:
    if not codes:
        return f"no customer is registered as {name!r}{hint}"
    return (
        f"{len(codes)} customers are registered as {name!r}: use a code instead "
        f"({', '.join(codes)})"
    )


def _strings(source: RawDocument, canonical: str, paths: tuple[str, ...]) -> list[str]:
    found = source.take(canonical, *paths)
    if isinstance(found, str) and canonical == "names":
        return [found] if found.strip() else []
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, str | None) for item in found):
        source.fault(canonical, "must be a list of strings")
        return []
    return [item for item in found if item and item.strip()]


def _check_code(source: RawDocument, index: int, code: str) -> None:
    try:
        _CODE.validate_python(code)
    except ValidationError as error:
        ((_, message), *_) = faults_of(error)
        if message != "is reserved":
            message = (
                "is not a customer code: use a-z, 0-9 and - between them, at most 32 characters"
            )
        path = source.origin(("customers", index))
        source.faults.append(Fault(path, f"{code[:40]!r} {message}"))


def _paths(
    source: RawDocument, canonical: str, items: list[str], *, alone: bool = False
) -> dict[str, str]:
    paths: dict[str, str] = {}
    for index, item in enumerate(items):
        where = (canonical,) if alone else (canonical, index)
        paths.setdefault(item, source.origin(where))
    return paths
