"""samconfig.toml as a file that people keep: read, add to it, take out of it, save it whole."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array

from changecast.likeness import known_names
from changecast_cli.deploying.samconfig import (
    Customer,
    Environment,
    Hub,
    customer_environment,
    hub_environment,
    route_environment,
)
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of
from changecast_cli.text_files import save_text

HUB, ROUTE = "hub", "-route"
USUAL = frozenset(
    {
        "CustomerCode", "CustomerName", "HubAccount", "HubBusArn", "Sender", "SenderName",
        "SenderIdentity", "SupportContact", "Timezone", "Language",
    }
)  # fmt: skip
_TABLE = re.compile(r'\["?([A-Za-z0-9_-]+)"?[.\]]')


def read(path: Path) -> str:
    """The file's text, "" where there is none; Refused where it is not TOML."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    tables(text, path)
    return text


def tables(text: str, path: Path | str = "samconfig.toml") -> dict[str, Any]:
    """The environments; Refused where the text is not TOML."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path} is not TOML: {error}") from error


def save(path: Path, text: str) -> None:
    """Replace the file; Refused where the text is not TOML."""
    tables(text, path)
    save_text(path, text, mode=path.stat().st_mode & 0o777 if path.exists() else 0o644)


def customers_in(text: str) -> dict[str, Customer]:
    """Every customer by code, in the order of the file; one without a route is left out."""
    document = tables(text)
    codes = [name.removesuffix(ROUTE) for name in document if name.endswith(ROUTE)]
    return {
        code: _customer(code, document[code], document[f"{code}{ROUTE}"])
        for code in codes
        if isinstance(document.get(code), dict)
    }


def customer_in(text: str, code: str, path: Path) -> Customer:
    """The customer of this code; Refused where the file, which `path` names, has none."""
    customers = customers_in(text)
    if code not in customers:
        raise Refused(f"{path} has no customer {code!r} ({known_names(code, customers)})")
    return customers[code]


def _customer(code: str, own: Mapping[str, Any], route: Mapping[str, Any]) -> Customer:
    said = parameters_of(dict(own))
    settings = _settings(own, "global")
    return Customer(
        code,
        parameters_of(dict(route)).get("CustomerAccount", ""),
        settings.get("region", ""),
        said.get("CustomerName", code),
        said.get("Sender", ""),
        said.get("Timezone", "UTC"),
        said.get("Language", "en"),
        said.get("SupportContact", ""),
        settings.get("profile"),
        tuple((name, value) for name, value in said.items() if name not in USUAL),
    )


def hub_in(text: str) -> Hub | None:
    """The hub that the file's customers belong to; None where no environment says it."""
    document = tables(text)
    for environment in document.values():
        if isinstance(environment, dict):
            account = parameters_of(environment).get("HubAccount")
            if account:
                return Hub(account, hub_region(text) or "", hub_profile(text))
    return None


def hub_region(text: str) -> str | None:
    """The Region of [hub]."""
    region: str | None = _settings(tables(text).get(HUB, {}), "global").get("region")
    return region


def hub_profile(text: str) -> str | None:
    """The AWS profile of [hub]."""
    profile: str | None = _settings(tables(text).get(HUB, {}), "global").get("profile")
    return profile


def accounts_in(text: str) -> list[str]:
    """The accounts that the hub lets report, in the order of its parameter."""
    said = parameters_of(tables(text).get(HUB, {})).get("CustomerAccounts", "")
    return [account for account in said.split(",") if account]


def built_template(text: str, environment: str) -> str:
    """Where `sam build` puts the environment's template, as its deploy arguments say."""
    return str(_settings(tables(text)[environment], "deploy")["template_file"])


def with_hub(text: str, hub: Hub) -> str:
    """The text with an environment [hub] at its end; the same text where it has one."""
    if HUB in tables(text):
        return text
    head = text or "# Every deploy argument of every stack. An environment inherits nothing.\n"
    if "version" not in tables(text):
        head += "version = 0.1\n"
    return head + "\n" + rendered(HUB, hub_environment(hub, [], ".aws-sam/hub"))


def with_customer(text: str, customer: Customer, hub: Hub) -> str:
    """The text with the customer's two environments at its end, and its account in the hub's."""
    return with_customers(text, [customer], hub)


def with_customers(text: str, customers: Sequence[Customer], hub: Hub) -> str:
    """The same for several: the file is read and its hub changed only once."""
    if not customers:
        return text
    accounts = [*accounts_in(text), *(customer.account for customer in customers)]
    added = with_accounts(text, accounts).rstrip()
    key = parameters_of(tables(text).get(HUB, {})).get("KmsKeyId", "")
    return added + "\n" + "".join(_environments(customer, hub, key) for customer in customers)


def _environments(customer: Customer, hub: Hub, key: str) -> str:
    own = customer_environment(customer, hub, f".aws-sam/{customer.code}")
    route = rendered(f"{customer.code}{ROUTE}", route_environment(customer, hub, key))
    return f"\n# ---- {customer.name}\n{rendered(customer.code, own)}\n{route}"


def without_customer(text: str, code: str) -> str:
    """The text without the customer, its heading and its account in the hub's parameter.

    Refused where the file is written in a way that cannot be cut by lines.
    """
    account = customers_in(text)[code].account
    left = with_accounts(text, [one for one in accounts_in(text) if one != account])
    gone = (code, f"{code}{ROUTE}")
    kept = "".join(lines for name, lines in _sections(left) if name not in gone).rstrip() + "\n"
    wanted = {name: table for name, table in tables(left).items() if name not in gone}
    if tables(kept) != wanted:
        raise Refused(f"the tables of {code} cannot be told apart: remove them by hand")
    return kept


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """(environment, its lines) of every table; comments right above a table are part of it."""
    name, lines, comments = "", "", ""
    for line in text.splitlines(keepends=True):
        if found := _TABLE.match(line):
            yield name, lines
            name, lines, comments = found[1], comments + line, ""
        elif line.startswith("#"):
            comments += line
        else:
            lines, comments = lines + comments + line, ""
    yield name, lines + comments


def with_accounts(text: str, accounts: Iterable[str]) -> str:
    """The text with these accounts, each once, in the hub's parameter. Refused without a [hub]."""
    return with_parameter(text, HUB, "CustomerAccounts", ",".join(dict.fromkeys(accounts)))


def with_parameter(text: str, environment: str, name: str, value: str) -> str:
    """The text with one stack parameter of an environment set; Refused where there is none."""
    document = tomlkit.parse(text)
    try:
        overrides = document[environment]["deploy"]["parameters"]["parameter_overrides"]  # type: ignore[index]
    except KeyError as error:
        raise Refused(f"samconfig.toml has no [{environment}] with parameter_overrides") from error
    if not isinstance(overrides, Array):
        raise Refused(f"write [{environment}] parameter_overrides as a list, a Key=Value a line")
    said = f"{name}={value}"
    for at, each in enumerate(overrides):
        if str(each).startswith(f"{name}="):
            overrides[at] = said
            return tomlkit.dumps(document)
    overrides.add_line(said, indent="    ")
    return tomlkit.dumps(document)


def rendered(name: str, environment: Environment) -> str:
    """An environment as this repository writes them: [name.verb.parameters], a line a value."""
    return "".join(_lines(name, environment))


def _lines(name: str, environment: Environment) -> Iterator[str]:
    for verb, table in environment.items():
        yield f"[{name}.{verb}.parameters]\n"
        for key, value in table["parameters"].items():
            yield f"{key} = {_value(value)}\n"


def _value(value: Any) -> str:
    if isinstance(value, list):
        return "[\n" + "".join(f"    {_value(each)},\n" for each in value) + "]"
    if isinstance(value, str):
        literal = '"' in value and "'" not in value
        return str(tomlkit.string(value, literal=literal).as_string())
    return str(tomlkit.item(value).as_string())


def _settings(environment: Mapping[str, Any], verb: str) -> dict[str, Any]:
    table = environment.get(verb)
    found = table.get("parameters") if isinstance(table, Mapping) else None
    return dict(found) if isinstance(found, Mapping) else {}
