"""Fold similar spans: a batch of mails is a row for the first calls and one for the rest. Pure.

Failed spans are folded only with others that failed with the same code.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from changecast_cli.trace.spans import Span

SHOWN = 3
TRACES_SHOWN = 2


def folded(way: Iterable[Sequence[Span]]) -> list[list[Span]]:
    """Return the timeline with at most two traces of a function, and few equal calls in a row."""
    seen: Counter[str] = Counter()
    kept = []
    for spans in way:
        seen[spans[0].name] += 1
        failed = any(span.mark for span in spans)
        if failed or seen[spans[0].name] <= TRACES_SHOWN:
            kept.append(folded_trace(merged(spans)))
    return kept


def merged(spans: Sequence[Span]) -> list[Span]:
    """Return Lambda's two segments of an invocation, service and function, as one."""
    if len(spans) < 2 or spans[0].kind != "function" or spans[1].name != spans[0].name:
        return list(spans)
    outer, inner = spans[0], spans[1]
    mark, code = (outer.mark, outer.code) if outer.mark else (inner.mark, inner.code)
    one = replace(outer, mark=mark, code=code, links=outer.links + inner.links)
    return [one, *(replace(span, depth=span.depth - 1) for span in spans[2:])]


def folded_trace(spans: Sequence[Span], shown: int = SHOWN) -> list[Span]:
    """Return the spans; those after the first `shown` of a kind in a row become one."""
    kept: list[Span] = []
    for _, group in groupby(spans, key=_kind_of):
        same = list(group)
        first = same[:shown]
        kept += [*first, *_one_for(same[len(first) :])]
    return kept


def _kind_of(span: Span) -> tuple[str, str, int, str, str]:
    """Return what makes spans similar: a failed span is similar to no other kind of failure."""
    return span.name, span.kind, span.depth, span.mark, span.code


def _one_for(rest: Sequence[Span]) -> Iterator[Span]:
    if len(rest) == 1:
        yield rest[0]
    elif rest:
        begin, end = min(span.begin for span in rest), max(span.end for span in rest)
        yield replace(rest[0], name=f"{rest[0].name} × {len(rest)}", begin=begin, end=end)
