"""A customer's brand, read from its environment in samconfig.toml without a cloud."""

import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from changecast.customer.compose.brand import Brand
from changecast.hub.name_suggestions import known_names
from changecast_cli.failures import Refused

_DEFAULTS = {
    "CustomerName": "", "Sender": "", "SenderName": "", "SupportContact": "",
    "Language": "en", "Timezone": "UTC", "BrandColor": "#0b57a4", "BrandFooter": "",
    "ProviderName": "", "LogoUrl": "", "LogoText": "", "DarkLogoUrl": "",
}  # fmt: skip


def environment_of(code: str, config: Path) -> dict[str, Any]:
    """Return the customer's environment; Refused if there is no such file or environment."""
    try:
        environments = tomllib.loads(config.read_text("utf-8"))
    except OSError as error:
        raise Refused(f"{config} cannot be read: {error.strerror}; use --config") from error
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
    """Return an environment's stack parameters as AWS SAM reads them: Key=Value, quoted or not.

    Refused if they are not texts, or a quotation mark is not closed.
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
    """Return the customer's brand; values given here override the stack's."""
    values = parameters_of(environment)
    values |= {"Language": language} if language else {}
    values |= {"Timezone": timezone} if timezone else {}
    return brand_from(code, values, templates)


def brand_from(code: str, parameters: Mapping[str, str], templates: Path | None = None) -> Brand:
    """Return a customer's brand by its stack's parameters; Refused if one is unusable."""
    values = {**_DEFAULTS, **parameters}
    try:
        return Brand(
            customer=code,
            customer_name=values["CustomerName"] or code,
            sender=values["Sender"] or f"changes@{code}.example",
            sender_name=values["SenderName"] or f"{values['CustomerName'] or code} changes",
            support_contact=values["SupportContact"],
            language=values["Language"],
            timezone=values["Timezone"],
            color=values["BrandColor"],
            footer=values["BrandFooter"],
            provider_name=values["ProviderName"],
            logo_url=values["LogoUrl"],
            logo_text=values["LogoText"],
            dark_logo_url=values["DarkLogoUrl"],
            templates=str(templates) if templates else "",
        )
    except ValueError as error:
        raise Refused(str(error)) from error
