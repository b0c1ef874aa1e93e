"""The matrix for auditors: Markdown, and the same as one HTML page that loads nothing."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from testbed.expand import ROOT, TEMPLATES, expanded
from tests.isolation.findings import Findings, Rights
from tests.isolation.picture import AT_HUB, OWN, SERVED

HERE = Path(__file__).parent
Table = tuple[str, Sequence[str], list[Sequence[str]]]
Line = tuple[str, str, str]
_WHERE = {OWN: "", SERVED: "in the customer's account", AT_HUB: "in the hub's account"}
_SECTIONS = (
    ("rights", "Rights"), ("pairs", "Pairs of customers"), ("tries", "Tries"),
    ("weakenings", "Planted weakenings"),
)  # fmt: skip


def markdown(findings: Findings) -> str:
    """The report as Markdown."""
    lines = ["# Who can do what", "", f"**{verdict(findings)}** {summary(findings)}", ""]
    lines += [*(f"- {name}: {value}" for name, value in made()), ""]
    for title, head, rows in _tables(findings):
        lines += [f"## {title}", "", _row(head), _row("---" for _ in head)]
        lines += [*(_row(map(_cell, row)) for row in rows), ""]
    return "\n".join(lines)


def html(findings: Findings) -> str:
    """The report as a page."""
    pages = Environment(loader=FileSystemLoader(HERE), autoescape=True)
    return pages.get_template("report.html.j2").render(
        sound=sound(findings),
        verdict=verdict(findings),
        summary=summary(findings),
        made=made(),
        sections=_SECTIONS,
        wrong=findings.wrong,
        roles=[
            (kind, place_of(kind), lines_of(rights), rights.refused)
            for kind, rights in findings.rights.items()
        ],
        customers=findings.customers,
        pairs=[(code, marks) for code, *marks in _grid(findings)],
        cases=findings.cases,
        mutants=findings.mutants.items(),
    )


def sound(findings: Findings) -> bool:
    """Whether nothing is wrong, and every planted weakening was found."""
    return not findings.wrong and all(findings.mutants.values())


def verdict(findings: Findings) -> str:
    """The whole run in a word or two."""
    if sound(findings):
        return "Everybody may do what the design draws, and nothing else."
    missed = sum(1 for killers in findings.mutants.values() if not killers)
    return f"Not as it should be: {len(findings.wrong)} wrong, {missed} weakenings not found."


def summary(findings: Findings) -> str:
    """One sentence on the whole run."""
    killed = sum(1 for killers in findings.mutants.values() if killers)
    faults = len(findings.wrong)
    return (
        f"{findings.asked:,} questions to an independent IAM engine in {findings.seconds:.0f} s, "
        f"{len(findings.customers)} x {len(findings.customers)} customers: "
        f"{faults or 'no'} wrong answer{'' if faults == 1 else 's'}; "
        f"{killed} of {len(findings.mutants)} planted weakenings found."
    )


def made() -> list[tuple[str, str]]:
    """Of what and by what: the commit, the templates' digests, the engine."""
    lock = json.loads((HERE / "package.json").read_text("utf-8"))
    ((engine, version),) = lock["dependencies"].items()
    return [
        ("at", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"),
        ("commit", _commit()),
        ("engine", f"{engine} {version}"),
        *((path, f"sha256 {_digest(path)}") for path in TEMPLATES),
    ]


def place_of(kind: str) -> str:
    """Whose account a kind of principal is in, for people."""
    if kind == "Administrator":
        return "of any account, elsewhere"
    of_customers = kind in expanded("template.yaml")["Resources"]
    return "customer's account" if of_customers else "hub's account"


def lines_of(rights: Rights) -> list[Line]:
    """(where if not at home, on what, which actions); the uses of one key in one line."""
    lines = [
        (_WHERE[where], name, ", ".join(actions))
        for (where, name), actions in rights.allowed.items()
        if not name.startswith("Key/")
    ]
    through: dict[str, list[str]] = {}
    for (_, name), actions in rights.allowed.items():
        if name.startswith("Key/"):
            for action in actions:
                through.setdefault(action, []).append(name.removeprefix("Key/"))
    uses = [f"{action} (through {', '.join(names)})" for action, names in through.items()]
    if uses:
        lines.append(("", "the account's own key, where it has one", ", ".join(uses)))
    return lines or [("", "nothing", "nothing")]


def _commit() -> str:
    ran = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ran.stdout.strip() or "unknown: not in a checkout"


def _digest(path: str) -> str:
    return hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def _tables(findings: Findings) -> Iterator[Table]:
    if findings.wrong:
        yield "Wrong", ("what",), [(sentence,) for sentence in findings.wrong]
    rows = [_rights_row(kind, rights) for kind, rights in findings.rights.items()]
    yield "Rights of each role, in every account", ("who", "may", "was refused"), rows
    yield "Pairs of customers", ("from / to", *findings.customers), [*_grid(findings)]
    yield "Tries", ("what is tried", "answer", ""), [_verdict(*case) for case in findings.cases]
    hunted = [[says, (*found, "NOT FOUND")[0]] for says, found in findings.mutants.items()]
    yield "Planted weakenings", ("weakening", "found by"), [*hunted]


def _rights_row(kind: str, rights: Rights) -> Sequence[str]:
    may = "\n".join(
        f"{name}{f' ({where})' if where else ''}: {actions}"
        for where, name, actions in lines_of(rights)
    )
    return f"{kind}\n{place_of(kind)}", may, str(rights.refused)


def _grid(findings: Findings) -> Iterator[Sequence[str]]:
    """o: its own announcements and reports only; a dot: everything refused; X: not as it should."""
    for a in findings.customers:
        yield a, *(mark(a, b, findings.bad_pairs) for b in findings.customers)


def mark(a: str, b: str, bad: frozenset[tuple[str, str]]) -> str:
    """Return the result for a pair of customers."""
    if (a, b) in bad:
        return "X"
    return "o" if a == b else "·"


def _verdict(says: str, right: bool, answer: bool) -> Sequence[str]:
    return says, "allowed" if answer else "refused", "" if answer == right else "WRONG"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
