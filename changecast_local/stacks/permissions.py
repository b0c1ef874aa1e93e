"""The actions that CloudFormation calls for a resource, with the deployer's permissions."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

Properties = Mapping[str, Any]
Table = Mapping[str, Mapping[str, Any]]
HERE = Path(__file__).parent
# A resource is read after it was created or updated, for its attributes.
READS_TOO = frozenset({"create", "update"})


class UnknownType(ValueError):
    """A resource type whose handler permissions are not in handler_permissions.toml."""


def actions(kind: str, handler: str, *properties: Properties) -> list[str]:
    """Return the sorted actions of `create`, `update` or `delete` that these properties trigger.

    An update has two sets of properties, the old and the new.
    """
    facts = _facts().get(kind)
    if facts is None:
        raise UnknownType(f"{kind}: add its permissions to {HERE.name}/handler_permissions.toml")
    documented = set(facts.get(handler, facts["create"]))
    if handler in READS_TOO:
        documented |= set(facts.get("read", ()))
    return sorted(documented - ignored().keys() - set(_asleep(kind, properties)))


def ignored() -> Mapping[str, str]:
    """Return the ignored actions, each with the reason."""
    return _triggers()["ignored"]


def _asleep(kind: str, properties: tuple[Properties, ...]) -> Iterator[str]:
    """Yield the actions that need a property which none of these has."""
    for path, waiting in _triggers().get(kind, {}).items():
        if not any(has(each, path) for each in properties):
            yield from waiting


def has(properties: Any, path: str) -> bool:
    """Return whether a property is set; `Targets.RoleArn` is that of any target."""
    name, _, rest = path.partition(".")
    if isinstance(properties, list):
        return any(has(each, path) for each in properties)
    if not isinstance(properties, Mapping) or not properties.get(name):
        return False
    return has(properties[name], rest) if rest else True


@cache
def _facts() -> Table:
    return tomllib.loads((HERE / "handler_permissions.toml").read_text("utf-8"))


@cache
def _triggers() -> Table:
    return tomllib.loads((HERE / "triggers.toml").read_text("utf-8"))
