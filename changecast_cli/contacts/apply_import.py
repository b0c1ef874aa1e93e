"""Apply an import to the contact list, and account for every line of its file."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import typer

from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.file import People, RefusedLine
from changecast_cli.contacts.plan import ImportPlan, LineOutcome, Result
from changecast_cli.contacts.write import write
from changecast_cli.failures import BAD_INPUT
from changecast_cli.terminal import err, out, print_json

# A reason that many lines share is printed once with a count.
MOST_SHOWN = 20


def carry_out(
    contacts: OpenList,
    plan: ImportPlan,
    people: People,
    *,
    apply: bool,
    as_json: bool,
    leaving: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Report what an import does; with `apply`, do it. Exit with 2 if lines were refused."""
    outcomes = _in_order(plan, people)
    met = write(contacts, plan) if apply else []
    for address in remove:
        contacts.pace(
            contacts.ses.delete_contact, ContactListName=contacts.name, EmailAddress=address
        )
    if as_json:
        print_json(_plain(plan, people, outcomes) | {
            "applied": apply, "meanwhile": met, "leaving": list(leaving), "removed": list(remove),
        })  # fmt: skip
    else:
        _report(people, outcomes, apply=apply)
        _say_the_end(plan, met, leaving, remove, apply=apply)
    if not all(line.harmless for line in people.refused):
        raise typer.Exit(BAD_INPUT)


def _in_order(plan: ImportPlan, people: People) -> list[LineOutcome]:
    refused = [LineOutcome(one.line, one.text, _result(one), one.reason) for one in people.refused]
    return sorted([*plan.outcomes, *refused], key=lambda one: one.line)


def _result(line: RefusedLine) -> Result:
    return Result.REPEATED if line.harmless else Result.REFUSED


def _plain(plan: ImportPlan, people: People, outcomes: Sequence[LineOutcome]) -> dict[str, Any]:
    counts = Counter(one.result for one in outcomes)
    return {
        "summary": {"lines": people.lines, **{each.value: counts[each] for each in Result}},
        "added": _addresses(outcomes, Result.ADDED),
        "added_unsubscribed": _addresses(outcomes, Result.ADDED_UNSUBSCRIBED),
        "changed": [each.address for each in plan.change],
        "kept": plan.kept,
        "opted_out": plan.respected,
        "refused": [vars(each) for each in people.refused],
        "columns_not_read": list(people.unused),
        "lines": [vars(each) for each in outcomes],
    }


def _addresses(outcomes: Sequence[LineOutcome], result: Result) -> list[str]:
    return [one.address for one in outcomes if one.result is result]


_WORDS = {
    Result.ADDED: ("added", "would be added"),
    Result.ADDED_UNSUBSCRIBED: ("added as unsubscribed", "would be added as unsubscribed"),
    Result.CHANGED: ("changed", "would be changed"),
    Result.KEPT: ("kept as they are", "would be kept as they are"),
    Result.REPEATED: ("skipped, nothing is lost", "skipped, nothing is lost"),
    Result.REFUSED: ("refused", "refused"),
}


def _report(people: People, outcomes: Sequence[LineOutcome], *, apply: bool) -> None:
    out.print(f"{_number(people.lines, 'line')} read, {_number(len(outcomes), 'address')}")
    for result, words in _WORDS.items():
        own = [one for one in outcomes if one.result is result]
        if own and result is not Result.REFUSED:
            out.print(f"  {len(own)} {words[0 if apply else 1]}")
            _print_reasons(own)
    refused = [one for one in outcomes if one.result is Result.REFUSED]
    if refused:
        out.print(f"  {len(refused)} refused")
    for one in refused:
        err.print(f"    line {one.line}: {one.address}: {one.reason}", markup=False, soft_wrap=True)
    if people.unused:
        out.print(f"Columns not read: {', '.join(people.unused)}", markup=False, soft_wrap=True)


def _print_reasons(outcomes: Sequence[LineOutcome]) -> None:
    by_reason: dict[str, list[LineOutcome]] = {}
    for one in outcomes:
        by_reason.setdefault(one.reason, []).append(one)
    for reason, own in list(by_reason.items())[:MOST_SHOWN]:
        out.print(f"    {_shown(reason, own)}", markup=False, soft_wrap=True)
    if len(by_reason) > MOST_SHOWN:
        left = sum(map(len, list(by_reason.values())[MOST_SHOWN:]))
        out.print(f"    and {left} more: --json lists every line")


def _shown(reason: str, outcomes: Sequence[LineOutcome]) -> str:
    first, *others = outcomes
    if not others:
        return f"line {first.line}: {first.address}: {reason}"
    named = ", ".join(f"{one.address} (line {one.line})" for one in outcomes[:3])
    more = f" and {len(outcomes) - 3} more" if len(outcomes) > 3 else ""
    return f"{reason}: {named}{more}"


def _number(count: int, what: str) -> str:
    plural = "es" if what.endswith("s") else "s"
    return f"{count} {what}{'' if count == 1 else plural}"


def _say_the_end(
    plan: ImportPlan,
    met: Sequence[str],
    leaving: Sequence[str],
    remove: Sequence[str],
    *,
    apply: bool,
) -> None:
    for address in met:
        out.print(f"{address} joined the list or changed their choices while this ran: their "
        f"opt-outs count",
                  markup=False, soft_wrap=True)  # fmt: skip
    if remove:
        out.print(f"{len(remove)} removed: {', '.join(remove)}", markup=False, soft_wrap=True)
    elif leaving:
        told = f"{len(leaving)} no longer have a role, but are still on the list: "
        told += f"{', '.join(leaving)}. To remove them: --apply --remove"
        out.print(told, markup=False, soft_wrap=True)
    if not plan.writes and not remove:
        out.print("Nothing to change.")
    elif apply:
        out.print("Done.")
    else:
        out.print("Nothing was changed yet. To do it, run the same command with --apply.")
