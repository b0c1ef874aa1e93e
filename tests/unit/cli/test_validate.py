"""changecast validate, as somebody types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from changecast.contract.envelope import EVENT_LIMIT
from changecast_cli.main import app
from tests.support.hostile import BODIES

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.json"))
FLAT = {
    "changeId": "C-1",
    "title": "Rotate",
    "customers": ["acme"],
    "schedule": {"startDate": "2027-02-12T03:00:00Z", "endDate": "2027-02-12T03:20:00Z"},
}


def test_every_sample_is_valid() -> None:
    result = CliRunner().invoke(app, ["validate", *map(str, SAMPLES)])
    assert result.exit_code == 0
    assert result.stdout.count("✓") == len(SAMPLES) == 7


def test_every_fault_is_named_with_its_path(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    wrong = {**FLAT, "customers": ["ACME"], "status": "maybe", "title": " \n"}
    file.write_text(json.dumps(wrong))
    result = CliRunner().invoke(app, ["validate", str(file), "--json"])
    assert result.exit_code == 2
    paths = [fault["path"] for fault in json.loads(result.stdout)["files"][0]["faults"]]
    assert {"$.customers[0]", "$.status"} < set(paths)
    assert len(paths) == 3


def test_a_good_file_beside_a_bad_one_is_told_apart(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(FLAT))
    bad.write_text("{")
    result = CliRunner().invoke(app, ["validate", str(good), str(bad), "--json"])
    assert result.exit_code == 2
    assert [file["valid"] for file in json.loads(result.stdout)["files"]] == [True, False]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "the document is empty"),
        (b"  \n", "the document is empty"),
        (b"[]", "is a JSON list"),
        (b'"a"', "must be a JSON object"),
        (b'{"a": 1', "not JSON"),
        (b'{"a": NaN}', "NaN"),
        (b"[" * 1_000, "deeper than 64"),
        (b"\xff\xfe{", "UTF-16"),
        (b"\xff{", "UTF-8"),
    ],
)
def test_a_file_that_is_no_document_is_refused_in_one_sentence(
    tmp_path: Path, body: bytes, said: str
) -> None:
    file = tmp_path / "metadata.json"
    file.write_bytes(body)
    result = CliRunner().invoke(app, ["validate", str(file)])
    assert result.exit_code == 2
    assert said in result.stdout
    assert "Traceback" not in result.output


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_hostile_file_is_refused_and_its_neighbour_is_checked(tmp_path: Path, body: str) -> None:
    hostile, good = tmp_path / "hostile.json", tmp_path / "good.json"
    hostile.write_text(body)
    good.write_text(json.dumps(FLAT))
    result = CliRunner().invoke(app, ["validate", str(hostile), str(good)])
    assert result.exit_code == 2
    assert isinstance(result.exception, SystemExit)
    assert f"✗ {hostile}" in result.stdout
    assert f"✓ {good}" in result.stdout


def test_a_file_beyond_the_event_limit_is_refused_before_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_bytes(b"{" + b" " * EVENT_LIMIT)
    result = CliRunner().invoke(app, ["validate", str(file)])
    assert result.exit_code == 2
    assert "900,001 bytes" in result.stdout


def test_files_that_cannot_be_read_are_named_and_the_others_are_checked(tmp_path: Path) -> None:
    good, missing = tmp_path / "good.json", tmp_path / "none.json"
    good.write_text(json.dumps(FLAT))
    files = [str(tmp_path), str(missing), str(good)]
    result = CliRunner().invoke(app, ["validate", *files])
    assert result.exit_code == 2
    for said in ("is a folder", f"✗ {missing}", "the document cannot be read", f"✓ {good}"):
        assert said in result.stdout
    told = json.loads(CliRunner().invoke(app, ["validate", *files, "--json"]).stdout)["files"]
    assert [each["valid"] for each in told] == [False, False, True]


def test_a_wrong_change_id_is_said_in_words_that_people_know(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps({**FLAT, "changeId": "CHG 1"}))
    result = CliRunner().invoke(app, ["validate", str(file)])
    assert "$.changeId is not a change id: start with a letter or a digit" in result.stdout
    assert "[A-Za-z" not in result.stdout


@pytest.mark.parametrize(
    ("fields", "said", "impact"),
    [
        ({}, "not stated", ("degraded", "unstated")),
        ({"impact": "None"}, "none, according to the document's text", ("none", "sure_words")),
        (
            {"impact": "<p>None</p>"},
            "none, according to the document's text",
            ("none", "sure_words"),
        ),
        ({"impact": "low"}, "people read the document's text", ("degraded", "unclear_words")),
        ({"impactLevel": "outage"}, "impact: outage", ("outage", "stated")),
    ],
)
def test_people_learn_how_the_impact_is_read_before_they_announce(
    tmp_path: Path, fields: dict[str, str], said: str, impact: tuple[str, str]
) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps(FLAT | fields))
    assert said in CliRunner().invoke(app, ["validate", str(file)]).stdout
    found = json.loads(CliRunner().invoke(app, ["validate", str(file), "--json"]).stdout)
    assert tuple(found["files"][0]["impact"].values()) == impact


def test_a_level_against_the_words_and_a_key_that_nothing_reads_are_named(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(
        json.dumps(FLAT | {"impactLevel": "outage", "impact": "No downtime", "riskLevel": 3})
    )
    said = CliRunner().invoke(app, ["validate", str(file)]).stdout
    assert "impact_level is outage, but the document's text says none" in said
    assert "not used: $.riskLevel" in said


def test_people_learn_how_each_text_is_read_before_they_announce(tmp_path: Path) -> None:
    file = tmp_path / "metadata.json"
    texts = {"reason": "A **fix**.", "testPlan": "<p>Log in.</p>", "backoutPlan": "Restore."}
    file.write_text(json.dumps(FLAT | texts))
    said = CliRunner().invoke(app, ["validate", str(file)]).stdout
    assert "reason is read as Markdown" in said
    assert "test_plan is read as HTML" in said
    assert "rollback_plan" not in said
    found = json.loads(CliRunner().invoke(app, ["validate", str(file), "--json"]).stdout)
    assert found["files"][0]["read_as"] == {"reason": "Markdown", "test_plan": "HTML"}


SAMCONFIG = "\n".join(
    f"""[{code}.deploy.parameters]
parameter_overrides = ["CustomerCode={code}", "CustomerName={code}", "HubAccount=111111111111"]
[{code}.global.parameters]
region = "eu-central-1"
[{code}-route.deploy.parameters]
parameter_overrides = ["CustomerAccount=222222222222"]
"""
    for code in ("acme", "globex")
)


@pytest.mark.parametrize("key", ["customer_details", "customerDetails"])
def test_a_section_of_a_customer_that_the_change_does_not_name_is_a_warning(
    tmp_path: Path, key: str
) -> None:
    file = tmp_path / "metadata.json"
    file.write_text(json.dumps({**FLAT, key: {"acme": {"a": 1}, "acmee": {"action": "Log in"}}}))
    result = CliRunner().invoke(app, ["validate", str(file), "--json"])
    assert result.exit_code == 0
    (warning,) = [
        one for one in json.loads(result.stdout)["files"][0]["warnings"] if "nobody sees" in one
    ]
    assert warning.startswith(f"$.{key}.acmee: nobody sees it, because the change does not name")
    assert "did you mean 'acme'?" in warning


def test_codes_are_compared_with_the_samconfig_of_the_folder_if_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("metadata.json").write_text(json.dumps({**FLAT, "customers": ["acme", "globx"]}))
    alone = CliRunner().invoke(app, ["validate", "metadata.json"])
    assert "Customers were not looked up" in " ".join(alone.stdout.split())
    Path("samconfig.toml").write_text(SAMCONFIG)
    beside = " ".join(CliRunner().invoke(app, ["validate", "metadata.json"]).stdout.split())
    assert "warning $.customers[1]: samconfig.toml has no customer 'globx'" in beside
    assert "did you mean 'globex'?" in beside
    assert "'acme'" not in beside
    assert "not looked up" not in beside
    told = json.loads(CliRunner().invoke(app, ["validate", "metadata.json", "--json"]).stdout)
    assert told["customers_looked_up_in"] == "samconfig.toml"


def test_a_samconfig_that_cannot_be_read_stops_no_check_of_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("metadata.json").write_text(json.dumps(FLAT))
    Path("samconfig.toml").write_text("not [toml")
    result = CliRunner().invoke(app, ["validate", "metadata.json", "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["files"][0]["valid"]
    assert "customers were not looked up" in " ".join(result.stderr.split())
