"""Plots of the documents: their content is described in words, and no line hides another."""

from pathlib import Path

from benchmarks.plots import plot
from benchmarks.scale_model import Case, Row
from benchmarks.scale_plots import lines_of


def row(customers: int, people: int, seconds: float) -> Row:
    return Row(Case(customers, 10, people), seconds, seconds, 0.0, "", 0.0, 0.0)


def seconds(each: Row) -> float:
    return each.median or 0.0


def test_lines_that_lie_on_each_other_are_one_and_say_whose() -> None:
    rows = [row(n, people, 9.0 + n / 10_000) for n in (30, 300, 10_000) for people in (10, 100)]
    (line,) = lines_of(rows, seconds)
    assert line.label == "30 to 10,000 customers (alike)"
    assert line.values == {10: 10.0, 100: 10.0}


def test_lines_that_differ_or_end_early_stay_lines() -> None:
    rows = [row(30, 10, 1.0), row(30, 100, 1.0), row(300, 10, 3.0), row(300, 100, 3.0)]
    assert [line.label for line in lines_of(rows, seconds)] == ["30 customers", "300 customers"]
    assert len(lines_of(rows[:3], seconds)) == 2


def test_a_plot_says_what_it_shows(tmp_path: Path) -> None:
    with plot(tmp_path / "p.svg", (3, 2), "Cost & time") as axes:
        axes.plot([1, 2], [1, 2])
    svg = (tmp_path / "p.svg").read_text("utf-8")
    assert svg.index("<title>Cost &amp; time</title>") < svg.index("<metadata>")
