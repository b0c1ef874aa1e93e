"""Announce a document: every fault at its place, what it would do, and a typed confirmation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from changecast.contract.change import Status
from changecast.contract.errors import ContractError
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.hub.announcing.announce import Announcement, Outcome
from changecast.hub.announcing.metadata import Fault, MetadataFault
from changecast.hub.tracking.discards import standing_revisions
from changecast.hub.tracking.originals import kept
from changecast.hub.tracking.revisions import revisions
from changecast_cli.announcing.dry_run import lines_of, outlooks_of
from changecast_cli.announcing.freezes import DEFAULT_FOLDER, objections
from changecast_cli.announcing.proposing import (
    options_of,
    proposed,
    verb_lines,
    waiting,
)
from changecast_cli.console.drafts import Draft, Office, check, check_proposal, put, put_alone
from changecast_cli.console.pages import clock, page, part_of
from changecast_cli.failures import Refused, place

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import Table

MOST_FIELDS, ASKED_CUSTOMERS, SHOWN_PROPOSALS = 10, 10, 25
Form = Mapping[str, str]


@dataclass(frozen=True)
class Prefilled:
    """Initial values of the form."""

    document: str = ""
    change_id: str = ""
    confidential: bool = False
    test: bool = False
    despite: str = ""
    past: str = ""
    notify_all: str = ""


def form(request: Request) -> Response:
    """Show the form: empty, or with the next revision of a change."""
    query, table = request.query_params, request.app.state.console.aws.table
    given = Prefilled()
    if change_id := query.get("id"):
        plain, cancelled = change_id.removesuffix(TEST_SUFFIX), query.get("as") == "cancelled"
        given = next_revision(table, plain, cancelled=cancelled)
    return page(request, "announce.html.j2", given=given, faults=[])


async def checked(request: Request) -> Response:
    """Check the submitted document: show its faults, or go on to the plan."""
    sent = await form_of(request)
    return await run_in_threadpool(_checked, request, sent)


def plan(request: Request) -> Response:
    """Show what announcing a draft would do, and ask for the change's id."""
    console, zone = request.app.state.console, clock(request)
    name = request.query_params.get("draft", "")
    draft = console.drafts.get(name)
    everybody = (*draft.rehearsed.customers, *draft.rehearsed.withdrawn)
    codes = part_of(everybody, request, "customers", ASKED_CUSTOMERS)
    canonical = draft.document.change.model_dump(mode="json", exclude_defaults=True)
    return page(
        request,
        "plan.html.j2",
        clock=zone,
        name=name,
        draft=draft,
        codes=codes,
        outlooks=_outlooks(request, draft, codes.items),
        canonical=json.dumps(canonical, indent=2, ensure_ascii=False),
        original=json.dumps(draft.document.raw, indent=2, ensure_ascii=False),
        is_draft=draft.rehearsed.outcome is Outcome.DRAFT,
        two_persons=console.aws.two_persons,
        options=[*options_of(draft.stored)] if draft.stored else [],
        proposed=[*verb_lines(draft.stored.proposal)] if draft.stored else [],
    )


async def announced(request: Request) -> Response:
    """Announce a draft whose id was typed, and go on to the change."""
    sent, console = await form_of(request), request.app.state.console
    draft = console.drafts.get(sent.get("draft", ""))
    office = Office(console.aws.hub, console.aws.session, console.person)
    done: Announcement | None = await run_in_threadpool(put, draft, sent.get("typed", ""), office)
    if done is None:  # it is proposed: the plan shows its hash
        where, query = "/announce/plan", {"draft": sent["draft"]}
    else:
        where, query = "/change", {"id": done.change_id}
    return RedirectResponse(f"{console.base}{where}?{urlencode(query)}", 303)


async def announced_alone(request: Request) -> Response:
    """Announce a draft without a second person, for a reason, and go on to the change."""
    sent, console = await form_of(request), request.app.state.console
    draft = console.drafts.get(sent.get("draft", ""))
    office = Office(console.aws.hub, console.aws.session, console.person)
    typed, reason = sent.get("typed", ""), sent.get("reason", "")
    done: Announcement = await run_in_threadpool(put_alone, draft, typed, reason, office)
    return RedirectResponse(f"{console.base}/change?{urlencode({'id': done.change_id})}", 303)


def proposals(request: Request) -> Response:
    """Show the proposals that wait for another person's approval."""
    aws = request.app.state.console.aws
    found = waiting(aws.session, aws.hub())
    part = part_of(found, request, "proposals", SHOWN_PROPOSALS)
    return page(request, "proposals.html.j2", clock=clock(request), proposals=part)


def proposal(request: Request) -> Response:
    """Check a proposal as it is now, and go on to its plan."""
    console, query = request.app.state.console, request.query_params
    hub = console.aws.hub()
    stored = proposed(console.aws.session, hub, query.get("id", ""), query.get("by"))
    name = console.drafts.add(check_proposal(stored, hub))
    return RedirectResponse(f"{console.base}/announce/plan?{urlencode({'draft': name})}", 303)


def next_revision(table: "Table", change_id: str, *, cancelled: bool) -> Prefilled:
    """Return the newest document of a change as the next revision.

    Refused if the hub does not keep it.
    """
    known, standing = revisions(table, change_id), standing_revisions(table, change_id)
    original = kept(table, change_id, standing[-1].revision) if standing else None
    if original is None or not original.detail.metadata:
        raise Refused(
            f"the hub has no copy of the document of {change_id!r}: upload its metadata.json"
        )
    raw: dict[str, Any] = dict(original.detail.metadata)
    if "version" in raw:
        raw["version"] = known[-1].revision + 1
    if cancelled:
        raw["status"] = Status.CANCELLED.value
        raw.setdefault("cancellation_reason", "")
    text = json.dumps(raw, indent=2, ensure_ascii=False)
    return Prefilled(text, change_id, confidential=original.confidential)


def _checked(request: Request, sent: Form) -> Response:
    console = request.app.state.console
    given = _given(sent)
    options = {
        "change_id": given.change_id or None,
        "confidential": given.confidential,
        "test": given.test,
        "despite": given.despite,
        "past": given.past,
        "notify_all": given.notify_all,
    }
    try:
        draft = check(given.document.encode(), options, console.aws.hub())
    except ContractError as error:
        faults = [(place(path), said) for path, said in _faults(error)]
        return page(request, "announce.html.j2", 422, given=given, faults=faults)
    query = urlencode({"draft": console.drafts.add(draft)})
    return RedirectResponse(f"{console.base}/announce/plan?{query}", 303)


def _faults(error: ContractError) -> list[Fault]:
    if isinstance(error, MetadataFault):
        return error.faults
    return [Fault(error.path or "$", error.message)]


def _given(sent: Form) -> Prefilled:
    return Prefilled(
        document=sent.get("document", ""),
        change_id=sent.get("change_id", "").strip(),
        confidential="confidential" in sent,
        test="test" in sent,
        despite=sent.get("despite", "").strip(),
        past=sent.get("past", "").strip(),
        notify_all=sent.get("notify_all", "").strip(),
    )


def _outlooks(request: Request, draft: Draft, codes: Sequence[str]) -> dict[str, list[str]]:
    """Return the outlook at each of these customers, in the lines of `announce --dry-run`."""
    aws = request.app.state.console.aws
    hub = aws.hub()
    requested = objections(hub.table, DEFAULT_FOLDER)
    found = outlooks_of(aws.session, hub, draft.rehearsed, requested, codes)
    return {
        one.customer: [line.strip().removeprefix(f"{one.customer}: ") for line in lines_of(one)]
        for one in found
    }


async def form_of(request: Request, most: int = MOST_FIELDS) -> Form:
    """Return the fields of a form; Refused if the form is not the console's."""
    body = await request.body()
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=most)
    except ValueError as error:
        raise Refused("this request does not come from the console's own page") from error
    return {name: values[0] for name, values in fields.items()}
