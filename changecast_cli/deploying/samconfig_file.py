"""samconfig.toml, which people edit too: read it, add and remove parts, save it as a whole."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Array

from changecast.hub.name_suggestions import known_names
from changecast.hub.registry import DEFAULT_HUB_BUS
from changecast_cli.deploying.samconfig import (
    CustomerStack,
    Environment,
    HubStack,
    bus_environment,
    customer_environment,
    hub_environment,
    override,
    route_environment,
)
from changecast_cli.failures import Refused
from changecast_cli.preview.brands import parameters_of
from changecast_cli.text_files import locked, save_text

HUB, ROUTE = "hub", "-route"
USUAL = frozenset(
    {
        "CustomerCode", "CustomerName", "HubAccount", "HubBusArn", "Sender", "SenderName",
        "SenderIdentity", "SupportContact", "Timezone", "Language", "Architecture",
    }
)  # fmt: skip
_FURTHER_BUS = re.compile(HUB + "_[0-9]+")
_TABLE = re.compile(r'\["?([A-Za-z0-9_-]+)"?[.\]]')


def read(path: Path) -> str:
    """Return the file's text, "" if there is none; Refused if it is not TOML."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from error
    tables(text, path)
    return text


def tables(text: str, path: Path | str = "samconfig.toml") -> dict[str, Any]:
    """Return the environments; Refused if the text is not TOML."""
    try:
        return dict(_parsed(text))
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{path} is not TOML: {error}") from error


@lru_cache(maxsize=1)
def _parsed(text: str) -> dict[str, Any]:
    """Parse the file once for all parts of a command: it takes a second at 3,000 customers.

    Nobody may change what is in the environments.
    """
    return tomllib.loads(text)


def edit(path: Path, change: Callable[[str], str]) -> str:
    """Replace the file's text with the result of `change`, and return it.

    Parallel edits run one after the other, so that neither loses the other's changes.
    """
    with locked(path):
        old = read(path)
        new = change(old)
        if new != old:
            save(path, new)
    return new


def save(path: Path, text: str) -> None:
    """Replace the file; Refused if the text is not TOML. Use `edit` to change it."""
    tables(text, path)
    path = path.resolve()  # a link stays a link
    save_text(path, text, mode=path.stat().st_mode & 0o777 if path.exists() else 0o644)


def customers_in(text: str) -> dict[str, CustomerStack]:
    """Return every customer by code, in the order of the file; one without a route is left out."""
    document = tables(text)
    codes = [name.removesuffix(ROUTE) for name in document if name.endswith(ROUTE)]
    return {
        code: _customer(code, document[code], document[f"{code}{ROUTE}"])
        for code in codes
        if isinstance(document.get(code), dict)
    }


def customer_in(text: str, code: str, path: Path) -> CustomerStack:
    """Return the customer of this code; Refused if the file, which `path` names, has none."""
    customers = customers_in(text)
    if code not in customers:
        raise Refused(f"{path} has no customer {code!r} ({known_names(code, customers)})")
    return customers[code]


def _customer(code: str, own: Mapping[str, Any], route: Mapping[str, Any]) -> CustomerStack:
    said, of_route = parameters_of(dict(own)), parameters_of(dict(route))
    settings = _settings(own, "global")
    return CustomerStack(
        code,
        of_route.get("CustomerAccount", ""),
        settings.get("region", ""),
        said.get("CustomerName", code),
        said.get("Sender", ""),
        said.get("Timezone", "UTC"),
        said.get("Language", "en"),
        said.get("SupportContact", ""),
        settings.get("profile"),
        tuple((name, value) for name, value in said.items() if name not in USUAL),
        of_route.get("HubBus") or DEFAULT_HUB_BUS,
    )


def hub_in(text: str) -> HubStack | None:
    """Return the hub of the file's customers; None if no environment names it."""
    document = tables(text)
    for environment in document.values():
        if isinstance(environment, dict):
            account = parameters_of(environment).get("HubAccount")
            if account:
                return HubStack(account, hub_region(text) or "", hub_profile(text))
    return None


def hub_region(text: str) -> str | None:
    """Return the Region of [hub]."""
    region: str | None = _settings(tables(text).get(HUB, {}), "global").get("region")
    return region


def hub_profile(text: str) -> str | None:
    """Return the AWS profile of [hub]."""
    profile: str | None = _settings(tables(text).get(HUB, {}), "global").get("profile")
    return profile


def hub_stack_name(text: str) -> str:
    """Return the name of the hub's stack."""
    name: str = _settings(tables(text).get(HUB, {}), "global").get("stack_name", DEFAULT_HUB_BUS)
    return name


def bus_environment_of(bus: str) -> str:
    """Return the environment of a bus's stack: hub, hub_2 and so on.

    No customer's environment has such a name, because codes contain no _.
    """
    return HUB + bus.removeprefix(DEFAULT_HUB_BUS).replace("-", "_")


def deployment_of(bus: str) -> str:
    """Return the command that deploys the stack of one of the hub's buses."""
    if bus == DEFAULT_HUB_BUS:
        return "sam build --config-env hub && sam deploy --config-env hub"
    return f"sam deploy --config-env {bus_environment_of(bus)}"


def buses_in(text: str) -> dict[str, list[str]]:
    """Return the accounts that may report on each of the hub's buses, the first bus first."""
    found = {DEFAULT_HUB_BUS: HUB} | {
        parameters_of(table).get("BusName", ""): name
        for name, table in tables(text).items()
        if _FURTHER_BUS.fullmatch(name)
    }
    return {bus: _accounts(text, name) for bus, name in found.items()}


def accounts_in(text: str, bus: str = DEFAULT_HUB_BUS) -> list[str]:
    """Return the accounts that may report on a bus, in the order of its parameter."""
    return _accounts(text, bus_environment_of(bus))


def _accounts(text: str, environment: str) -> list[str]:
    said = parameters_of(tables(text).get(environment, {})).get("CustomerAccounts", "")
    return [account for account in said.split(",") if account]


def built_template(text: str, environment: str) -> str:
    """Return the path of the environment's built template, by its deploy arguments."""
    return str(_settings(tables(text)[environment], "deploy")["template_file"])


def with_hub(text: str, hub: HubStack) -> str:
    """Return the text with [hub] at its end; unchanged if it has one."""
    if HUB in tables(text):
        return text
    head = text or "# Every deploy argument of every stack. An environment inherits nothing.\n"
    if "version" not in tables(text):
        head += "version = 0.1\n"
    return head + "\n" + rendered(HUB, hub_environment(hub, [], ".aws-sam/hub"))


def with_bus(text: str, bus: str, hub: HubStack) -> str:
    """Return the text with the bus's environment at its end; unchanged if it has one."""
    name = bus_environment_of(bus)
    if name in tables(text):
        return text
    of_hub = parameters_of(tables(text).get(HUB, {}))
    more = [f"{name}={of_hub[name]}" for name in ("ArchiveDays", "TwoPerson") if of_hub.get(name)]
    return text.rstrip() + f"\n\n# ---- {bus}\n" + rendered(name, bus_environment(bus, hub, more))


def with_customer(text: str, customer: CustomerStack, hub: HubStack) -> str:
    """Return the text with the customer's two environments, and its account in the hub's."""
    return with_customers(text, [customer], hub)


def with_customers(text: str, customers: Sequence[CustomerStack], hub: HubStack) -> str:
    """Do the same for several customers, but change the hub only once."""
    if not customers:
        return text
    for bus in dict.fromkeys(customer.hub_bus for customer in customers):
        new = [customer.account for customer in customers if customer.hub_bus == bus]
        text = with_accounts(text, [*accounts_in(text, bus), *new], bus)
    added = text.rstrip()
    key = parameters_of(tables(text).get(HUB, {})).get("KmsKeyId", "")
    return added + "\n" + "".join(_environments(customer, hub, key) for customer in customers)


def _environments(customer: CustomerStack, hub: HubStack, key: str) -> str:
    own = customer_environment(customer, hub, f".aws-sam/{customer.code}")
    route = rendered(f"{customer.code}{ROUTE}", route_environment(customer, hub, key))
    return f"\n# ---- {customer.name}\n{rendered(customer.code, own)}\n{route}"


def without_customer(text: str, code: str) -> str:
    """Return the text without the customer, its heading and its account in the hub's parameter.

    Refused if the file is written in a way that cannot be cut by lines.
    """
    account, left = customers_in(text)[code].account, text
    for bus, accounts in buses_in(text).items():
        if account in accounts:
            left = with_accounts(left, [one for one in accounts if one != account], bus)
    gone = (code, f"{code}{ROUTE}")
    kept = "".join(lines for name, lines in _sections(left) if name not in gone).rstrip() + "\n"
    requested = {name: table for name, table in tables(left).items() if name not in gone}
    if tables(kept) != requested:
        raise Refused(
            f"the TOML tables of {code} are mixed with others in the file: remove those of {code} "
            "by hand"
        )
    return kept


def _sections(text: str) -> Iterator[tuple[str, str]]:
    """Return (environment, its lines) of every table, with the comments right above it."""
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


def with_accounts(text: str, accounts: Iterable[str], bus: str = DEFAULT_HUB_BUS) -> str:
    """Return the text with these accounts for a bus; Refused if it has no such bus."""
    listed = ",".join(dict.fromkeys(accounts))
    return with_parameter(text, bus_environment_of(bus), "CustomerAccounts", listed)


def with_parameter(text: str, environment: str, name: str, value: str) -> str:
    """Return the text with an environment's stack parameter set; Refused if it is missing."""
    return with_parameters(text, environment, {name: value})


def with_parameters(text: str, environment: str, values: Mapping[str, str]) -> str:
    """Return the text with several stack parameters of an environment set."""
    if not values:
        return text
    document = tomlkit.parse(text)
    try:
        overrides = document[environment]["deploy"]["parameters"]["parameter_overrides"]  # type: ignore[index]
    except KeyError as error:
        raise Refused(f"samconfig.toml has no [{environment}] with parameter_overrides") from error
    if not isinstance(overrides, Array):
        raise Refused(
            f"write [{environment}] parameter_overrides as a list, one Key=Value per line"
        )
    for name, value in values.items():
        _set_override(overrides, name, value)
    return tomlkit.dumps(document)


def _set_override(overrides: Array, name: str, value: str) -> None:
    if set(value) & set('"\\'):
        raise Refused(f'{name} cannot contain " or \\: {value}')
    said = override(name, value)
    for at, each in enumerate(overrides):
        if str(each).startswith(f"{name}="):
            overrides[at] = said
            return
    overrides.add_line(said, indent="    ")


def with_setting(text: str, environment: str, name: str, value: str) -> str:
    """Return the text with an environment's global setting set, for example its profile."""
    document = tomlkit.parse(text)
    try:
        document[environment]["global"]["parameters"][name] = value  # type: ignore[index]
    except KeyError as error:
        raise Refused(f"samconfig.toml has no [{environment}.global.parameters]") from error
    return tomlkit.dumps(document)


def rendered(name: str, environment: Environment) -> str:
    """Return an environment in our layout: [name.verb.parameters], one line per value."""
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
