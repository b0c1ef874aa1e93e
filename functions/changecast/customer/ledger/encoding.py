"""Convert plain values to DynamoDB's notation and back. Pure."""

from decimal import Decimal
from typing import Any

Item = dict[str, Any]


def encode(values: dict[str, Any]) -> Item:
    """Return plain values in DynamoDB's notation, without those that are None."""
    return {name: value_of(value) for name, value in values.items() if value is not None}


def value_of(value: str | float | bool) -> Item:
    """Return one value in DynamoDB's notation."""
    if isinstance(value, str):
        return {"S": str(value)}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    text = repr(value)
    return {"N": format(Decimal(text), "f") if "e" in text else text}


def decode(item: Item) -> dict[str, Any]:
    """Return plain values from DynamoDB's notation; whole numbers become int."""
    return {name: _plain(value) for name, value in item.items()}


def _plain(value: Item) -> Any:
    ((kind, inner),) = value.items()
    if kind == "N":
        number = float(inner)
        return int(number) if number.is_integer() else number
    return inner
