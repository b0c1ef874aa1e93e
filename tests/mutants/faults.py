"""Faults that somebody might plant in the ledger, the planner or the sender; each must be found."""

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


_ONLY_IF_READ = '"version = :version"'

MUTANTS = (
    Mutant(
        "sent is written before the call",
        (
            _in(
                "states",
                "(_S.PLANNED, _H.CLAIMED): _S.SENDING",
                "(_S.PLANNED, _H.CLAIMED): _S.SENT",
            ),
        ),
        "integration/delivery/test_five_hundred.py",
    ),
    Mutant(
        "a claim without a condition",
        (
            _in("moves", "#state = :was AND attempt = :before", "attribute_exists(pk)"),
            _in("moves", _ONLY_IF_READ, '"attribute_exists(pk)"'),
        ),
        "integration/delivery/test_ledger_machine.py",
    ),
    Mutant(
        "a lease of 0 s",
        (_in("moves", "lease_until=now + lease", "lease_until=now"),),
        "integration/delivery/test_leases.py",
    ),
    Mutant(
        "a lease shorter than the function's timeout",
        (Edit("template.yaml", 'LEASE_SECONDS: "120"', 'LEASE_SECONDS: "30"'),),
        "integration/delivery/test_leases.py",
    ),
    Mutant(
        "a window of 0 s",
        (_in("settings", "self.unknown_window_minutes * 60.0", "0.0"),),
        "integration/delivery/test_send_mail.py",
    ),
    Mutant(
        "a sweep that looks early does not wait for the window",
        (_in("sweeping", "recipient.since + window <= now", "recipient.since <= now"),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "SES's client retries",
        (_in("mailer", '"total_max_attempts": 1', '"total_max_attempts": 3'),),
        "integration/delivery/test_on_the_wire.py",
    ),
    Mutant(
        "a 5xx is tried again",
        (_in("mailer", 'return Unanswered(f"SES answered', 'return Retry(f"SES answered'),),
        "unit/delivery/test_mailer.py",
    ),
    Mutant(
        "no answer counts as sent",
        (_in("sending", "Happening.NO_ANSWER, code", "Happening.ACCEPTED, code"),),
        "integration/delivery/test_on_the_wire.py",
    ),
    Mutant(
        "a throttled recipient is not released",
        (
            _in(
                "sending",
                "Move(recipient, Happening.THROTTLED)",
                "Move(recipient, Happening.CLAIMED)",
            ),
        ),
        "integration/delivery/test_on_the_wire.py",
    ),
    Mutant(
        "a throttled batch goes on calling",
        (_in("sending", "    except Retry:\n        brake.pulled.set()\n", "    except Retry:\n"),),
        "integration/delivery/test_send_mail.py",
    ),
    Mutant(
        "a paused run goes on",
        (_in("sending", "or run.paused or run.superseded", "or run.superseded"),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "evidence about an unknown recipient is ignored",
        (_in("states", "_UNSETTLED = (_S.PLANNED, _S.SENDING, _S.UNKNOWN,", "_UNSETTLED = ("),),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a late answer is thrown away",
        (
            _in(
                "states",
                "for state in (_S.SENDING, _S.UNKNOWN, _S.HELD)",
                "for state in (_S.SENDING,)",
            ),
        ),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "late proof about a mail that was given up is lost",
        (_in("states", "_S.HELD, _S.SUPERSEDED, _S.FAILED)", "_S.HELD, _S.SUPERSEDED)"),),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a late answer about a mail that was given up is lost",
        (_in("states", "(_S.PLANNED, _S.SUPERSEDED, _S.FAILED)", "(_S.PLANNED, _S.SUPERSEDED)"),),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a mail that SES threw away counts as sent",
        (_in("states", "_H.SEEN_REJECTED: _S.REJECTED", "_H.SEEN_REJECTED: _S.SENT"),),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a mail is sent once more although SES's events do not arrive",
        (_in("sweeping", "or run.superseded or _is_heard(sweep_, run)", "or True"),),
        "integration/delivery/test_channel.py",
    ),
    Mutant(
        "events that wait are no reason to wait",
        (_in("channel", "    if channel.waiting:\n        return False\n", ""),),
        "unit/delivery/test_channel.py",
    ),
    Mutant(
        "dead events are no reason to wait",
        (
            Edit(
                "functions/sweep.py",
                "(settings.outcomes_queue_url, settings.outcomes_dlq_url)",
                "(settings.outcomes_queue_url,)",
            ),
        ),
        "integration/delivery/test_channel.py",
    ),
    Mutant(
        "a silent SES is no reason to wait",
        (_in("channel", "channel.heard_at + _SKEW >= max(taken)", "True"),),
        "unit/delivery/test_channel.py",
    ),
    Mutant(
        "a small change waits for the whole of a large one",
        (Edit("functions/sweep.py", "iter(in_turn(due(ledger, now)))", "iter(due(ledger, now))"),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "what a sweep has put off is forgotten group by group",
        (
            _in(
                "pace",
                "self.put_off += batch.waiting / rate",
                "self.put_off = batch.waiting / rate",
            ),
        ),
        "unit/delivery/test_pace.py",
    ),
    Mutant(
        "SES took a mail when that was written down",
        (_in("moves", "since=item.at or now", "since=now"),),
        "integration/delivery/test_channel.py",
    ),
    Mutant(
        "that SES spoke early in a run is enough",
        (_in("channel", "max(head.accepted_at, run.started_at)", "run.started_at"),),
        "integration/delivery/test_channel.py",
    ),
    Mutant(
        "nobody notes when SES took a mail",
        (_in("moves", "for step in steps if step.now_is.state is State.SENT]", "for step in ()]"),),
        "integration/delivery/test_channel.py",
    ),
    Mutant(
        "nobody notes that SES was heard",
        (
            Edit(
                "functions/record_outcome.py",
                "note_heard(ledger, min(newest, time.time()))",
                "pass",
            ),
        ),
        "integration/delivery/test_channel.py",
    ),
    Mutant(
        "a state goes backwards",
        (_in("states", "if to in _LATER[rank + 1 :]", "if to in _LATER and to != state"),),
        "unit/delivery/test_states.py",
    ),
    Mutant(
        "a failing record is hidden",
        (
            _in(
                "batches",
                'return {"batchItemFailures": failed}',
                'return {"batchItemFailures": []}',
            ),
        ),
        "unit/delivery/test_queues.py",
    ),
    Mutant(
        "an older revision is not superseded",
        (_in("planning", "if not known.superseded:", "if known.superseded:"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a superseded run is sent",
        (
            _in("sending", "or run.paused or run.superseded", "or run.paused"),
            _in("runs", "r.state is State.PLANNED]", "r.state is State.HELD]"),
        ),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a late older revision is mailed",
        (_in("plan", "runs[-1].revision > announced.revision", "not runs"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "two revisions planned at once do not look again",
        (_in("planning", "and _same(draft.known, known, begun)", ""),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a run's id without its revision",
        (_in("ledger_items", 'f"{change_id}|{revision}".encode()', 'f"{change_id}".encode()'),),
        "integration/delivery/test_five_hundred.py",
    ),
    Mutant(
        "a recipient's key without the revision",
        (_in("ledger_items", "{change_id}|{revision}|{address}", "{change_id}|{address}"),),
        "unit/delivery/test_recipients.py",
    ),
    Mutant(
        "other content of a revision is taken",
        (_in("plan", "run.revision == announced.revision and not is_same", "run.revision < 0"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "a batch is written over",
        (_in("opening", 'absent | {"Item": item}', '{"TableName": ledger.table, "Item": item}'),),
        "simulation/test_simulation.py",
    ),
    Mutant(
        "an interrupted plan adds everybody again",
        (_in("opening", "if recipient.key not in known]", "]"),),
        "integration/delivery/test_plan_delivery.py",
    ),
    Mutant(
        "whoever has seen less decides when a batch is due",
        (
            _in("agenda", '"version = :read"', '"attribute_exists(pk) OR version = :read"'),
            _in("moves", _ONLY_IF_READ, '"attribute_exists(pk)"'),
        ),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "the sweep trusts its index",
        (_in("sweeping", "batch.due_at is None or batch.due_at > now", "batch.due_at is None"),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "what a dead recorder wrote is never reported",
        (_in("batches", ") > 1", ") > 99"),),
        "integration/delivery/test_outcomes.py",
    ),
    Mutant(
        "a run beyond a limit goes on",
        (_in("runs", "    if not run.paused:\n", "    if True:\n"),),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a limit is looked at by nobody",
        (
            _in(
                "planning",
                "    run = admit(planner.ledger, run, wanted, planner.limits, now)\n",
                "",
            ),
        ),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a run that is counted does not say so",
        (_in("tallies", '"SET counted = :mails"', '"SET was_counted = :mails"'),),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a full tally takes more",
        (_in("tallies", " OR so_many <= :room", " OR attribute_exists(pk)"),),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a run that was let go is stopped again",
        (
            _in("admission", "if stands.let_go or not", "if not"),
            _in("runs", "complete = :no AND let_go = :no", "complete = :no"),
        ),
        "integration/delivery/test_limits.py",
    ),
    Mutant(
        "a stop that passes takes the place of one that does not",
        (_in("runs", '"paused = :no" if stop.code in PASSING else ', ""),),
        "integration/delivery/test_sweep.py",
    ),
    Mutant(
        "a mark that nobody takes away silences a run for ever",
        (_in("expecting", " and now < float(run[_SINCE]) + _STALE_SECONDS", ""),),
        "integration/delivery/test_expecting.py",
    ),
    Mutant(
        "whoever finds its own mark does not ask for a report",
        (
            _in(
                "expecting",
                "_is_asked(before, now) and before[_MARK] != asker",
                "_is_asked(before, now)",
            ),
        ),
        "integration/delivery/test_expecting.py",
    ),
    Mutant(
        "a report leaves the mark of those who asked for it",
        (Edit("functions/report_delivery.py", 'take_up(ledger, named(hint, "run"))', "pass"),),
        "integration/delivery/test_expecting.py",
    ),
    Mutant(
        "renderings are read after the claim",
        (_in("sending", "    if templates is None:\n        return None\n", ""),),
        "integration/delivery/test_send_mail.py",
    ),
)
