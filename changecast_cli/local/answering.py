"""The demo's last step: print one person's link, and show the answer when it arrives."""

import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.markup import escape

from changecast.hub.announcing.announce import Hub
from changecast.hub.tracking.responses import answers
from changecast_cli.local.mails import Mail
from changecast_cli.terminal import err, out
from changecast_cli.watching.responses import told

_LINK = re.compile(r"^(https?://\S+/c/\S+)$", re.MULTILINE)
# How often the demo looks for an answer, once a second.
LOOKS = 900

Answer = Mapping[str, Any]


@dataclass(frozen=True)
class Invitation:
    """One person's link to one change, from a mail."""

    change_id: str
    customer: str
    to: str
    link: str

    def plain(self) -> dict[str, str]:
        """Return the value that JSON output contains."""
        return asdict(self)


def invitation(mails: Iterable[Mail], change_id: str, customer: str) -> Invitation | None:
    """Return the newest link in a customer's mails about a change; None if there is none."""
    own = [mail for mail in mails if mail["customer"] == customer and change_id in mail["text"]]
    for mail in reversed(own):
        if found := _LINK.search(mail["text"].replace("\r\n", "\n")):
            return Invitation(change_id, customer, str(mail["to"]), found[1])
    return None


def arriving(
    fetch: Callable[[], Iterable[Answer]], wait: Callable[[float], None], looks: int
) -> Iterator[Answer]:
    """Yield every answer once, as it arrives at the hub; `fetch` returns all answers so far."""
    known: set[str] = set()
    for _ in range(looks):
        for answer in fetch():
            if answer["event_id"] not in known:
                known.add(answer["event_id"])
                yield answer
        wait(1.0)


def invite(hub: Hub, asked: Invitation, *, kept: bool) -> None:
    """Print the link; on a terminal, also show the answers until Ctrl-C."""
    out.print(f"\nAnswer as {escape(asked.to)}: open this link in a browser on this machine.")
    out.print(asked.link, highlight=False, markup=False)
    if kept:
        out.print(
            f"  changecast responses {asked.change_id}    # in a shell configured for the hub"
        )
    elif not sys.stdin.isatty():
        err.print(
            "[dim]The link works only while the embedded cloud runs. To leave it running, add "
            "--keep.[/]"
        )
    else:
        _show_arriving(hub, asked)


def _show_arriving(hub: Hub, asked: Invitation) -> None:
    err.print(f"[dim]Waiting up to {LOOKS // 60} minutes for your answer. Ctrl-C ends the demo.[/]")
    try:
        for answer in arriving(
            lambda: answers(hub.table, asked.change_id, asked.customer), time.sleep, LOOKS
        ):
            says = told(answer)
            what = f"{answer['response'].replace('_', ' ')}{f': {says}' if says else ''}"
            out.print(f"The hub got an answer from {asked.customer}: {what}", markup=False)
    except KeyboardInterrupt:
        err.print("[dim]The demo ends.[/]")
