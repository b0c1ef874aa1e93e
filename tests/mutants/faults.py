"""Faults in ledger, planner, sender, hub, imports and evidence; each must be found."""

from typing import NamedTuple


class Edit(NamedTuple):
    """`old` becomes `new`, at every place in a file."""

    path: str
    old: str
    new: str


class Mutant(NamedTuple):
    """One fault: what it is, how it is planted, and which tests (below tests/) to ask first."""

    name: str
    edits: tuple[Edit, ...]
    near: str


def _in(path: str, old: str, new: str) -> Edit:
    return Edit(f"functions/changecast/{path}.py", old, new)


def _in_contacts(module: str, old: str, new: str) -> Edit:
    return Edit(f"changecast_cli/contacts/{module}.py", old, new)


def _in_evidence(module: str, old: str, new: str) -> Edit:
    return Edit(f"changecast_cli/evidence/{module}.py", old, new)


_ONLY_IF_READ = '"version = :version"'

MUTANTS = (
    Mutant(
        "sent is written before the call",
        (
            _in(
                "customer/ledger/states",
                "(_S.PLANNED, _H.CLAIMED): _S.SENDING",
                "(_S.PLANNED, _H.CLAIMED): _S.SENT",
            ),
        ),
        "integration/delivery/test_five_hundred.py",
    ),
    Mutant(
        "a claim without a condition",
        (
            _in(
                "customer/ledger/transitions",
                "#state = :was AND attempt = :before",
                "attribute_exists(pk)",
            ),
            _in("customer/ledger/transitions", _ONLY_IF_READ, '"attribute_exists(pk)"'),
        ),
        "integration/delivery/test_ledger_machine.py",
    ),
    Mutant(
        "one throttled request ends the plan",
        (_in("customer/ses_turns", "                continue\n", "                break\n"),),
        "unit/delivery/test_announcements.py",
    ),
    Mutant(
        "a plan that comes back too late hides whom it had mailed",
        (_in("customer/planning/delivery_plan", "if begun and begun.planned:", "if False:"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "people who were told by a minor revision alone are forgotten",
        (_in("customer/planning/decision", "(run.material or not told)", "run.material"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "approvers are those of the first request alone",
        (
            _in(
                "customer/reporting/responses",
                "first.revision <= run.revision <= view.revision",
                "run.revision == first.revision",
            ),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a lease of 0 s",
        (_in("customer/ledger/transitions", "lease_until=now + lease", "lease_until=now"),),
        "integration/delivery/test_leases.py",
    ),
    Mutant(
        "a lease shorter than the function's timeout",
        (Edit("template.yaml", 'LEASE_SECONDS: "120"', 'LEASE_SECONDS: "30"'),),
        "integration/delivery/test_leases.py",
    ),
    Mutant(
        "a window of 0 s",
        (_in("customer/settings", "self.unknown_window_minutes * 60.0", "0.0"),),
        "integration/delivery/test_send_mail.py",
    ),
    Mutant(
        "a sweep that looks early does not wait for the window",
        (
            _in(
                "customer/sending/unanswered",
                "recipient.since + window <= now",
                "recipient.since <= now",
            ),
        ),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "SES's client retries",
        (_in("customer/channels/email", '"total_max_attempts": 1', '"total_max_attempts": 3'),),
        "integration/delivery/test_on_the_wire.py",
    ),
    Mutant(
        "a 5xx is tried again",
        (
            _in(
                "customer/channels/email",
                'return Unanswered(f"SES answered',
                'return Retry(f"SES answered',
            ),
        ),
        "unit/delivery/test_mailer.py",
    ),
    Mutant(
        "no answer counts as sent",
        (
            _in(
                "customer/sending/batch",
                "RecipientEvent.NO_ANSWER, code",
                "RecipientEvent.ACCEPTED, code",
            ),
        ),
        "integration/delivery/test_on_the_wire.py",
    ),
    Mutant(
        "nothing says that a function died in a call",
        (_in("customer/sending/sweep", "LEASE_OVER, code=NO_ANSWER)", "LEASE_OVER)"),),
        "integration/channels/test_every_channel.py",
    ),
    Mutant(
        "a throttled recipient is not released",
        (
            _in(
                "customer/sending/batch",
                "Move(recipient, RecipientEvent.THROTTLED)",
                "Move(recipient, RecipientEvent.CLAIMED)",
            ),
        ),
        "integration/delivery/test_on_the_wire.py",
    ),
    Mutant(
        "a throttled batch goes on calling",
        (
            _in(
                "customer/sending/batch",
                "    except Retry:\n        brake.pulled.set()\n",
                "    except Retry:\n",
            ),
        ),
        "integration/delivery/test_send_mail.py",
    ),
    Mutant(
        "a paused run goes on",
        (_in("customer/sending/pace", "return not run.paused", "return True"),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "evidence about an unknown recipient is ignored",
        (
            _in(
                "customer/ledger/states",
                "_UNSETTLED = (_S.PLANNED, _S.SENDING, _S.UNKNOWN,",
                "_UNSETTLED = (",
            ),
        ),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a late answer is thrown away",
        (
            _in(
                "customer/ledger/states",
                "for state in (_S.SENDING, _S.UNKNOWN, _S.HELD)",
                "for state in (_S.SENDING,)",
            ),
        ),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "late proof about a mail that was given up is lost",
        (
            _in(
                "customer/ledger/states",
                "_S.HELD, _S.SUPERSEDED, _S.FAILED)",
                "_S.HELD, _S.SUPERSEDED)",
            ),
        ),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a late answer about a mail that was given up is lost",
        (
            _in(
                "customer/ledger/states",
                "(_S.PLANNED, _S.SUPERSEDED, _S.FAILED)",
                "(_S.PLANNED, _S.SUPERSEDED)",
            ),
        ),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a mail that SES threw away counts as sent",
        (
            _in(
                "customer/ledger/states",
                "_H.SEEN_REJECTED: _S.REJECTED",
                "_H.SEEN_REJECTED: _S.SENT",
            ),
        ),
        "integration/delivery/test_outcomes.py",
    ),
    Mutant(
        "a mail is sent once more although SES's events do not arrive",
        (
            _in(
                "customer/sending/unanswered",
                "or settled or evidence_arrives()",
                "or True",
            ),
        ),
        "integration/delivery/test_evidence.py",
    ),
    Mutant(
        "events that wait are no reason to wait",
        (_in("customer/ledger/evidence", "    if flow.queued:\n        return False\n", ""),),
        "unit/delivery/test_evidence.py",
    ),
    Mutant(
        "dead events are no reason to wait",
        (
            Edit(
                "functions/changecast/customer/sending/sweep.py",
                "(self.settings.outcomes_queue_url, self.settings.outcomes_dlq_url)",
                "(self.settings.outcomes_queue_url,)",
            ),
        ),
        "integration/delivery/test_evidence.py",
    ),
    Mutant(
        "a silent SES is no reason to wait",
        (_in("customer/ledger/evidence", "flow.last_event_at + _SKEW >= max(accepted)", "True"),),
        "unit/delivery/test_evidence.py",
    ),
    Mutant(
        "a small change waits for the whole of a large one",
        (
            _in(
                "customer/sending/sweep",
                "iter(interleaved(due_batches(ledger, now)))",
                "iter(due_batches(ledger, now))",
            ),
        ),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "what a sweep has put off is forgotten group by group",
        (
            _in(
                "customer/sending/pace",
                "self.put_off += batch.planned / rate",
                "self.put_off = batch.planned / rate",
            ),
        ),
        "unit/delivery/test_pace.py",
    ),
    Mutant(
        "SES took a mail when that was written down",
        (_in("customer/ledger/transitions", "since=item.at or now", "since=now"),),
        "integration/delivery/test_evidence.py",
    ),
    Mutant(
        "that SES spoke early in a run is enough",
        (
            _in(
                "customer/ledger/evidence",
                "max(batch.accepted_at, run.started_at)",
                "run.started_at",
            ),
        ),
        "integration/delivery/test_evidence.py",
    ),
    Mutant(
        "nobody notes when SES took a mail",
        (
            _in(
                "customer/ledger/transitions",
                "for step in steps if step.now.state is State.SENT]",
                "for step in ()]",
            ),
        ),
        "integration/delivery/test_evidence.py",
    ),
    Mutant(
        "nobody notes that SES was heard",
        (
            Edit(
                "functions/changecast/customer/sending/outcomes.py",
                "note_event(recorder.ledger, min(newest, recorder.clock()))",
                "pass",
            ),
        ),
        "integration/delivery/test_evidence.py",
    ),
    Mutant(
        "a state goes backwards",
        (
            _in(
                "customer/ledger/states",
                "if to in _LATER[rank + 1 :]",
                "if to in _LATER and to != state",
            ),
        ),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a failing record is hidden",
        (
            _in(
                "lambdas/batches",
                'return {"batchItemFailures": failed}',
                'return {"batchItemFailures": []}',
            ),
        ),
        "unit/delivery/test_queues.py",
    ),
    Mutant(
        "an older revision is not superseded",
        (
            _in(
                "customer/planning/delivery_plan",
                "if not known.superseded:",
                "if known.superseded:",
            ),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a superseded run is sent",
        (
            _in("customer/sending/pace", "if run.superseded:", "if not batch:"),
            _in("customer/ledger/runs", "r.state is State.PLANNED]", "r.state is State.HELD]"),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a late older revision is mailed",
        (_in("customer/planning/decision", "runs[-1].revision > announced.revision", "not runs"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "two revisions planned at once do not look again",
        (
            _in(
                "customer/planning/delivery_plan",
                "and _is_unchanged(draft.known, known, begun)",
                "",
            ),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a run's id without its revision",
        (
            _in(
                "customer/ledger/schema",
                'f"{change_id}|{revision}".encode()',
                'f"{change_id}".encode()',
            ),
        ),
        "integration/delivery/test_five_hundred.py",
    ),
    Mutant(
        "a recipient's key without the revision",
        (
            _in(
                "customer/ledger/schema",
                "{change_id}|{revision}|{address}",
                "{change_id}|{address}",
            ),
        ),
        "unit/delivery/test_recipients.py",
    ),
    Mutant(
        "other content of a revision is taken",
        (
            _in(
                "customer/planning/decision",
                "run.revision == announced.revision and not is_same",
                "run.revision < 0",
            ),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a batch is written over",
        (
            _in(
                "customer/ledger/opening",
                'absent | {"Item": item}',
                '{"TableName": ledger.table, "Item": item}',
            ),
        ),
        "simulation/test_simulation.py",
    ),
    Mutant(
        "an interrupted plan adds everybody again",
        (_in("customer/ledger/opening", "if recipient.key not in known]", "]"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "the writer who has seen less decides when a batch is due",
        (
            _in(
                "customer/ledger/due_index",
                '"version = :read"',
                '"attribute_exists(pk) OR version = :read"',
            ),
            _in("customer/ledger/transitions", _ONLY_IF_READ, '"attribute_exists(pk)"'),
        ),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "the sweep trusts its index",
        (
            _in(
                "customer/sending/sweep",
                "batch.due_at is None or batch.due_at > now",
                "batch.due_at is None",
            ),
        ),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "what a dead recorder wrote is never reported",
        (_in("lambdas/batches", ") > 1", ") > 99"),),
        "integration/delivery/test_outcomes.py",
    ),
    Mutant(
        "a run beyond a limit goes on",
        (_in("customer/ledger/runs", "    if not run.paused:\n", "    if True:\n"),),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a limit is looked at by nobody",
        (
            _in(
                "customer/planning/delivery_plan",
                "    run = limit_run(planner.ledger, run, proposed, planner.limits, now)\n",
                "",
            ),
        ),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a run that is counted does not say so",
        (
            _in(
                "customer/ledger/account_counters",
                '"SET counted = :mails"',
                '"SET was_counted = :mails"',
            ),
        ),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a full tally takes more",
        (
            _in(
                "customer/ledger/account_counters",
                " OR tallied <= :room",
                " OR attribute_exists(pk)",
            ),
        ),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a run that was let go is stopped again",
        (
            _in("customer/planning/account_limits", "if current.limits_waived or not", "if not"),
            _in("customer/ledger/runs", "complete = :no AND limits_waived = :no", "complete = :no"),
        ),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a stop that passes takes the place of one that does not",
        (_in("customer/ledger/runs", '"paused = :no" if stop.code.automatic else ', ""),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "a mark that nobody takes away silences a run for ever",
        (
            _in(
                "customer/ledger/report_schedule",
                " and now < float(run[_SINCE]) + _STALE_SECONDS",
                "",
            ),
        ),
        "integration/delivery/test_report_schedule.py",
    ),
    Mutant(
        "a report leaves the mark of those who asked for it",
        (_in("customer/reporting/reporter", "    begin_report(ledger, run)\n", ""),),
        "integration/delivery/test_report_schedule.py",
    ),
    Mutant(
        "renderings are read after the claim",
        (_in("customer/sending/batch", "    if renderings is None:\n        return None\n", ""),),
        "integration/delivery/test_send_mail.py",
    ),
    Mutant(
        "a no in the column of a topic is ignored",
        (_in_contacts("file", 'yield topic, "OPT_OUT"', "continue"),),
        "unit/cli/test_contacts_file.py",
    ),
    Mutant(
        "a status of another tool is ignored",
        (_in_contacts("table", "status=_at(folded, words.STATUS)", "status=()"),),
        "unit/cli/test_contacts_file.py",
    ),
    Mutant(
        "a header line that is not known is taken for pasted people",
        (
            _in_contacts(
                "table", "raise Refused(_unknown_header(number, names, topics))", "return None"
            ),
        ),
        "unit/cli/test_contacts_file.py",
    ),
    Mutant(
        "of two spellings in a file the subscription wins",
        (
            _in_contacts(
                "file",
                "first.unsubscribed or again.unsubscribed",
                "first.unsubscribed and again.unsubscribed",
            ),
        ),
        "unit/cli/test_contacts_file.py",
    ),
    Mutant(
        "of two spellings on the list the subscription wins",
        (
            _in_contacts(
                "records",
                "first.unsubscribed_from_all or other.unsubscribed_from_all",
                "first.unsubscribed_from_all",
            ),
        ),
        "unit/cli/test_contacts_plan.py",
    ),
    Mutant(
        "a line of pasted addresses takes those in brackets only",
        (_in_contacts("pasted", "found = tuple(_words_with_sign(text))", "found = ()"),),
        "unit/cli/test_contacts_file.py",
    ),
    Mutant(
        "an export forgets who unsubscribed from everything",
        (_in_contacts("copies", '"yes" if each.unsubscribed_from_all else "no"', '"no"'),),
        "unit/cli/test_contacts_plan.py",
    ),
    Mutant(
        "tests count into the account's limits",
        (_in("customer/planning/delivery_plan", "if not draft.announced.test:", "if True:"),),
        "integration/delivery/test_trials.py",
    ),
    Mutant(
        "a test of a document is planned under the real change's id",
        (
            _in(
                "contract/change_announced",
                "if not (announced.test or announced.change.test_run):",
                "if not announced.test:",
            ),
        ),
        "integration/delivery/test_trials.py",
    ),
    Mutant(
        "a real change may have a test's id",
        (_in("contract/reserved_ids", "if change_id.endswith(TEST_SUFFIX):", "if False:"),),
        "integration/delivery/test_trials.py",
    ),
    Mutant(
        "any jump of revisions is obeyed",
        (_in("customer/planning/decision", "newest > LONGEST_JUMP", "newest > 10**9"),),
        "integration/delivery/test_stray_revisions.py",
    ),
    Mutant(
        "an announced jump is parked",
        (
            _in(
                "customer/planning/decision",
                "announced.previous_revision is None and",
                "",
            ),
        ),
        "integration/delivery/test_stray_revisions.py",
    ),
    Mutant(
        "a discarded run is compared with",
        (
            _in(
                "customer/planning/discards",
                "[run for run in found if run not in void]",
                "found",
            ),
        ),
        "integration/delivery/test_stray_revisions.py",
    ),
    Mutant(
        "who was mailed a discarded revision counts as up to date",
        (_in("customer/planning/discards", "if run in void:", "if False:"),),
        "integration/delivery/test_stray_revisions.py",
    ),
    Mutant(
        "after a discard the same document is put again under its passed-over revision",
        (
            _in(
                "hub/announcing/numbering",
                "record.revision > passed_over",
                "record.revision > 0",
            ),
        ),
        "integration/hub/test_discard.py",
    ),
    Mutant(
        "a moved window passes a freeze",
        (
            _in(
                "hub/announcing/freeze_gate",
                "if before is None or (before.window_start, before.window_end) != "
                "window_of(document.change):",
                "if before is None:",
            ),
        ),
        "unit/hub/test_freeze_gate.py",
    ),
    Mutant(
        "withdrawn customers are not expected by the completeness check",
        (
            _in(
                "hub/tracking/completeness",
                "return (*record.customers, *record.withdrawn)",
                "return record.customers",
            ),
        ),
        "unit/hub/test_completeness.py",
    ),
    Mutant(
        "an event for acme2 is taken for acme's",
        (
            _in(
                "customer/planning/decision",
                "if customer in announced.customers:",
                "if any(code.startswith(customer) for code in announced.customers):",
            ),
        ),
        "unit/delivery/test_near_misses.py",
    ),
    Mutant(
        "acme sees the section of acme2",
        (_in("contract/change", "if code == customer}", "if code.startswith(customer)}"),),
        "unit/delivery/test_near_misses.py",
    ),
    Mutant(
        "a test goes to addresses that end like an allowed one",
        (
            _in(
                "customer/planning/recipients",
                "return mail in allow_list or",
                "return mail.endswith(tuple(allow_list)) or",
            ),
        ),
        "unit/delivery/test_recipients.py",
    ),
    Mutant(
        "a test goes to everybody in production",
        (
            _in(
                "customer/planning/recipients",
                'if environment == "prod" and not test:',
                'if environment == "prod":',
            ),
        ),
        "unit/delivery/test_recipients.py",
    ),
    Mutant(
        "a bounced mail counts as told",
        (
            _in(
                "customer/ledger/states",
                "State.DELIVERED, State.COMPLAINED})",
                "State.DELIVERED, State.COMPLAINED, State.BOUNCED})",
            ),
        ),
        "integration/delivery/test_near_misses.py",
    ),
    Mutant(
        "the pace has no floor",
        (_in("customer/sending/shared_quota", "rate=max(1.0, quota.rate)", "rate=quota.rate"),),
        "unit/delivery/test_pace.py",
    ),
    Mutant(
        "one spelling's opt-out does not count for the other",
        (_in("customer/planning/contact_list", "bits & ~opted_out.get(one, 0)", "bits"),),
        "unit/delivery/test_spellings.py",
    ),
    Mutant(
        "people who take calendar entries only are forgotten",
        (
            _in(
                "customer/planning/audience",
                "[each for each in invited if each not in others]",
                "[]",
            ),
        ),
        "integration/delivery/test_calendar_only.py",
    ),
    Mutant(
        "who joins before a minor revision is told nothing",
        (
            _in(
                "customer/planning/decision",
                "if up_to_date and not mailing.material:",
                "if not mailing.material:",
            ),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "who never heard of a change reads only what changed",
        (
            _in(
                "customer/planning/decision",
                "changed = up_to_date and has_changes",
                "changed = has_changes",
            ),
        ),
        "integration/delivery/test_near_misses.py",
    ),
    Mutant(
        "a customer that is named again is told as if nothing had been withdrawn",
        (
            _in(
                "customer/planning/decision",
                "told = [] if run.kind == MailKind.WITHDRAWN else [*told, run]",
                "told = [*told, run]",
            ),
        ),
        "integration/delivery/test_near_misses.py",
    ),
    Mutant(
        "whom an overtaken withdrawal has not reached is never told",
        (
            _in(
                "customer/planning/decision",
                "if base is None and (ending := ",
                "if False and (ending := ",
            ),
        ),
        "integration/delivery/test_near_misses.py",
    ),
    Mutant(
        "a discarded revision's number is used again",
        (_in("hub/announcing/numbering", "while revision in taken:", "while False:"),),
        "integration/hub/test_discard.py",
    ),
    Mutant(
        "an older version is announced over a newer one",
        (
            _in(
                "hub/announcing/numbering",
                "if revision < newest:",
                "if False:",
            ),
        ),
        "unit/hub/test_announce.py",
    ),
    Mutant(
        "nobody is told that a customer was dropped",
        (
            _in(
                "hub/announcing/numbering",
                "withdrawn=withdrawn_since(standing, document.customers)",
                "withdrawn=()",
            ),
        ),
        "unit/hub/test_announce.py",
    ),
    Mutant(
        "an announcement does not say what came before it",
        (
            _in(
                "hub/announcing/numbering",
                "previous_revision=standing[-1].revision if standing else 0",
                "previous_revision=0",
            ),
        ),
        "integration/hub/test_discard.py",
    ),
    Mutant(
        "an event that leaves out a customer is complete",
        (_in("hub/tracking/completeness", "_named(announced) != _named(record)", "False"),),
        "unit/hub/test_completeness.py",
    ),
    Mutant(
        "an event with other content is complete",
        (
            _in(
                "hub/tracking/completeness",
                "if not is_view and not _same_content(announced, record):",
                "if False:",
            ),
        ),
        "unit/hub/test_completeness.py",
    ),
    Mutant(
        "any confidential event may leave out customers",
        (
            _in(
                "hub/tracking/completeness",
                "announced.change.confidential and named == 1",
                "announced.change.confidential",
            ),
        ),
        "unit/hub/test_completeness.py",
    ),
    Mutant(
        "a token of any signature is read",
        (
            _in(
                "customer/responding/tokens",
                "if not hmac.compare_digest(mac, expected):",
                "if False:",
            ),
        ),
        "unit/responding/test_tokens.py",
    ),
    Mutant(
        "a token of any scope is read",
        (_in("customer/responding/tokens", "if token.scope is not scope:", "if False:"),),
        "unit/responding/test_tokens.py",
    ),
    Mutant(
        "a token never expires",
        (_in("customer/responding/tokens", "now >= token.expires_at", "False"),),
        "unit/responding/test_tokens.py",
    ),
    Mutant(
        "a revocation ends no link",
        (
            _in(
                "customer/responding/reading",
                "if token.issued_at <= revoked_at(self.ledger, token.person):",
                "if False:",
            ),
        ),
        "integration/responding/test_refusals.py",
    ),
    Mutant(
        "an answer is written whatever the person has answered meanwhile",
        (_in("customer/ledger/answers", '"version = :before"', '"version <> :before"'),),
        "integration/responding/test_ledger_answers.py",
    ),
    Mutant(
        "an answer is written whatever has become of the change",
        (
            _in(
                "customer/ledger/answers",
                '"revision = :revision AND #status = :status"',
                '"attribute_exists(pk) OR revision = :revision AND #status = :status"',
            ),
        ),
        "integration/responding/test_ledger_answers.py",
    ),
    Mutant(
        "any word confirms",
        (
            _in(
                "customer/responding/answering",
                'if not is_word(form.get("word", ""), word):',
                "if False:",
            ),
        ),
        "integration/responding/test_page.py",
    ),
    Mutant(
        "any word chooses",
        (
            _in(
                "customer/responding/preferences_page",
                'if not is_word(form.get("word", ""), page.word):',
                "if False:",
            ),
        ),
        "integration/responding/test_preferences.py",
    ),
    Mutant(
        "a late choice undoes a newer one",
        (_in("customer/responding/applying", "<= hint.at\n", ">= 0.0\n"),),
        "integration/responding/test_preferences.py",
    ),
    Mutant(
        "coming back for one topic brings all others",
        (_in("customer/responding/applying", "    if comes_back:\n", "    if False:\n"),),
        "integration/responding/test_preferences.py",
    ),
    Mutant(
        "two choices are applied at once",
        (
            _in(
                "customer/ledger/ses_requests",
                'only_if = "attribute_not_exists(pk) OR lease_until <= :now"',
                'only_if = "attribute_not_exists(pk) OR lease_until <> :now"',
            ),
        ),
        "integration/responding/test_preferences.py",
    ),
    Mutant(
        "a mail links to a page that nobody serves",
        (_in("customer/sending/batch", "if sender.links is None:", "if False:"),),
        "integration/responding/test_switched_off.py",
    ),
    Mutant(
        "any code confirms",
        (
            _in(
                "customer/responding/answering",
                'if not is_code(form.get("code", ""), expected):',
                "if False:",
            ),
        ),
        "integration/responding/test_page.py",
    ),
    Mutant(
        "an approval holds whatever was approved",
        (_in("customer/responding/tally", " and answer.fingerprint == fingerprint", ""),),
        "unit/responding/test_tally.py",
    ),
    Mutant(
        "what is announced again is kept no longer than before",
        (
            _in(
                "customer/planning/delivery_plan",
                "            _keep_older(planner, draft.run, [*known, *void])\n"
                "            ended = follow_change(planner, known, draft.run.expires_at, now)\n"
                "            return Planned(draft.decision.run",
                "            ended = follow_change(planner, known, draft.run.expires_at, now)\n"
                "            return Planned(draft.decision.run",
            ),
        ),
        "integration/delivery/test_retention.py",
    ),
    Mutant(
        "what the ledger has forgotten is told again",
        (_in("customer/planning/decision", "if announced.reannounces is None or", "if True or"),),
        "integration/delivery/test_retention.py",
    ),
    Mutant(
        "a run does not say that it waits for the quota",
        (
            _in(
                "customer/reporting/quota_wait",
                "planned <= left and not run.waits",
                "planned <= left or not run.waits",
            ),
        ),
        "integration/delivery/test_quota.py",
    ),
    Mutant(
        "a report that nobody queued keeps others from asking",
        (_in("customer/ledger/report_schedule", "return _QUEUED in run", "return _MARK in run"),),
        "integration/delivery/test_report_schedule.py",
    ),
    Mutant(
        "an outcome out of the dead letters is not reported",
        (_in("customer/sending/outcomes", "event.put_at > LATE_SECONDS", "event.put_at > 1e12"),),
        "unit/delivery/test_recorder.py",
    ),
    Mutant(
        "anybody may declare a freeze",
        (
            _in(
                "hub/tracking/tracker",
                "    refuse_forged(tracker.table, declared, code, now)\n",
                "",
            ),
        ),
        "integration/hub/test_declared_freezes.py",
    ),
    Mutant(
        "a freeze that was taken back comes again with its late declaration",
        (_in("hub/tracking/freezes", "elif name not in removed and", "elif"),),
        "integration/hub/test_declared_freezes.py",
    ),
    Mutant(
        "a customer may declare any number of freezes",
        (_in("hub/tracking/freezes", "len(declared) > MOST_FREEZES", "len(declared) > 10_000"),),
        "integration/hub/test_declared_freezes.py",
    ),
    Mutant(
        "a reminder is settled before its report is requested",
        (
            _in(
                "customer/planning/announcements",
                "    if run := planned.run:\n",
                "    settle_reminder(announcements.planner.ledger, planned.due)\n"
                "    if run := planned.run:\n",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a planner that is interrupted forgets the reminder that it ended",
        (
            _in(
                "customer/planning/reminding",
                "not (run.superseded and run.ended_at)",
                "not run.superseded",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a reminder that waits tells what a newer revision has changed",
        (_in("customer/planning/reminding", "run.complete and not run.ended_at", "False"),),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a reminder does not look again for a revision that came while it was planned",
        (
            _in(
                "customer/planning/reminders",
                "run and _unless_outdated(planner.ledger, due, run, now)",
                "run",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a reminder keeps the revision for which an interrupted planner opened it",
        (
            _in(
                "customer/planning/reminders",
                "    begun = replace(begun, revision=newest.revision, "
                "fingerprint=newest.fingerprint)\n",
                "",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a moved window lets its reminders go out",
        (
            _in(
                "customer/planning/reminders",
                "    for run in ended:\n        runs.supersede(planner.ledger, run, now)\n",
                "",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a reminder does not look again once its run is written",
        (
            _in(
                "customer/planning/reminders",
                "    if found is Verdict.SETTLED or begun.superseded:\n",
                "    if begun.superseded:\n",
            ),
            _in(
                "customer/planning/reminders",
                "    if known.standing[-1].revision != newest.revision:\n",
                "    if not known.standing:\n",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "each reminder that was slept through is sent",
        (_in("customer/planning/reminding", "offset < due.before and", "offset > 1e9 and"),),
        "unit/delivery/test_reminding.py",
    ),
    Mutant(
        "a reminder goes out after the start",
        (
            _in(
                "customer/ledger/schema",
                "self.is_reminder and self.starts_at <= now",
                "self.is_reminder and self.starts_at < 0",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "who subscribed late is only reminded",
        (
            _in(
                "customer/planning/reminders",
                "short if up_to_date(address) else whole",
                "short",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a reminder overtakes its announcement",
        (
            _in(
                "customer/planning/reminders",
                "counted[State.PLANNED] or counted[State.SENDING]",
                "False",
            ),
        ),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "people are reminded of what is paused",
        (_in("customer/planning/reminding", "run.paused or not run.complete", "False"),),
        "unit/delivery/test_reminding.py",
    ),
    Mutant(
        "a channel that was added late is only reminded",
        (_in("customer/planning/endpoints", "if up_to_date(endpoint.name)", "if True"),),
        "integration/channels/test_reminded_endpoints.py",
    ),
    Mutant(
        "a channel is told the whole change at each reminder",
        (
            _in(
                "customer/planning/reminders",
                "for batch in all_batches(",
                "for batch in batches_of(",
            ),
            _in("customer/planning/reminders", "    all_batches,\n", "    batches_of,\n"),
        ),
        "integration/channels/test_reminded_endpoints.py",
    ),
    Mutant(
        "a channel is reminded after the start",
        (
            _in("customer/sending/notices", "if run.is_too_late(now):", "if run.is_too_late(0.0):"),
            _in(
                "customer/sending/sweep",
                "(run.superseded or run.is_too_late(now))",
                "(run.superseded or not batch.is_of_endpoint and run.is_too_late(now))",
            ),
        ),
        "integration/channels/test_reminded_endpoints.py",
    ),
    Mutant(
        "a lost hint loses its reminder",
        (_in("customer/sending/sweep", "REMINDERS_AGAIN = 120.0", "REMINDERS_AGAIN = 1e9"),),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "who settles a reminder forgets that it was expected again",
        (_in("customer/ledger/due_reminders", '"version = :version"', '"version > :version"'),),
        "integration/delivery/test_reminders.py",
    ),
    Mutant(
        "a reminder counts as its announcement",
        (_in("hub/tracking/table", "if detail.reminder is None:", "if detail:"),),
        "integration/hub/test_reminder_status.py",
    ),
    Mutant(
        "first announced late, all reminders come at once",
        (_in("customer/planning/reminding", "if moved and passed:", "if passed:"),),
        "unit/delivery/test_reminding.py",
    ),
    Mutant(
        "a lost hint loses the week's digest",
        (_in("customer/sending/sweep", "DIGEST_AGAIN = 120.0", "DIGEST_AGAIN = 1e9"),),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a digest comes at eight in UTC",
        (
            _in(
                "customer/week",
                "datetime.combine(day, HOUR, ZoneInfo(zone)).timestamp()",
                "datetime.combine(day, HOUR, UTC).timestamp()",
            ),
        ),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a digest goes to everybody who gets announcements",
        (
            _in(
                "customer/planning/digests",
                "subscribers(Topic.DIGEST)",
                "subscribers(Topic.ANNOUNCEMENTS)",
            ),
        ),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a digest is settled before it is planned",
        (
            _in(
                "customer/planning/digests",
                "    run = known\n",
                "    settle_digest(planner.ledger, week.monday)\n    run = known\n",
            ),
        ),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a withdrawn change stays on the digest",
        (_in("customer/agenda", "view.withdrawn or ", ""),),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a digest goes out days late",
        (_in("customer/ledger/schema", "self.started_at + DIGEST_LASTS <= now", "now < 0"),),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a change may be called like a digest",
        (_in("contract/reserved_ids", "if change_id.startswith(DIGEST_PREFIX):", "if False:"),),
        "integration/delivery/test_digests.py",
    ),
    Mutant(
        "a webhook's repeat has another id",
        (
            _in(
                "customer/channels/webhook",
                'return f"msg_{recipient.key}"',
                'return f"msg_{recipient.key}{recipient.attempt}"',
            ),
        ),
        "integration/channels/test_notices.py",
    ),
    Mutant(
        "a webhook is not called again after an answer that was lost",
        (
            _in(
                "customer/sending/unanswered",
                "if recipient.channel is ChannelName.WEBHOOK:",
                "if recipient.channel is None:",
            ),
        ),
        "integration/channels/test_every_channel.py",
    ),
    Mutant(
        "a chat waits for evidence that never comes",
        (_in("customer/sending/unanswered", "if is_chat or policy", "if policy"),),
        "unit/delivery/test_unanswered.py",
    ),
    Mutant(
        "a webhook that accepts an error",
        (
            _in(
                "customer/channels/webhook",
                "if 200 <= answer.status < 300:",
                "if 200 <= answer.status < 600:",
            ),
        ),
        "unit/channels/test_webhook.py",
    ),
    Mutant(
        "a webhook signs with the old secret for ever",
        (
            _in(
                "customer/channels/webhook",
                "webhook.endpoint.rotated_at < ROTATION_SECONDS",
                "webhook.endpoint.rotated_at < 1e12",
            ),
        ),
        "unit/channels/test_webhook.py",
    ),
    Mutant(
        "a webhook signs without the time",
        (
            _in(
                "customer/channels/webhook",
                'signed = f"{id_}.{timestamp}.".encode() + body',
                'signed = f"{id_}.".encode() + body',
            ),
        ),
        "unit/channels/test_webhook.py",
    ),
    Mutant(
        "a webhook leads to whatever the first public address vouches for",
        (
            _in(
                "customer/channels/targets",
                "    for address in found:\n        if not is_public",
                "    for address in found[:1]:\n        if not is_public",
            ),
        ),
        "unit/channels/test_targets.py",
    ),
    Mutant(
        "a webhook reaches IPv4 through NAT64",
        (_in("customer/channels/targets", '"64:ff9b::/96", ', ""),),
        "unit/channels/test_targets.py",
    ),
    Mutant(
        "a webhook may use plain http",
        (
            _in(
                "customer/channels/targets",
                'parts.scheme != "https"',
                'parts.scheme not in ("http", "https")',
            ),
        ),
        "unit/channels/test_targets.py",
    ),
    Mutant(
        "a webhook's certificate may be another name's",
        (
            _in(
                "customer/channels/https",
                "    return ssl.create_default_context()",
                "    return ssl._create_unverified_context(cafile=None)",
            ),
        ),
        "integration/channels/test_https.py",
    ),
    Mutant(
        "a webhook's answer may take for ever",
        (_in("customer/channels/https", "    cut.start()\n", ""),),
        "integration/channels/test_https.py",
    ),
    Mutant(
        "an endpoint that is gone is told on",
        (
            _in(
                "customer/sending/notices",
                "    if result.code == GONE:",
                '    if result.code == "never":',
            ),
        ),
        "integration/channels/test_notices.py",
    ),
    Mutant(
        "an endpoint gets tests without being marked for them",
        (
            _in(
                "customer/planning/endpoints",
                "(is_real or endpoint.tests)",
                "(is_real or endpoint.topics)",
            ),
        ),
        "integration/channels/test_every_channel.py",
    ),
    Mutant(
        "an endpoint is told of what is beyond a limit",
        (_in("customer/sending/pace", "or is_beyond_limit)", "or False)"),),
        "integration/channels/test_every_channel.py",
    ),
    Mutant(
        "an endpoint is told of every topic",
        (
            _in(
                "customer/planning/endpoints",
                "endpoint.is_on and topic.value in endpoint.topics",
                "endpoint.is_on",
            ),
        ),
        "integration/channels/test_notices.py",
    ),
    Mutant(
        "endpoints of an older revision are told after a newer one",
        (
            _in(
                "customer/ledger/runs",
                "    for batch in all_batches(ledger, run):\n        planned",
                "    for batch in ():\n        planned",
            ),
        ),
        "integration/channels/test_every_channel.py",
    ),
    Mutant(
        "endpoints count as mails",
        (
            _in(
                "customer/ledger/opening",
                '"ADD endpoints :one"',
                '"ADD endpoints :one, planned :one"',
            ),
        ),
        "integration/channels/test_notices.py",
    ),
    Mutant(
        "endpoints are written without looking at those that are there",
        (
            _in(
                "customer/ledger/opening",
                "missing = [recipient for recipient in recipients if recipient.key not in known]",
                "missing = [*recipients]",
            ),
        ),
        "integration/channels/test_every_channel.py",
    ),
    Mutant(
        "a chat's text may call a whole channel",
        (_in("customer/compose/notice", '("<", "&lt;"), ', ""),),
        "unit/compose/test_notice.py",
    ),
    Mutant(
        "an endpoint that fails for long raises no alarm",
        (_in("customer/ledger/endpoints", "<= now - DEAD_SECONDS", "<= now - 1e9"),),
        "integration/channels/test_notices.py",
    ),
    Mutant(
        "a report is chained to nothing",
        (
            _in(
                "hub/tracking/chain",
                '"previous_hash": row.get("chain_hash", "")',
                '"previous_hash": ""',
            ),
        ),
        "unit/hub/test_chain.py",
    ),
    Mutant(
        "evidence without addresses has another hash",
        (_in("hub/tracking/chain", 'if "salt" not in entry:', "if True:"),),
        "unit/hub/test_chain.py",
    ),
    Mutant(
        "a report that meets another one is not kept",
        (
            _in(
                "hub/tracking/items",
                'if read_item(table, {"pk": entry["pk"], "sk": entry["sk"]}):',
                "if True:",
            ),
        ),
        "integration/hub/test_status_table.py",
    ),
    Mutant(
        "a file that is missing in an evidence file is not missed",
        (_in_evidence("verifying", "sorted(named.keys() - there)", "()"),),
        "integration/hub/test_evidence.py",
    ),
    Mutant(
        "an evidence file may be packed anew",
        (_in_evidence("verifying", "packed(files) != body", "False"),),
        "integration/hub/test_evidence.py",
    ),
    Mutant(
        "a person approves what they proposed",
        (
            _in(
                "hub/announcing/publish_approved",
                "proposer.casefold() == approver.casefold()",
                "False",
            ),
        ),
        "unit/hub/test_two_persons.py",
    ),
    Mutant(
        "a proposal that changed after its approval is announced",
        (_in("hub/announcing/publish_approved", "stored.sha256 != sha256", "False"),),
        "unit/hub/test_two_persons.py",
    ),
    Mutant(
        "one person announces where two must",
        (_in("hub/announcing/announce", "if self.two_persons and not unless:", "if False:"),),
        "unit/hub/test_two_persons.py",
    ),
    Mutant(
        "a completed change says more than its status",
        (
            _in(
                "hub/announcing/proposed",
                "if now != (change, raw, proposal.confidential, proposal.test):",
                "if False:",
            ),
        ),
        "unit/hub/test_proposed.py",
    ),
    Mutant(
        "a discard lets another revision stand than both persons saw",
        (
            _in(
                "hub/announcing/proposed",
                "if (*now, found.void) != (change, raw, void):",
                "if False:",
            ),
        ),
        "unit/hub/test_proposed.py",
    ),
    Mutant(
        "what one person announced is announced again",
        (
            _in(
                "hub/announcing/publish_approved",
                "    _refuse_another_effect(proposal, rehearsed)\n",
                "",
            ),
        ),
        "unit/hub/test_proposed.py",
    ),
    Mutant(
        "two approvals announce twice",
        (
            _in(
                "hub/announcing/publish_approved",
                "one.approved_hash == approval.sha256",
                "False",
            ),
        ),
        "unit/hub/test_two_persons.py",
    ),
)
