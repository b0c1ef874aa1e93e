"""The matrix for auditors: Markdown, and the same as one HTML page that loads nothing."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from tests.isolation.findings import Findings, Rights

Table = tuple[str, Sequence[str], list[Sequence[str]]]
STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}table{border-collapse:collapse;display:block;overflow-x:auto}"
    "td,th{border:1px solid #8888;padding:.25rem .5rem;text-align:left;vertical-align:top}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}}"
)


def markdown(findings: Findings) -> str:
    """The report as Markdown."""
    lines = ["# Who can do what", "", summary(findings), ""]
    for title, head, rows in _tables(findings):
        lines += [f"## {title}", "", _row(head), _row("---" for _ in head)]
        lines += [*(_row(map(_cell, row)) for row in rows), ""]
    return "\n".join(lines)


def html(findings: Findings) -> str:
    """The report as a page."""
    body = [f"<h1>Who can do what</h1><p>{escape(summary(findings))}</p>"]
    for title, head, rows in _tables(findings):
        body.append(f"<h2>{escape(title)}</h2><table>{_cells('th', head)}")
        body += [_cells("td", row) for row in rows]
        body.append("</table>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>Who can do what</title><style>{STYLE}</style>{''.join(body)}</html>\n"
    )


def summary(findings: Findings) -> str:
    """One sentence on the whole run."""
    killed = sum(1 for killers in findings.mutants.values() if killers)
    faults = len(findings.wrong)
    return (
        f"{findings.asked} questions to an independent IAM engine in {findings.seconds:.0f} s, "
        f"{len(findings.customers)} x {len(findings.customers)} customers: "
        f"{faults or 'no'} wrong answer{'' if faults == 1 else 's'}; "
        f"{killed} of {len(findings.mutants)} planted weakenings found."
    )


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
        f"{name} ({where}): {', '.join(actions)}"
        for (where, name), actions in rights.allowed.items()
    )
    return kind, may or "nothing", str(rights.refused)


def _grid(findings: Findings) -> Iterator[Sequence[str]]:
    """o: its own announcements and reports only; a dot: everything refused; X: not as it should."""
    for a in findings.customers:
        yield a, *(mark(a, b, findings.bad_pairs) for b in findings.customers)


def mark(a: str, b: str, bad: frozenset[tuple[str, str]]) -> str:
    """How a pair of customers stands."""
    if (a, b) in bad:
        return "X"
    return "o" if a == b else "·"


def _verdict(says: str, right: bool, answer: bool) -> Sequence[str]:
    return says, "allowed" if answer else "refused", "" if answer == right else "WRONG"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(tag: str, cells: Sequence[str]) -> str:
    inside = (escape(cell).replace("\n", "<br>") for cell in cells)
    return f"<tr>{''.join(f'<{tag}>{cell}</{tag}>' for cell in inside)}</tr>"
