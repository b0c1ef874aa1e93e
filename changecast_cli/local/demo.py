"""changecast demo: everything from nothing to mails, in an embedded cloud."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from changecast.hub.announcing.announce import Announcement, Hub, announce, connect
from changecast.hub.registry import Customer
from changecast_cli.announcing.documents import DocumentFile, read_files
from changecast_cli.announcing.rehearsal import refuse_faulty
from changecast_cli.announcing.results import final_run
from changecast_cli.deploying.sam import repository
from changecast_cli.failures import FAILED
from changecast_cli.local import process as local_cloud
from changecast_cli.local.answering import Invitation, invitation, invite
from changecast_cli.local.endpoints import (
    Endpoints,
    Told,
    add_endpoints,
    remove_webhook,
    show,
    told,
)
from changecast_cli.local.mails import Mail, by_customer, summary_table, write_mails
from changecast_cli.local.process import LocalCloud
from changecast_cli.local.stage import (
    HUB,
    REGION,
    Stage,
    add_contacts,
    deploy_all,
    registered,
    stage_for,
)
from changecast_cli.options import AsJson
from changecast_cli.terminal import counted, err, out, print_json, working
from changecast_cli.watching.runs import Run, is_bad, is_final
from changecast_cli.watching.tables import runs_table

if TYPE_CHECKING:
    from changecast_cli.local.receiver import Receiver

CUSTOMERS = "acme,globex,initech"
SAMPLES = ("a-current-approved.json", "a-current-rescheduled.json")
WAIT_SECONDS, DELIVERED_SECONDS = 180.0, 15.0


@dataclass(frozen=True)
class Shown:
    """Result of the demo: a run per file, every mail of any account, and a link to answer with.

    `asked` is None if no mail went to the customer whose people can answer. `told` is what that
    customer's chat and webhook got.
    """

    runs: list[Run]
    mails: list[Mail]
    asked: Invitation | None
    told: Told


def demo(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Change documents to announce, in order (default: two samples).",
                       metavar="FILE"),
    ] = None,
    customers: Annotated[str, typer.Option(help="Customer codes, separated by commas.")] = (
        CUSTOMERS
    ),
    contacts: Annotated[
        int, typer.Option(help="People per customer; at most 10000.", min=0, max=10_000)
    ] = 5,
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Leave it all running; `changecast local down` stops it."),
    ] = False,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Deploy a hub and customers in an embedded cloud, announce, and show the mails.

    The first customer also has a chat and a webhook, and its people can answer. The demo prints
    what the chat and the webhook got, and one person's link for answering. Everything happens on
    this machine. Nothing is sent anywhere.
    """
    stage = _with_more(stage_for(customers.split(",")))
    documents = read_files(files or _samples())
    expected = registered(stage)
    refuse_faulty(documents, expected, change_id=None)
    with tempfile.TemporaryDirectory(prefix="changecast-") as scratch:
        folder = local_cloud.FOLDER if keep else Path(scratch)
        with ExitStack() as stack:
            with working("Starting the embedded cloud"):
                receiver, authority = stack.enter_context(_receiver(folder / "tls"))
                local = stack.enter_context(
                    local_cloud.temporary(folder, keep=keep, authority=authority)
                )
            with working(
                f"Deploying the hub and {counted(len(stage.customers), 'customer')} with sam"
            ):
                deploy_all(stage, local.cloud, folder / "sam")
            with working(f"Subscribing {counted(contacts, 'person', 'people')} per customer"):
                add_contacts(stage, local.cloud, contacts)
                endpoints = add_endpoints(local.cloud, stage.customers[0], receiver)
            shown = _announce_all(local, documents, expected, endpoints)
            if keep:
                remove_webhook(endpoints)
            _tell_all(shown, as_json=as_json, kept=keep)
            if shown.asked and not as_json:
                hub = connect(local.cloud.session(HUB.account, REGION))
                invite(hub, shown.asked, kept=keep)
    _end(shown)


@contextmanager
def _receiver(folder: Path) -> Iterator[tuple["Receiver", Path]]:
    """Run a receiver of webhooks; also yield the file with its certificate authority."""
    from changecast_cli.local.receiver import receiving  # noqa: PLC0415 - needs the extra `local`

    with receiving(folder) as receiver:
        yield receiver, folder / "ca.pem"


def _with_more(stage: Stage) -> Stage:
    """Let the people of the first customer answer, and have a chat and a webhook."""
    first, *others = stage.customers
    more = (*first.more, ("Responses", "yes"), ("Channels", "yes"))
    return Stage((replace(first, more=more), *others))


def _samples() -> list[Path]:
    folder = repository() / "tests" / "samples"
    return [folder / name for name in SAMPLES]


def _announce_all(
    local: LocalCloud,
    documents: list[DocumentFile],
    customers: Mapping[str, Customer],
    endpoints: Endpoints,
) -> Shown:
    hub = connect(local.cloud.session(HUB.account, REGION))
    announced = []
    for document in documents:
        with working(f"Announcing {document.path.name}"):
            announced.append(announce(document.body, hub=hub))
            final_run(hub, announced[-1], WAIT_SECONDS)
    with working("Waiting for the deliveries"):
        runs = _heard_out(hub, announced)
        own = {
            (r["change_id"], r["revision"]) for r in runs if endpoints.customer in r["customers"]
        }
        heard = told(endpoints, len(own), DELIVERED_SECONDS)
    codes = {customer.account: code for code, customer in customers.items()}
    mails = by_customer(local.cloud.mails(), codes)
    return Shown(runs, mails, _asked(runs, mails, endpoints.customer), heard)


def _asked(runs: list[Run], mails: list[Mail], customer: str) -> Invitation | None:
    """Return a link of the newest mail with which somebody of a customer can answer."""
    found = (invitation(mails, run["change_id"], customer) for run in reversed(runs))
    return next((one for one in found if one), None)


def _heard_out(hub: Hub, announced: list[Announcement]) -> list[Run]:
    """Return the runs once SES has reported every mail's outcome, a few seconds after the last."""
    end = time.monotonic() + DELIVERED_SECONDS
    return [final_run(hub, one, end - time.monotonic(), _is_heard_out) for one in announced]


def _is_heard_out(customer: dict[str, Any]) -> bool:
    counts = customer["counts"]
    ended = ("delivered", "bounced", "complained", "suppressed")
    return bool(counts["sent"] <= sum(counts[name] for name in ended))


def _tell_all(shown: Shown, *, as_json: bool, kept: bool) -> None:
    if as_json:
        asked = shown.asked.plain() if shown.asked else None
        channels = {"chats": shown.told.chats, "webhooks": shown.told.webhooks}
        print_json({"runs": shown.runs, "mails": shown.mails, **channels, "answer": asked})
    else:
        _tell(shown, kept=kept)


def _end(shown: Shown) -> None:
    customers = [customer for run in shown.runs for customer in run["customers"].values()]
    if any(is_bad(customer) or not is_final(customer) for customer in customers):
        raise typer.Exit(FAILED)


def _tell(shown: Shown, *, kept: bool) -> None:
    folder = Path("build") / "demo"
    write_mails(shown.mails, folder)
    out.print("\n[bold]Who was told[/]")
    out.print(runs_table(shown.runs))
    out.print(f"\n[bold]{counted(len(shown.mails), 'mail')}[/]")
    out.print(summary_table(shown.mails))
    show(shown.told, folder)
    out.print(f"\nThe mails are in {folder}/ (open the .html in a browser).")
    if kept:
        out.print(
            "The embedded cloud is still running. Next:\n"
            '  eval "$(changecast local env hub)"    # configures this shell for the hub\n'
            "  changecast console\n"
            "  changecast status\n"
            "  changecast local mails\n"
            "  changecast local down"
        )
    else:
        err.print("[dim]To leave the embedded cloud running and look around in it, add --keep.[/]")
