"""A built template that sam reads fast says the same as the one that sam wrote."""

import json
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_dump, yaml_parse

from changecast_cli.deploying.sam import write_as_json
from testbed.expand import ROOT, TEMPLATES


@pytest.mark.parametrize("name", TEMPLATES)
def test_sam_reads_the_same_template_in_the_same_order(name: str, tmp_path: Path) -> None:
    built = yaml_parse((ROOT / name).read_text("utf-8"))
    template = tmp_path / "template.yaml"
    template.write_text(yaml_dump(built), "utf-8")
    write_as_json(template)
    text = template.read_text("utf-8")
    assert json.loads(text) == built
    assert yaml_dump(yaml_parse(text)) == yaml_dump(built)
