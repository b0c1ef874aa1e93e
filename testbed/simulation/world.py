"""One schedule: an account, its announcements, what goes wrong, and the result."""

import json
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from types import ModuleType
from typing import Any

from changecast.contract.change_announced import parse_announced
from changecast.contract.delivery_reported import REPORTED_TYPE
from changecast.contract.reserved_ids import TEST_SUFFIX
from changecast.customer.ledger import table as ledgers
from changecast.customer.ledger.evidence import note_event
from changecast.customer.ledger.held import drop_held
from changecast.customer.ledger.schema import (
    DUE_ANSWERS,
    DUE_BATCHES,
    DUE_REMINDERS,
    Recipient,
    Run,
)
from changecast.customer.mailing import Variant
from changecast.customer.planning import announcements, reminders, run_mails
from changecast.customer.planning.account_limits import AccountLimits
from changecast.customer.sending import batch as sending
from changecast.customer.sending.unanswered import Policy
from testbed.doubles.account import (
    ANSWERING,
    ENVIRONMENT,
    WITH_CHANNELS,
    Context,
    configure,
    load,
    set_clock,
)
from testbed.doubles.announcements import envelope
from testbed.doubles.dynamodb import Table
from testbed.doubles.events import Events
from testbed.doubles.s3 import S3
from testbed.doubles.ses import SentMail
from testbed.simulation.clients import Gate
from testbed.simulation.expectations import Mail, tally
from testbed.simulation.faults import Planned, Random
from testbed.simulation.hub import Hub, Process
from testbed.simulation.outcomes import INTACT, WINDOW, Assumptions, LiveSes
from testbed.simulation.queues import Queues
from testbed.simulation.reminding import ReminderKey, remind_tally
from testbed.simulation.stories import CHANGE, TOPICS, Step, Story, event_of

GATE = Gate()
LONGEST = 6 * 3_600.0
_LOOKED_AT = ({"S": DUE_BATCHES}, {"S": DUE_REMINDERS}, {"S": DUE_ANSWERS})
NO_LIMITS = AccountLimits(0, 0, 0, frozenset())


@lru_cache(maxsize=3)
def modules(*, channels: bool = False, answers: bool = False) -> dict[str, ModuleType]:
    """Return the real handlers, loaded once per process; their clients change with the schedule."""
    names = ("dynamodb", "s3", "sesv2", "sqs", "events", "sns", "secretsmanager")
    clients = {name: GATE.client(name) for name in names}
    more = (WITH_CHANNELS if channels else {}) | (ANSWERING if answers else {})
    own = {"UNKNOWN_WINDOW_MINUTES": str(int(WINDOW // 60))}
    loaded = load(clients, ENVIRONMENT | own | more)
    vars(announcements)["parse_announced"] = lru_cache(maxsize=512)(parse_announced)
    if not channels:
        _render_once()
    # Metrics are lines on stdout.
    configure(loaded["sweep"], "sweeper", measure=lambda *arguments: None)
    return loaded


def _render_once() -> None:
    """Rendering is pure and slow, so the same mail is rendered once for all schedules."""
    compose: Callable[..., Any] = vars(run_mails)["compose"]
    kept: dict[Any, Any] = {}

    def rendered(change: Any, mailing: Any, brand: Any, **more: Any) -> Any:
        previous = more["previous"]
        key = (
            change.model_dump_json(), mailing.kind, mailing.topic, mailing.base is None,
            previous.model_dump_json() if previous else "", more.get("test"), brand,
        )  # fmt: skip
        if key not in kept:
            kept[key] = compose(change, mailing, brand, **more)
        return kept[key]

    vars(run_mails)["compose"] = rendered
    vars(reminders)["compose"] = rendered


@dataclass
class Plot:
    """The content of one schedule. Announcements are (seconds from the start, revision)."""

    people: int
    batch_size: int
    announcements: list[tuple[float, int]]
    minor: bool
    policy: str
    faults: Random | Planned
    rng: random.Random | None
    assumptions: Assumptions = INTACT
    paused: tuple[float, float] = (0.0, 0.0)
    chaos: float = 0.0
    refused: frozenset[str] = frozenset()
    # From when to when record_outcome fails, and when a person drops the held recipients.
    outage: tuple[float, float] = (0.0, 0.0)
    dropped_at: float = 0.0
    limits: AccountLimits = NO_LIMITS
    story: Story | None = None
    channels: bool = False
    answers: bool = False
    # When the digest of the story's week is due; 0 where nobody may get one.
    digest_at: float = 0.0
    # When people open their pages, and perhaps try again.
    visits: tuple[float, ...] = ()

    @property
    def moments(self) -> list[float]:
        """Return the times of what the schedule itself decides."""
        told = self.story.moments if self.story else []
        announced = [seconds for seconds, _ in self.announcements]
        return [*announced, self.dropped_at, *told, *self.visits, self.digest_at]


@dataclass
class World:
    """A plot that is being played."""

    plot: Plot
    hub: Hub = field(default_factory=Hub)
    ses_type: type[LiveSes] = LiveSes
    queues_type: type[Queues] = Queues

    def __post_init__(self) -> None:
        plot, hub = self.plot, self.hub
        self.start = hub.now
        rng = plot.rng or random.Random(0)
        random.seed(rng.random())
        loaded = self.modules()
        sending._rendering.cache_clear()
        set_clock(loaded, hub)  # type: ignore[arg-type]
        self.queues = self.queues_type(hub, loaded, rng, chaos=plot.chaos)
        self.people = [f"p{number}@acme.example" for number in range(plot.people)]
        contacts = {"announcements": self.people, "calendar": self.people[:1]}
        if plot.story:
            contacts = {topic: [*listed] for topic, listed in plot.story.first.items()}
        self.ses = self.ses_type(contacts=contacts)
        self.ses.topics = (*TOPICS, "digest") if plot.digest_at else TOPICS
        self.ses.hub, self.ses.queues, self.ses.rng = hub, self.queues, plot.rng
        self.ses.assumptions, self.ses.refused = plot.assumptions, plot.refused
        self.ses.connect()
        self.queues.outage = (self.start + plot.outage[0], self.start + plot.outage[1])
        self.table, self.events = Table(), Events()
        note_event(replace(loaded["sweep"].ledger, client=self.table), self.start - 86_400.0)
        GATE.hub, GATE.faults, GATE.is_paused = hub, plot.faults, self.is_paused
        GATE.fakes = {
            "dynamodb": self.table, "s3": S3(), "sesv2": self.ses, "sqs": self.queues,
            "events": self.events,
        }  # fmt: skip
        self._configure(loaded)

    def modules(self) -> dict[str, ModuleType]:
        """Return the real handlers of an account like this."""
        if self.plot.answers:
            return modules(answers=True)
        return modules(channels=True) if self.plot.channels else modules()

    def _configure(self, loaded: dict[str, ModuleType]) -> None:
        sender = replace(loaded["send_mail"].deliveries.sender, each=self.hub.each)
        # As in a long run, no batch is certain to have its own report.
        configure(loaded["send_mail"], "deliveries", sender=sender, always_reported=0)
        configure(loaded["record_outcome"], "recorder", each=self.hub.each)
        offsets = self.plot.story.reminders if self.plot.story else ()
        planner = replace(
            loaded["plan_delivery"].announcements.planner,
            remind_before=offsets,
            batch_size=self.plot.batch_size,
            limits=self.plot.limits,
            has_digest=self.plot.digest_at > 0,
            allow_list=self.plot.story.testers if self.plot.story else frozenset(),
        )
        configure(loaded["plan_delivery"], "announcements", planner=planner)
        settings = replace(
            loaded["sweep"].settings,
            unknown_policy=self.plot.policy,
            reminders="some" if offsets else "",
            digest="yes" if self.plot.digest_at else "no",
        )
        configure(loaded["sweep"], "sweeper", settings=settings)
        self.sweep: Callable[..., None] = loaded["sweep"].handler

    def is_paused(self) -> bool:
        """Return whether SES refuses all mails now."""
        start, end = self.plot.paused
        paused = self.start + start <= self.hub.now < self.start + end
        self.ses.enabled = not paused
        return paused

    def play(self) -> "World":
        """Play until nothing more happens."""
        for seconds, revision in self.plot.announcements:
            self.announce(seconds, _announcement(revision, minor=self.plot.minor))
        if self.plot.story:
            self._tell(self.plot.story)
        self.hub.at(self.start + 30.0, self._every_minute)
        # When the last failure of the outage is visible again, or is a dead letter.
        self.hub.at(self.start + self.plot.outage[1] + 400.0, self.queues.redrive)
        if self.plot.dropped_at:
            self.hub.at(self.start + self.plot.dropped_at, self._drop_held)
        logging.disable(logging.CRITICAL)
        try:
            self.hub.run(self.start + LONGEST + max(self.plot.moments, default=0.0))
        finally:
            logging.disable(logging.NOTSET)
        return self

    def announce(self, seconds: float, event: dict[str, Any]) -> None:
        """Deliver an event, as the bus does, at a number of seconds from the start."""
        body = json.dumps(event)

        def deliver() -> None:
            self.queues.send_message(QueueUrl="announcements", MessageBody=body)

        self.hub.at(self.start + seconds, deliver)

    def _tell(self, story: Story) -> None:
        for saying in story.sayings:
            self.announce(saying.at, event_of(saying))
        for step in story.steps:
            self.hub.at(self.start + step.at, partial(self._join_or_leave, step))

    def _join_or_leave(self, step: Step) -> None:
        listed = self.ses.contacts[step.topic]
        if step.joins:
            listed.append(step.address)
        else:
            listed.remove(step.address)

    def _drop_held(self) -> None:
        """Do what `changecast held --drop` does, for every run."""
        ledger = self.modules()["sweep"].ledger

        def drop() -> None:
            for run in ledgers.runs_of(ledger, CHANGE):
                drop_held(ledger, run, self.hub.time())

        person = Process("person", 0.0, self.hub.now + 60.0, lambda answer: None, faultless=True)
        self.hub.start(person, drop)

    def _every_minute(self) -> None:
        """Run the sweep by its schedule. A sweep that would find nothing is not played."""
        due = self.due()
        self.is_paused()
        if due and min(due) <= self.hub.now + 6.0:
            process = Process("sweep", self.queues.skew(), self.hub.now + 60.0, lambda answer: None)
            self.hub.start(process, lambda: self.sweep({}, Context(60)))
        if (next_ := self._next_minute(due)) is not None:
            self.hub.at(next_, self._every_minute)

    def due(self) -> list[float]:
        """Return when the sweep has something to do."""
        items = self.table.items.values()
        return [float(i["due_at"]["N"]) for i in items if i.get("due") in _LOOKED_AT]

    def _next_minute(self, due: list[float]) -> float | None:
        """Return the next minute in which anything can be due, or None if there is none."""
        now = self.hub.now
        if any(self.queues.queue(source) for source in self.queues.sources):
            return now + 60.0
        times = [self.start + seconds for seconds in self.plot.moments]
        soonest = min([*due, *(time for time in times if time >= now)], default=None)
        if soonest is None:
            return None
        return now + 60.0 * max(1.0, (soonest - now) // 60.0)

    # ---- what came of it

    def recipients(self, run: Run) -> list[Recipient]:
        """Return every recipient of a run, as the table has it."""
        GATE.faults = Planned(frozenset())
        GATE.hub = _Still(self.hub.now)
        ledger = self.modules()["sweep"].ledger
        return [r for batch in ledgers.batches_of(ledger, run) for r in batch.recipients]

    def runs(self) -> list[Run]:
        """Return every run of the change."""
        GATE.faults = Planned(frozenset())
        GATE.hub = _Still(self.hub.now)
        ledger = self.modules()["sweep"].ledger
        tests = ledgers.runs_of(ledger, CHANGE + TEST_SUFFIX) if self.plot.story else []
        return [*ledgers.runs_of(ledger, CHANGE), *tests, *ledgers.reminders_of(ledger, CHANGE)]


class _Still(Hub):
    """A hub in which nothing else happens, for checking the result."""

    def __init__(self, now: float) -> None:
        super().__init__(now)

    def sleep(self, seconds: float) -> None:
        """Stop the time."""


@lru_cache(maxsize=64)
def _announcement(revision: int, *, minor: bool) -> dict[str, Any]:
    if minor:
        return envelope(revision, prior_status=f"version {revision}")
    return envelope(revision, hours=1 + revision)


@dataclass
class Verdict:
    """The result of one schedule, or of many."""

    schedules: int = 0
    mails: int = 0
    twice: int = 0
    lost: int = 0
    stuck: int = 0
    untrue: int = 0
    held: int = 0
    astray: int = 0

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(*(mine + its for mine, its in zip(_all(self), _all(other), strict=True)))

    @property
    def is_clean(self) -> bool:
        """Return whether no mail was sent twice, astray, lost or stuck, and no row is wrong."""
        return not (self.twice or self.lost or self.stuck or self.untrue or self.astray)


def _all(verdict: Verdict) -> list[int]:
    return [getattr(verdict, name) for name in Verdict.__dataclass_fields__]


def judge(world: World) -> Verdict:
    """Check the mails that SES accepted, the ledger, and what the hub was told."""
    mails = Counter((mail.tags["r"].partition("-")[0], mail.to) for mail in world.ses.mails)
    runs = world.runs()
    people = {run.run: world.recipients(run) for run in runs}
    everybody = [recipient for run in runs for recipient in people[run.run]]
    story = world.plot.story
    told = tally(story, _seen(world, runs, people), _held(runs, people)) if story else None
    if story and told and story.reminders:
        seen = _seen(world, runs, people)
        told = told + remind_tally(story, seen, _held_reminders(world, runs, people))
    return Verdict(
        schedules=1,
        mails=len(world.ses.mails),
        twice=sum(number - 1 for number in mails.values()),
        lost=told.lost if told else _lost(world, runs, people, mails),
        astray=told.astray if told else 0,
        stuck=sum(r.state in {"PLANNED", "SENDING", "UNKNOWN"} for r in everybody)
        + sum(not run.complete for run in runs)
        + (not runs and not story),
        untrue=_untrue(world, runs, people, mails),
        held=sum(r.state == "HELD" for r in everybody),
    )


def judge_run(world: World, run: Run, mails: list[SentMail]) -> Verdict:
    """Check one run by itself: the mails that SES accepted, its rows, and what the hub was told."""
    rows = world.recipients(run)
    sent = Counter((run.run, mail.to) for mail in mails)
    return Verdict(
        mails=len(mails),
        twice=sum(number - 1 for number in sent.values()),
        stuck=sum(r.state in {"PLANNED", "SENDING", "UNKNOWN"} for r in rows) + (not run.complete),
        untrue=_untrue(world, [run], {run.run: rows}, sent),
        held=sum(r.state == "HELD" for r in rows),
    )


def _seen(world: World, runs: list[Run], people: dict[str, list[Recipient]]) -> list[Mail]:
    """Return the mails as people saw them, in the order in which SES accepted them."""
    of = {run.run: run for run in runs}
    variants = {(run.run, row.address): row.variant for run in runs for row in people[run.run]}
    seen = []
    for mail in world.ses.mails:
        run = of[mail.tags["r"].partition("-")[0]]
        seen.append(
            Mail(
                world.ses.accepted_at[mail.message_id] - world.start,
                mail.to,
                run.change_id.endswith(TEST_SUFFIX),
                run.revision,
                mail.message_id in world.ses.bounced,
                (run.starts_at - world.start, run.reminds) if run.is_reminder else None,
                variants.get((run.run, mail.to)) != Variant.REMINDER,
            )
        )
    return seen


def _held_reminders(
    world: World, runs: list[Run], people: dict[str, list[Recipient]]
) -> set[ReminderKey]:
    return {
        (run.starts_at - world.start, run.reminds, row.address)
        for run in runs
        for row in people[run.run]
        if run.is_reminder and row.state == "HELD"
    }


def _held(runs: list[Run], people: dict[str, list[Recipient]]) -> set[tuple[str, int, bool]]:
    return {
        (row.address, run.revision, run.change_id.endswith(TEST_SUFFIX))
        for run in runs
        for row in people[run.run]
        if row.state == "HELD" and not run.is_reminder
    }


def _lost(world: World, runs: list[Run], people: dict[str, list[Recipient]], mails: Any) -> int:
    """Return subscribers without the last revision's mail, who are not in the ledger either."""
    if not runs:
        return len(world.people)
    newest = runs[-1]
    has_row = {r.address: r for r in people[newest.run]}
    lost = 0
    for address in world.people:
        row = has_row.get(address)
        if row is None:
            base = [r for run in runs[:-1] for r in people[run.run] if r.address == address]
            lost += not any(mails[(run.run, address)] for run in runs[:-1]) or not base
        elif not mails[(newest.run, address)]:
            lost += not (_is_told_of(world.plot, row) or address in world.plot.refused)
    return lost


def _is_told_of(plot: Plot, row: Recipient) -> bool:
    """Return whether people can see that this mail's result is unknown, or decided about it."""
    is_silent = plot.outage[1] > 0 or plot.assumptions.stops > 0
    may_hold = plot.policy == Policy.HOLD or is_silent
    return may_hold and (row.state == "HELD" or (row.state == "FAILED" and plot.dropped_at > 0))


def _untrue(world: World, runs: list[Run], people: dict[str, list[Recipient]], mails: Any) -> int:
    """Return rows, counts and last reports that are wrong."""
    wrong = 0
    for run in runs:
        rows = people[run.run]
        for row in rows:
            says_so = row.state in {"SENT", "DELIVERED", "SOFT_BOUNCED", "BOUNCED", "COMPLAINED"}
            is_open = row.state in {"HELD", "FAILED"} and world.plot.assumptions.loses
            wrong += not is_open and says_so != bool(mails[(run.run, row.address)])
        wrong += run.complete and len(rows) != run.planned
        wrong += not _is_reported(world, run, rows)
    return wrong


def _is_reported(world: World, run: Run, rows: list[Recipient]) -> bool:
    states = Counter(str(row.state) for row in rows)
    reports = [
        json.loads(entry["Detail"])
        for entry in world.events.entries
        if entry["DetailType"] == REPORTED_TYPE
    ]
    named = (run.change_id, run.revision, run.event_id if run.is_reminder else "")
    of_run = [
        r
        for r in reports
        if (r["change_id"], r["revision"], r["event_id"] if r.get("reminder") else "") == named
    ]
    mine = [r for r in of_run if r["state"] != "rejected"]
    if not mine:
        return False
    counts = max(mine, key=lambda report: int(report["report_seq"]))["counts"]
    bounced = states["BOUNCED"] + states["SOFT_BOUNCED"]
    sent = states["SENT"] + states["DELIVERED"] + bounced
    expected = (len(rows), sent, states["DELIVERED"], bounced, states["FAILED"], states["HELD"])
    names = ("planned", "sent", "delivered", "bounced", "failed", "held")
    return expected == tuple(counts[name] for name in names)
