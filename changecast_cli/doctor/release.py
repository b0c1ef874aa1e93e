"""Doctor check of a stack's release: is it this one?"""

import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version

from changecast_cli.deploying.sam import repository
from changecast_cli.doctor.checked_account import CheckedAccount
from changecast_cli.doctor.verdicts import Verdict, ok, warning

OUTPUT = "Release"
_SECTION = re.compile(r"^Parameters:\n(.*?)(?=^\S)", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^  (\w+):", re.MULTILINE)


def release(checked: CheckedAccount) -> Iterator[Verdict]:
    """Check that the stack is of this release, and has every parameter of its template."""
    own, there = version("changecast"), checked.outputs.get(OUTPUT, "")
    lacks = sorted(_parameters(checked.code) - checked.parameters.keys())
    if is_newer(checked.outputs):
        said = f"the stack has release {there}, newer than this command ({own})"
        yield warning("release", said, "use the checkout that the stack was deployed from")
    elif there != own:
        said = (
            f"the stack has {f'release {there}' if there else 'no release'}, but this "
            f"command has {own}"
        )
        yield warning("release", said, upgrade_of(checked.code))
    elif lacks:
        said = f"the stack is older than its template, which adds {', '.join(lacks)}"
        yield warning("release", said, upgrade_of(checked.code))
    else:
        yield ok("release", own)


def upgrade_of(code: str) -> str:
    """Return the command that deploys this release."""
    if code == "hub":
        return "sam build --config-env hub && sam deploy --config-env hub"
    return f"changecast customers upgrade --customer {code}"


def is_newer(outputs: Mapping[str, str]) -> bool:
    """Return whether a stack with these outputs was deployed from a later release than this one."""
    return _order(outputs.get(OUTPUT, "")) > _order(version("changecast"))


def _order(said: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]+", said))


def _parameters(code: str) -> set[str]:
    """Return the parameters of this release's template."""
    path = repository() / ("hub/template.yaml" if code == "hub" else "template.yaml")
    found = _SECTION.search(path.read_text("utf-8"))
    return set(_NAME.findall(found[1])) if found else set()
