"""`python -m tests.isolation`: the whole proof, printed as a table and written for auditors."""

import argparse
import sys
import time
from itertools import chain
from pathlib import Path

from rich.console import Console
from rich.table import Table

from testbed.expand import ROOT
from tests.isolation.cases import cases
from tests.isolation.engine import answers
from tests.isolation.findings import Findings, rights_of
from tests.isolation.mutants.hunt import hunt
from tests.isolation.pairs import pairs
from tests.isolation.questions import Question, homes, matrix, wrong
from tests.isolation.report import html, lines_of, mark, markdown, sound, summary
from tests.isolation.statements import too_wide
from tests.isolation.world import deployed

OUT = ROOT / "build" / "isolation"
Answered = list[tuple[Question, bool]]


def main() -> int:
    """Ask everything, print and write the results; exit 1 if one is wrong or a mutant survives."""
    parser = argparse.ArgumentParser(prog="python -m tests.isolation", description=__doc__)
    parser.add_argument("--customers", type=int, default=30, help="how many, each with each")
    parser.add_argument("--out", type=Path, default=OUT, help="where the report is written")
    options = parser.parse_args()
    found = examine(options.customers)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "matrix.md").write_text(markdown(found), "utf-8")
    (options.out / "matrix.html").write_text(html(found), "utf-8")
    show(found)
    print(f"\n{summary(found)}\nThe whole of it: {options.out / 'matrix.html'}")
    return 0 if sound(found) else 1


def examine(customers: int) -> Findings:
    """Three customers in full and one without keys, all pairs of `customers`, every weakening."""
    started = time.monotonic()
    few, many = deployed(3), deployed(customers)
    without_keys = deployed(1, keyed=False)
    everything, tries, between = (
        _answered(list(questions))
        for questions in (chain(matrix(few), homes(without_keys)), cases(few), pairs(many))
    )
    answered = [*everything, *tries, *between]
    return Findings(
        customers=many.customers,
        rights=rights_of(everything),
        cases=[(question.says, question.expected, answer) for question, answer in tries],
        bad_pairs=frozenset(q.pair for q, answer in between if answer != q.expected),
        mutants=hunt(),
        wrong=[*too_wide(few), *too_wide(without_keys), *wrong(*zip(*answered, strict=True))],
        asked=len(answered),
        seconds=time.monotonic() - started,
    )


def _answered(questions: list[Question]) -> Answered:
    given = answers([question.request for question in questions])
    return list(zip(questions, given, strict=True))


def show(found: Findings) -> None:
    """Print the rights as a table, the pairs as a grid, and everything that is wrong."""
    console = Console()
    table = Table("who", "may", title="What each may; everything else was refused")
    for kind, rights in found.rights.items():
        may = [
            f"{name}{f' ({where})' if where else ''}: {actions}"
            for where, name, actions in lines_of(rights)
        ]
        tries = f"[dim]{rights.refused} tries refused[/dim]"
        table.add_row(kind, "\n".join([*may, tries]), end_section=True)
    console.print(table)
    console.print(
        "From each customer (row) to each (column): o its own way, · all refused, X wrong"
    )
    for a in found.customers:
        marks = (mark(a, b, found.bad_pairs) for b in found.customers)
        console.print(f"  {a:12} {' '.join(marks)}", highlight=False)
    for sentence in found.wrong:
        console.print(f"[red]WRONG[/red] {sentence}")
    for says, killers in found.mutants.items():
        if not killers:
            console.print(f"[red]NOT FOUND[/red] {says}")


if __name__ == "__main__":
    sys.exit(main())
