"""Apply an import to the contact list, and account for every line of its file."""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import typer

from changecast.customer.ledger.preferences import read_preferences
from changecast.customer.ledger.table import Ledger
from changecast_cli.asking import go_on
from changecast_cli.contacts import own_settings
from changecast_cli.contacts.account import OpenList
from changecast_cli.contacts.addresses import mailbox_of
from changecast_cli.contacts.file import People, RefusedLine
from changecast_cli.contacts.own_settings import Setting
from changecast_cli.contacts.owner import (
    Owner,
    known_customers,
    own_domains,
    owner_of,
    refuse_others,
    refuse_people_of_others,
    strange_domains,
)
from changecast_cli.contacts.plan import ImportPlan, LineOutcome, Result
from changecast_cli.contacts.reading import ledger_of
from changecast_cli.contacts.write import write
from changecast_cli.failures import BAD_INPUT, Refused, warn
from changecast_cli.terminal import counted, err, out, print_json

# A reason that many lines share is printed once with a count.
MOST_SHOWN = 20


def carry_out(
    contacts: OpenList,
    plan: ImportPlan,
    people: People,
    *,
    apply: bool,
    as_json: bool,
    on_the_list: Iterable[str],
    is_moved: bool = False,
    yes: bool = False,
    leaving: Sequence[str] = (),
    remove: Sequence[str] = (),
) -> None:
    """Say whose list it is, and report what an import does; with `apply`, do it.

    Exits with 2 if lines were refused. `on_the_list` are the addresses of now; `is_moved` accepts
    people of another customer. Asks before it applies a file that may be another customer's, unless
    `yes`.
    """
    owner, customers = owner_of(contacts), known_customers()
    own = own_domains(owner, customers)
    if not is_moved:
        refuse_others(people.origins, owner)
        refuse_people_of_others((one.address for one in plan.add), owner, customers, own)
    if not as_json:
        out.print(f"List {contacts.name} of {owner}", markup=False)
    strange = strange_domains([one.address for one in people.requested], on_the_list, own)
    apply = _is_wanted(strange, plan, owner, yes=yes, apply=apply, is_moved=is_moved)
    remove = remove if apply else ()
    ledger = ledger_of(contacts) if any(one.settings for one in people.requested) else None
    settings = _settings(people, ledger)
    outcomes = _with_settings(_in_order(plan, people), settings)
    met = write(contacts, plan) if apply else []
    chose = [*own_settings.store(ledger, settings)] if apply and ledger else []
    for address in remove:
        contacts.pace(
            contacts.ses.delete_contact, ContactListName=contacts.name, EmailAddress=address
        )
    if as_json:
        print_json(_plain(plan, people, outcomes, settings) | {
            "list": {"name": contacts.name, **owner.plain()},
            "warnings": [strange] if strange else [],
            "applied": apply, "meanwhile": [*met, *chose], "leaving": list(leaving),
            "removed": list(remove),
        })  # fmt: skip
    else:
        _report(people, outcomes, apply=apply)
        for address in chose:
            out.print(f"{address} chose a language or a time zone during the import: that "
"choice is kept",
                      markup=False)  # fmt: skip
        is_nothing = not plan.writes and not any(one.stored for one in settings)
        _say_the_end(met, leaving, remove, apply=apply, is_nothing=is_nothing)
    if not all(line.harmless for line in people.refused):
        raise typer.Exit(BAD_INPUT)


def _is_wanted(
    strange: str, plan: ImportPlan, owner: Owner, *, yes: bool, apply: bool, is_moved: bool
) -> bool:
    """Return whether to apply the plan; warn of a strange file, and ask before it is applied."""
    if strange:
        warn(strange)
    if not (strange and apply and plan.writes) or is_moved:
        return apply
    doing = (
        f"{counted(plan.writes, 'person', 'people')} in the file will be added to the list of "
        f"{owner}, or changed on it"
    )
    return go_on([doing], yes=yes, dry_run=False, otherwise="omit --apply")


def _in_order(plan: ImportPlan, people: People) -> list[LineOutcome]:
    refused = [LineOutcome(one.line, one.text, _result(one), one.reason) for one in people.refused]
    return sorted([*plan.outcomes, *refused], key=lambda one: one.line)


def _settings(people: People, ledger: Ledger | None) -> list[Setting]:
    """Plan the languages and time zones of a file; Refused if the account has no ledger."""
    requested = [(one.address, one.settings) for one in people.requested if one.settings]
    if requested and ledger is None:
        raise Refused(
            "the file has languages or time zones, but the account has no ledger to keep them in "
            "(its stack has no output LedgerTable). Nothing was added. Deploy the stack first"
        )
    known = read_preferences(ledger) if ledger else {}
    return own_settings.planned(requested, known, time.time())


def _with_settings(
    outcomes: Sequence[LineOutcome], settings: Sequence[Setting]
) -> list[LineOutcome]:
    """Add what happens to a person's language and time zone to the outcome of their line."""
    by_mailbox = {mailbox_of(one.address): one for one in settings}
    return [_with_setting(one, by_mailbox.get(mailbox_of(one.address))) for one in outcomes]


def _with_setting(outcome: LineOutcome, setting: Setting | None) -> LineOutcome:
    if setting is None or outcome.result in (Result.REPEATED, Result.REFUSED):
        return outcome
    is_only_that = outcome.result is Result.KEPT and setting.stored
    reason = setting.reason if is_only_that else f"{outcome.reason}; {setting.reason}"
    return replace(
        outcome, reason=reason, result=Result.CHANGED if is_only_that else outcome.result
    )


def _result(line: RefusedLine) -> Result:
    return Result.REPEATED if line.harmless else Result.REFUSED


def _plain(
    plan: ImportPlan,
    people: People,
    outcomes: Sequence[LineOutcome],
    settings: Sequence[Setting],
) -> dict[str, Any]:
    counts = Counter(one.result for one in outcomes)
    return {
        "summary": {"lines": people.lines, **{each.value: counts[each] for each in Result}},
        "added": _addresses(outcomes, Result.ADDED),
        "added_unsubscribed": _addresses(outcomes, Result.ADDED_UNSUBSCRIBED),
        "changed": _addresses(outcomes, Result.CHANGED),
        "kept": _addresses(outcomes, Result.KEPT),
        "opted_out": plan.respected,
        "settings": {one.address: dict(one.stored) for one in settings if one.stored},
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
    Result.KEPT: ("unchanged", "unchanged"),
    Result.REPEATED: ("skipped", "skipped"),
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
        err.print(f"    line {one.line}: {one.address}: {one.reason}", markup=False)
    if people.unused:
        out.print(f"Columns not read: {', '.join(people.unused)}", markup=False)


def _print_reasons(outcomes: Sequence[LineOutcome]) -> None:
    by_reason: dict[str, list[LineOutcome]] = {}
    for one in outcomes:
        by_reason.setdefault(one.reason, []).append(one)
    for reason, own in list(by_reason.items())[:MOST_SHOWN]:
        out.print(f"    {_shown(reason, own)}", markup=False)
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
    met: Sequence[str],
    leaving: Sequence[str],
    remove: Sequence[str],
    *,
    apply: bool,
    is_nothing: bool,
) -> None:
    for address in met:
        out.print(
            f"{address} joined the list, left it or changed their choices during the import: their "
            "opt-outs are kept, and nobody who left is added again",
            markup=False,
        )
    if remove:
        out.print(f"{len(remove)} removed: {', '.join(remove)}", markup=False)
    elif leaving:
        told = f"Still on the list, but without a role now: {', '.join(leaving)}. To remove "
        told += "them: --apply --remove"
        out.print(told, markup=False)
    if is_nothing and not remove:
        out.print("Nothing to change.")
    elif apply:
        out.print("Done.")
    else:
        out.print(
            "Nothing has been changed yet. To apply the changes, run the same command with --apply."
        )
