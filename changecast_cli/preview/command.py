"""changecast preview and send-test: see a change's mails before anybody else does."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import boto3
import typer
from jinja2 import TemplateError
from rich.markup import escape

from changecast.customer.compose.bodies import UNSUBSCRIBE
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.words import languages
from changecast.customer.renderings.splice import is_plain, load, splice
from changecast.hub.announcing.metadata import Document, MetadataFault, read_document
from changecast_cli.announcing.documents import read_files
from changecast_cli.failures import BAD_INPUT, Refused, say_faults
from changecast_cli.options import AsJson
from changecast_cli.preview.brands import brand_of, environment_of
from changecast_cli.preview.life import Life, life_of
from changecast_cli.preview.pages import Written, write_preview
from changecast_cli.terminal import out, print_json

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

# No subscription page: the recipient of a test need not be on the customer's list.
_NO_SUBSCRIPTION = "https://subscriptions.invalid/this-was-a-test"

File = Annotated[
    Path, typer.Argument(help="A change document (metadata.json), in any supported shape.")
]
CustomerCode = Annotated[str, typer.Option("--customer", help="The customer's code.")]
Previous = Annotated[
    Path | None,
    typer.Option(help="The document that was announced before this one, to show what changed."),
]
Language = Annotated[
    str | None,
    typer.Option(help=f"Language to use instead of the stack's; one of {', '.join(languages())}."),
]
Timezone = Annotated[str | None, typer.Option(help="IANA time zone to use instead of the stack's.")]
Templates = Annotated[
    Path | None,
    typer.Option(
        help="Folder of templates that override the built-in ones.", exists=True, file_okay=False
    ),
]
ChangeId = Annotated[
    str | None,
    typer.Option(help="The change's ID, if the document has none (default: its ticket)."),
]
Config = Annotated[
    Path, typer.Option(help="The samconfig.toml with the customer's stack parameters.")
]
SAMCONFIG = Path("samconfig.toml")


def preview(
    file: File,
    customer: CustomerCode,
    folder: Annotated[Path, typer.Option("--out", help="Folder to write to.")],
    previous: Previous = None,
    language: Language = None,
    timezone: Timezone = None,
    templates: Templates = None,
    change_id: ChangeId = None,
    config: Config = SAMCONFIG,
    as_json: AsJson = False,
) -> None:
    """Write every mail of a change for one customer, as a web page and as files. Needs no AWS.

    The page starts with the mails that an announcement would send now. Those of the change's later
    states follow.
    """
    environment = environment_of(customer, config)
    brand = _brand(customer, environment, language, timezone, templates)
    life = _life(file, previous, change_id, brand)
    try:
        written = write_preview(life, brand, f"{file.name} for {customer}", folder)
    except OSError as error:
        raise Refused(f"cannot write to {folder}: {error.strerror}") from error
    if as_json:
        print_json(_plain(life, written, folder))
    else:
        _show(life, written, folder)


def send_test(
    file: File,
    customer: CustomerCode,
    to: Annotated[str, typer.Option("--to", help="The address to send the mail to.")],
    previous: Previous = None,
    language: Language = None,
    timezone: Timezone = None,
    templates: Templates = None,
    change_id: ChangeId = None,
    config: Config = SAMCONFIG,
    profile: Annotated[
        str | None, typer.Option(help="AWS profile for the customer's account.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS Region of the customer's account.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send a mail to one address, marked as a test: the mail that a document would produce now.

    Uses the customer's own SES, but neither its contact list nor its ledger.
    """
    if not is_plain(to):
        raise Refused(f"{to!r} is not a plain mail address")
    environment = environment_of(customer, config)
    brand = _brand(customer, environment, language, timezone, templates)
    life = _life(file, previous, change_id, brand, test=True)
    mails = [mail for mail in life.mails if mail.now]
    if not mails:
        raise Refused(life.says)
    stack = environment.get("global", {}).get("parameters", {})
    session = boto3.Session(
        profile_name=profile or stack.get("profile"), region_name=region or stack.get("region")
    )
    message_id = send_one(session.client("sesv2"), brand, to, mails[0].rendering)
    if as_json:
        print_json({"to": to, "mail": mails[0].name, "message_id": message_id})
    else:
        out.print(f"Sent to {escape(to)} as a test: {mails[0].name} [dim]({message_id})[/]")


def send_one(ses: "SESV2Client", brand: Brand, to: str, rendering: bytes) -> str:
    """Send one rendering to one address through an account's SES; return SES's message id."""
    raw = splice(load(rendering), to)
    answer = ses.send_email(
        FromEmailAddress=brand.sender,
        Destination={"ToAddresses": [to]},
        Content={"Raw": {"Data": raw.replace(UNSUBSCRIBE.encode(), _NO_SUBSCRIPTION.encode())}},
    )
    return answer["MessageId"]


def _brand(
    customer: str,
    environment: dict[str, Any],
    language: str | None,
    timezone: str | None,
    templates: Path | None,
) -> Brand:
    if language and language.replace("_", "-").split("-")[0].lower() not in languages():
        known = ", ".join(languages())
        raise Refused(f"mails are not available in {language!r} (available: {known})")
    return brand_of(
        customer, environment, language=language, timezone=timezone, templates=templates
    )


def _life(
    file: Path, previous: Path | None, change_id: str | None, brand: Brand, *, test: bool = False
) -> Life:
    document = _document(file, change_id)
    before = _document(previous, change_id) if previous else None
    try:
        return life_of(document, before, brand, datetime.now(UTC), test=test)
    except TemplateError as error:
        raise Refused(f"a template in {brand.templates or 'the package'} fails: {error}") from error


def _document(file: Path, change_id: str | None) -> Document:
    try:
        return read_document(read_files([file])[0].body, change_id=change_id)
    except MetadataFault as faults:
        say_faults(faults, file)
        raise typer.Exit(BAD_INPUT) from faults


def _plain(life: Life, written: list[Written], folder: Path) -> dict[str, Any]:
    return {
        "says": life.says,
        "read_as": {field: form.value for field, form in life.forms.items()},
        "index": str(folder / "index.html"),
        "mails": [
            {
                "name": each.mail.name,
                "kind": each.mail.kind.value,
                "now": each.mail.now,
                "to": each.mail.who,
                "subject": each.subject,
                "html_bytes": each.size,
                "files": {kind: [str(folder / n) for n in names]
                          for kind, names in each.files.items()},
            }
            for each in written
        ],
    }  # fmt: skip


def _show(life: Life, written: list[Written], folder: Path) -> None:
    out.print(escape(life.says))
    for field, form in life.forms.items():
        out.print(f"[dim]{field} is read as {form}[/]")
    for each in written:
        sign = "[green]→[/]" if each.mail.now else " "
        out.print(f"{sign} {escape(each.subject)} [dim]({each.mail.who})[/]")
    out.print(f"\nOpen {escape(str(folder / 'index.html'))}")
