"""docs/reference/parameters.md: the parameters of the three templates."""

from collections.abc import Iterator
from typing import Any

from testbed.reference.stacks import STACKS, template
from testbed.reference.tables import code, table

HEAD = """# Template parameters

Written by `make docs-reference` from the templates. Set them under `parameter_overrides` of the
stack's environment in `samconfig.toml`, and deploy. `changecast customers set CODE` can set some of
those of a customer's stack. A parameter without a default is required.
"""


def page() -> str:
    """Return the whole page."""
    return "\n".join([HEAD, *(_stack(path, title) for path, title in STACKS.items())])


def _stack(path: str, title: str) -> str:
    rows = [_row(name, each) for name, each in template(path)["Parameters"].items()]
    columns = ("parameter", "default", "meaning", "allowed")
    return f"## {title}\nTemplate: `{path}`\n\n{table(columns, rows)}"


def _row(name: str, parameter: dict[str, Any]) -> tuple[str, str, str, str]:
    default = parameter.get("Default", "required")
    shown = code(default) if "Default" in parameter else default
    return code(name), shown or "empty", parameter["Description"], ", ".join(_allowed(parameter))


def _allowed(parameter: dict[str, Any]) -> Iterator[str]:
    yield from (code(value) for value in parameter.get("AllowedValues", ()))
    if "MinValue" in parameter:
        yield f"{parameter['MinValue']} to {parameter['MaxValue']}"
