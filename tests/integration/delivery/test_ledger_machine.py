"""The ledger's own functions in any order, over the fake table, and over moto beside it.

Both must hold the same items after every step: so the fake that the simulation uses is trusted.
"""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from moto import mock_aws

from changecast.customer.ledger import runs
from changecast.customer.ledger.due_index import due_batches, schedule, set_due
from changecast.customer.ledger.held import drop_held, release_held
from changecast.customer.ledger.opening import add_recipients, begin
from changecast.customer.ledger.schema import Batch, Recipient, Run, run_id
from changecast.customer.ledger.states import ACCEPTED, OPEN, RecipientEvent, State
from changecast.customer.ledger.table import Ledger, counts, read_batch, read_run
from changecast.customer.ledger.transitions import Move, claim, move
from testbed.doubles.dynamodb import Table
from tests.integration.delivery.conftest import moto_table

RUN = Run(
    run_id("CHG1", 1), "CHG1", 1, "event-1", "f", "announcement", "announcements", True, 1_000.0, ""
)
PEOPLE = [Recipient(f"k{number}", f"p{number}@acme.example", "full") for number in range(3)]
WINDOW, LEASE = 600.0, 120.0
ANSWERS = [
    RecipientEvent.ACCEPTED, RecipientEvent.NOT_CALLED, RecipientEvent.THROTTLED,
    RecipientEvent.PAUSED, RecipientEvent.REFUSED, RecipientEvent.NO_ANSWER,
]  # fmt: skip
SES_EVENTS = [event for event in RecipientEvent if event.startswith("seen_")]
who = st.integers(0, len(PEOPLE) - 1)


class LedgerMachine(RuleBasedStateMachine):
    """Senders, sweeps, outcomes and people who all know only what they last read."""

    def tables(self) -> list[Any]:
        """The tables to do everything in."""
        return [Table()]

    def __init__(self) -> None:
        super().__init__()
        self.ledgers = [self._ledger(table) for table in self.tables()]
        self.now = 1_000.0
        self.claims: list[tuple[Batch, Recipient]] = []
        self.seen: list[Batch] = []
        self.accepted: set[str] = set()
        for ledger in self.ledgers:
            begin(ledger, RUN)
            add_recipients(ledger, RUN, PEOPLE, 10)
            runs.complete(ledger, RUN)

    def _ledger(self, table: Any) -> Ledger:
        return Ledger(table, "ledger", 10_000_000.0, WINDOW, lambda seconds: None)

    def _do(self, call: Any) -> Any:
        """Do it in every table; all must answer alike."""
        answers = [call(ledger) for ledger in self.ledgers]
        assert answers == answers[:1] * len(answers)
        return answers[0]

    def _read(self) -> Batch:
        found = self._do(lambda ledger: read_batch(ledger, RUN.run, 1))
        assert isinstance(found, Batch)
        return found

    @rule(seconds=st.sampled_from([0.0, 1.0, LEASE, LEASE + 1, WINDOW, WINDOW + LEASE]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def somebody_reads(self) -> None:
        self.seen = [*self.seen[-2:], self._read()]

    @rule(is_stale=st.booleans(), owner=st.uuids())
    def a_sender_claims(self, is_stale: bool, owner: object) -> None:
        batch = self.seen[0] if is_stale and self.seen else self._read()
        batch, mine = self._do(
            lambda ledger: claim(ledger, batch, owner=str(owner), lease=LEASE, now=self.now)
        )
        assert not {recipient.key for recipient in mine} & self.accepted
        self.claims += [(batch, recipient) for recipient in mine]

    @precondition(lambda self: self.claims)
    @rule(answer=st.sampled_from(ANSWERS), at=st.integers(0, 20))
    def ses_answers(self, answer: RecipientEvent, at: int) -> None:
        batch, recipient = self.claims.pop(at % len(self.claims))
        self._do(lambda ledger: move(ledger, batch, [Move(recipient, answer)], self.now))
        if answer is RecipientEvent.ACCEPTED:
            self.accepted.add(recipient.key)

    @rule(event=st.sampled_from(SES_EVENTS), number=who)
    def ses_event_arrives(self, event: RecipientEvent, number: int) -> None:
        recipient = next(r for r in self._read().recipients if r.key == PEOPLE[number].key)
        if not recipient.attempt:
            return
        batch = Batch(RUN.run, 1, "", 0, version=None, recipients=(recipient,))
        self._do(lambda ledger: move(ledger, batch, [Move(recipient, event)], self.now))
        self.accepted.add(recipient.key)

    @rule(
        over=st.sampled_from([RecipientEvent.WINDOW_OVER_HOLD, RecipientEvent.WINDOW_OVER_RESEND])
    )
    def a_sweep_looks(self, over: RecipientEvent) -> None:
        batch = self._read()
        moves = [
            Move(r, RecipientEvent.LEASE_OVER)
            for r in batch.recipients
            if r.lease_until <= self.now
        ]
        unknown = [r for r in batch.recipients if r.state is State.UNKNOWN]
        moves += [Move(r, over) for r in unknown if r.since + WINDOW <= self.now]
        batch, _ = self._do(lambda ledger: move(ledger, batch, moves, self.now))
        when = None if not any(r.state in OPEN for r in batch.recipients) else self.now + 60
        self._do(lambda ledger: set_due(ledger, batch, when))

    @rule(event=st.sampled_from([RecipientEvent.RELEASED, RecipientEvent.DROPPED]))
    def a_person_decides(self, event: RecipientEvent) -> None:
        decide = release_held if event is RecipientEvent.RELEASED else drop_held
        self._do(lambda ledger: decide(ledger, RUN, self.now))

    @precondition(lambda self: self.seen)
    @rule(rate=st.sampled_from([0.0, 14.0]))
    def somebody_schedules_what_was_read_before(self, rate: float) -> None:
        batch = self.seen[0]
        self._do(
            lambda ledger: schedule(
                ledger, batch, not_before=self.now, rate=rate, look_at=self.now + 60
            )
        )

    @precondition(lambda self: self.seen)
    @rule()
    def somebody_believes_an_old_batch_to_be_done(self) -> None:
        if not any(recipient.state in OPEN for recipient in self.seen[0].recipients):
            self._do(lambda ledger: set_due(ledger, self.seen[0], None))

    @invariant()
    def counts_are_what_the_recipients_are(self) -> None:
        run = self._do(lambda ledger: read_run(ledger, RUN.run))
        counted = self._do(lambda ledger: counts(ledger, run))
        states = [recipient.state for recipient in self._read().recipients]
        assert +counted == {state: states.count(state) for state in set(states)}

    @invariant()
    def open_recipients_are_looked_at(self) -> None:
        found = self._do(lambda ledger: [b.number for b in due_batches(ledger, self.now + 10**6)])
        is_open = any(recipient.state in OPEN for recipient in self._read().recipients)
        assert found or not is_open

    @invariant()
    def an_accepted_mail_stays_so(self) -> None:
        for recipient in self._read().recipients:
            if recipient.key in self.accepted:
                assert recipient.state in ACCEPTED | {State.REJECTED}


class TwoTables(LedgerMachine):
    """The same in moto too."""

    def tables(self) -> list[Any]:
        """The fake one and moto's."""
        self.aws = mock_aws()
        self.aws.start()
        return [Table(), moto_table()]

    def teardown(self) -> None:
        """Leave moto."""
        self.aws.stop()

    @invariant()
    def both_tables_are_the_same(self) -> None:
        memory, moto = self.ledgers
        items = moto.client.scan(TableName="ledger")["Items"]
        table: Any = memory.client
        assert {(i["pk"]["S"], i["sk"]["S"]): _plain(i) for i in items} == {
            key: _plain(item) for key, item in table.items.items()
        }


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    return {name: float(value["N"]) if "N" in value else value for name, value in item.items()}


def _settings(examples: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


TestLedger = LedgerMachine.TestCase
TestLedger.settings = _settings(150)
TestLedgerInTwoTables = TwoTables.TestCase
TestLedgerInTwoTables.settings = _settings(5)
