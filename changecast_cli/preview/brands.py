"""How a customer's mails look, read from its environment in samconfig.toml: no cloud needed."""

import shlex
import tomllib
from pathlib import Path
from typing import Any

from changecast.compose import Brand
from changecast.likeness import known_names
from changecast_cli.failures import Refused

_DEFAULTS = {
    "CustomerName": "", "Sender": "", "SenderName": "", "SupportContact": "",
    "Language": "en", "Timezone": "UTC", "BrandColor": "#0b57a4", "BrandFooter": "",
}  # fmt: skip


def environment_of(code: str, config: Path) -> dict[str, Any]:
    """The customer's environment; Refused where there is no such file or environment."""
    try:
        environments = tomllib.loads(config.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"{config} cannot be read: {error.strerror}; give --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{config} is not TOML: {error}") from error
    found = environments.get(code)
    if not isinstance(found, dict) or "CustomerName" not in parameters_of(found):
        known = [
            name
            for name, each in environments.items()
            if isinstance(each, dict) and "CustomerName" in parameters_of(each)
            and not name.endswith("-route")
        ]  # fmt: skip
        raise Refused(f"{config} has no customer {code!r} ({known_names(code, known)})")
    return found


def parameters_of(environment: dict[str, Any]) -> dict[str, str]:
    """The stack parameters of an environment, as AWS SAM reads them: Key=Value, quoted or not.

    Refused where they are not texts, or a quotation mark is not closed.
    """
    try:
        given = environment.get("deploy", {}).get("parameters", {}).get("parameter_overrides", [])
        entries = [given] if isinstance(given, str) else given
        words = [word for entry in entries for word in shlex.split(entry)]
    except (AttributeError, TypeError, ValueError) as error:
        raise Refused(f"parameter_overrides in samconfig.toml cannot be read: {error}") from error
    pairs = (word.partition("=") for word in words)
    return {key: value for key, sign, value in pairs if sign}


def brand_of(
    code: str,
    environment: dict[str, Any],
    *,
    language: str | None,
    timezone: str | None,
    templates: Path | None,
) -> Brand:
    """The customer's brand; what is given here goes before what its stack says."""
    values = _DEFAULTS | parameters_of(environment)
    try:
        return Brand(
            customer=code,
            customer_name=values["CustomerName"] or code,
            sender=values["Sender"] or f"changes@{code}.example",
            sender_name=values["SenderName"] or f"{values['CustomerName'] or code} changes",
            support_contact=values["SupportContact"],
            language=language or values["Language"],
            timezone=timezone or values["Timezone"],
            color=values["BrandColor"],
            footer=values["BrandFooter"],
            templates=str(templates) if templates else "",
        )
    except ValueError as error:
        raise Refused(str(error)) from error
