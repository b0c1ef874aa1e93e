"""`python -m tests.release.licences`: the licence of every package that an installation brings.

Reads the SBOM (CycloneDX) of the environment with the wheel, and fails where a licence is unknown.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any

from tests.support.wheels import RELEASE, ROOT

SBOM = RELEASE / "sbom.json"
DEPLOYED = ("requirements-customer.txt", "requirements-hub.txt")
_LONGEST = 60  # a longer text is the licence itself, not its name
_TROVE = "License :: OSI Approved :: "


def main() -> int:
    """Print every package with its licence; return 1 if one has none."""
    found = licences(json.loads(SBOM.read_text("utf-8")))
    missing = sorted(_deployed() - found.keys())
    unknown = sorted(name for name, named in found.items() if not named)
    for name, named in sorted(found.items()):
        print(f"  {name:<28} {' / '.join(named) or 'UNKNOWN'}")
    print(f"{len(found)} packages, {len(unknown)} without a licence ({SBOM.relative_to(ROOT)})")
    if missing:
        print(f"deployed, but not in the SBOM: {', '.join(missing)}", file=sys.stderr)
    return 1 if unknown or missing else 0


def licences(sbom: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the names of each component's licences, by its normalized name."""
    return {_normal(one["name"]): _names(one) for one in sbom["components"]}


def _names(component: Mapping[str, Any]) -> list[str]:
    named = [_name(entry) for entry in component.get("licenses", [])]
    return list(dict.fromkeys(name for name in named if name))


def _name(entry: Mapping[str, Any]) -> str:
    """Return an SPDX expression or id, a classifier, or a short text that the package declares."""
    licence = entry.get("license", {})
    given = entry.get("expression") or licence.get("id") or licence.get("name", "")
    if given.startswith("declared license"):
        given = licence.get("text", {}).get("content", "")
    name = given.removeprefix(_TROVE).strip()
    return "" if len(name) > _LONGEST or name.upper() == "UNKNOWN" else name


def _deployed() -> set[str]:
    """Return the packages that the functions bring into the accounts."""
    lines = [
        line
        for file in DEPLOYED
        for line in (ROOT / "functions" / file).read_text("utf-8").splitlines()
    ]
    return {_normal(line.split("==")[0]) for line in lines if "==" in line}


def _normal(name: str) -> str:
    return name.strip().lower().replace("_", "-").replace(".", "-")


if __name__ == "__main__":
    sys.exit(main())
