"""Change a customer's values in samconfig.toml."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from changecast_cli.customers.input import PARAMETERS, clash_with, customer_from
from changecast_cli.deploying import samconfig_file
from changecast_cli.deploying.samconfig import CustomerStack
from changecast_cli.deploying.samconfig_file import ROUTE, with_parameter, with_setting
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of

FIELDS = ("name", "sender", "timezone", "language", "support", "profile")
_OF_ITS_STACK = {
    "name": "CustomerName", "sender": "Sender", "timezone": "Timezone", "language": "Language",
    "support": "SupportContact",
}  # fmt: skip
# Name of a value -> (its value in samconfig.toml, the given value).
Differences = dict[str, tuple[str, str]]


def changed(
    given: Mapping[str, str], known: Mapping[str, CustomerStack]
) -> tuple[CustomerStack, Differences]:
    """Return a customer in the file with the given values, and the differences.

    Missing and blank values stay as they are. Raises Refused for another account or Region, which
    would be a move, and for invalid values.
    """
    before = known[given["code"]]
    said = {key: value for key, value in given.items() if value and value.strip()}
    requested = customer_from({**_row(before), **said})
    clash = clash_with(requested, known)
    if clash:
        raise Refused(f"{before.code}: {clash}")
    fields = {name: getattr(requested, name) for name in FIELDS if name in said}
    more = dict(before.more) | dict(requested.more)
    after = replace(before, **fields, more=tuple(more.items()))
    return after, dict(_differences(before, after))


def _row(customer: CustomerStack) -> dict[str, str]:
    """Return a customer as a row of a CSV file."""
    more = dict(customer.more)
    columns = {column: more[name] for column, name in PARAMETERS.items() if name in more}
    fields = {name: getattr(customer, name) or "" for name in ("account", "region", *FIELDS)}
    return {"code": customer.code, **fields, **columns}


def _differences(
    before: CustomerStack, after: CustomerStack
) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in FIELDS:
        old, new = getattr(before, name) or "", getattr(after, name) or ""
        if old != new:
            yield name, (old, new)
    had = dict(before.more)
    for name, value in after.more:
        if had.get(name) != value:
            yield name, (had.get(name, ""), value)


def told(differences: Differences) -> str:
    """Return the differences as part of a sentence."""
    return ", ".join(
        f"{name} {old or '(nothing)'} -> {new}" for name, (old, new) in differences.items()
    )


def with_changes(text: str, before: CustomerStack, after: CustomerStack) -> str:
    """Return samconfig.toml with a customer's new values in its environments."""
    code = before.code
    for environment, name, value in _parameters(text, before, after):
        text = with_parameter(text, environment, name, value)
    if after.profile and after.profile != before.profile:
        text = with_setting(text, code, "profile", after.profile)
    return text.replace(f"# ---- {before.name}\n", f"# ---- {after.name}\n", 1)


def _parameters(
    text: str, before: CustomerStack, after: CustomerStack
) -> Iterator[tuple[str, str, str]]:
    """Return (environment, parameter, value) of every difference."""
    code = before.code
    for name, (_, value) in _differences(before, after):
        if name != "profile":
            yield code, _OF_ITS_STACK.get(name, name), value
    if before.name != after.name:
        yield f"{code}{ROUTE}", "CustomerName", after.name
        own = parameters_of(samconfig_file.tables(text)[code])
        if own.get("SenderName") == f"{before.name} changes":
            yield code, "SenderName", f"{after.name} changes"
    domain = after.sender.rpartition("@")[2]
    if before.sender.rpartition("@")[2] != domain:
        yield code, "SenderIdentity", domain
