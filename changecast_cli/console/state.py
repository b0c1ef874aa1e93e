"""What one console keeps: the account, the board, and what it found in customers' accounts."""

from dataclasses import dataclass, field

from changecast_cli.console.aws import Aws
from changecast_cli.console.board import Board
from changecast_cli.console.drafts import Drafts
from changecast_cli.console.guard import Door
from changecast_cli.console.inside import (
    Buried,
    Person,
    dead_letters_of,
    differing,
    examined,
    people_of,
    restored,
)
from changecast_cli.console.kept_mails import KeptMails
from changecast_cli.console.looking import Looks
from changecast_cli.doctor.verdicts import Verdict
from changecast_cli.repair.command import Repaired


@dataclass(frozen=True)
class Console:
    """What every page needs; `base` is the prefix of its addresses.

    `person` is the user's aws:SourceIdentity, if it is not the name of the role session.
    """

    aws: Aws
    board: Board
    base: str
    read_only: bool
    person: str | None = None
    drafts: Drafts = field(default_factory=Drafts)
    kept_mails: KeptMails = field(default_factory=KeptMails)
    doctor: Looks[Verdict] = field(default_factory=lambda: Looks(examined))
    people: Looks[Person] = field(default_factory=lambda: Looks(people_of))
    dead_letters: Looks[Buried] = field(default_factory=lambda: Looks(dead_letters_of))
    comparisons: Looks[Repaired] = field(default_factory=lambda: Looks(differing))
    restorations: Looks[Repaired] = field(default_factory=lambda: Looks(restored))


def console_of(aws: Aws, door: Door, *, read_only: bool, person: str | None = None) -> Console:
    """Return a console over an account; `person` is an aws:SourceIdentity."""
    return Console(aws, Board(lambda: aws.table), f"/{door.prefix}", read_only, person)
