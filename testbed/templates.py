"""Read a template's content with its references resolved, so that tests do not test a copy."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]


class _Loader(yaml.CSafeLoader):
    """Reads CloudFormation's short tags: `!Ref X` is `{"Ref": "X"}`, `!Sub` `{"Fn::Sub": ...}`."""


def _short_tag(loader: Any, name: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


_Loader.add_multi_constructor("!", _short_tag)


def resource(template: str, name: str, **parameters: str) -> dict[str, Any]:
    """Return a resource's properties, with `{"Ref": parameter}` replaced by the given value."""
    properties: dict[str, Any] = _resolved(_resources(template)[name]["Properties"], parameters)
    return properties


@cache
def whole(template: str) -> Any:
    """Return the whole template, with its short tags written out."""
    return yaml.load((ROOT / template).read_text("utf-8"), Loader=_Loader)


def _resources(template: str) -> Any:
    return whole(template)["Resources"]


def _resolved(value: Any, parameters: dict[str, str]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"Ref"} and value["Ref"] in parameters:
            return parameters[value["Ref"]]
        return {key: _resolved(inner, parameters) for key, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, parameters) for inner in value]
    return value
