"""A licence counts only if it has a name."""

import pytest

from tests.release.licences import licences


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ([{"expression": "Apache-2.0 OR BSD-3-Clause"}], ["Apache-2.0 OR BSD-3-Clause"]),
        ([{"license": {"id": "MIT"}}, {"license": {"id": "MIT"}}], ["MIT"]),
        ([{"license": {"name": "License :: OSI Approved :: BSD License"}}], ["BSD License"]),
        (
            [{"license": {"name": "declared license of 'x'", "text": {"content": "PSFL"}}}],
            ["PSFL"],
        ),
        ([{"license": {"name": "declared license of 'x'", "text": {"content": "A" * 900}}}], []),
        ([{"license": {"name": "declared license of 'x'", "text": {"content": "UNKNOWN"}}}], []),
        ([{"license": {"name": "declared license of 'x'"}}], []),
        ([], []),
    ],
)
def test_a_licence_is_named_or_unknown(given: list[object], named: list[str]) -> None:
    sbom = {"components": [{"name": "Some_Package", "licenses": given}, {"name": "other"}]}

    assert licences(sbom) == {"some-package": named, "other": []}
