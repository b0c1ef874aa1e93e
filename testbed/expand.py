"""Expand the templates as CloudFormation would: with the SAM transform applied, offline.

Linters and IAM engines do not look inside AWS::Serverless::Function. In an expanded template, they
see everything.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import intrinsics_multi_constructor

ROOT = Path(__file__).parents[1]
TEMPLATES = ("template.yaml", "hub/template.yaml", "hub/route.yaml", "hub/bus.yaml")
REGION = "eu-west-1"

Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """Reads short tags as samtranslator does, ten times as fast as its own loader."""


_Loader.add_multi_constructor("!", intrinsics_multi_constructor)


def read(path: str) -> Template:
    """Return a template; short tags become `{"Ref": ...}` and `{"Fn::...": ...}`."""
    return parsed((ROOT / path).read_text("utf-8"))


def parsed(text: str) -> Template:
    """Return a template's text as a document."""
    document: Template = yaml.load(text, Loader=_Loader)
    return document


def expanded(path: str) -> Template:
    """Return an expanded template; each is transformed only once, because that is slow."""
    document: Template = json.loads(_expanded_json(path))
    return document


@cache
def _expanded_json(path: str) -> str:
    return json.dumps(expand(read(path)))


def expand(template: Template) -> Template:
    """Return a template without its transform. Raises samtranslator's InvalidDocumentException."""
    if "Transform" not in template:
        return template
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://built/package.zip"
    translator = Translator({}, Parser(), boto_session=_Nowhere())
    whole: Template = translator.translate(template, {})
    translator.metrics.publish()
    return whole


class _Nowhere:
    """The one thing that the translator needs from a boto session: a Region."""

    region_name = REGION
