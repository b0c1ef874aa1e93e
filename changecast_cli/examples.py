"""Examples for every verb's help; tests parse each of them."""

from typing import Any

EXAMPLES: dict[str, tuple[str, ...]] = {
    "validate": ("validate metadata.json", "validate - --json < metadata.json"),
    "announce": (
        "announce metadata.json --dry-run",
        "announce metadata.json --wait 120",
        "announce metadata.json --break-glass 'The site is down, and nobody else is awake.'",
    ),
    "propose": ("propose metadata.json", "propose metadata.json --as maria --json"),
    "approve": ("approve CHG-1 --dry-run", "approve CHG-1 --by maria --wait 120"),
    "proposals": ("proposals", "proposals --json"),
    "start": ("start CHG-1", "start CHG-1 --at 2027-01-14T22:05:00+01:00"),
    "complete": (
        "complete CHG-1 --outcome 'All hosts are patched.'",
        "complete CHG-1 --dry-run",
    ),
    "freeze add": ("freeze add 'Year-end closing' --from 2027-12-20 --to 2028-01-06",),
    "freeze list": ("freeze list", "freeze list --hub --customer acme"),
    "freeze remove": ("freeze remove 3f9e2c5a",),
    "freeze push": ("freeze push freezes",),
    "status": ("status", "status CHG-1 --watch", "status --since 2d --failed --csv"),
    "agenda": ("agenda", "agenda --customer acme --days 14 --timezone Europe/Madrid"),
    "history": ("history CHG-1", "history CHG-1 --customer acme"),
    "responses": ("responses CHG-1", "responses CHG-1 --customer acme --csv"),
    "recipients": ("recipients CHG-1 --customer acme", "recipients CHG-1 -c acme --state failed"),
    "trace": ("trace CHG-1", "trace CHG-1 --customer acme --html trace.html"),
    "console": ("console", "console --read-only --no-browser --port 8765"),
    "report": ("report --since 7d --out week.html",),
    "evidence export": (
        "evidence export CHG-1 --out chg-1.zip",
        "evidence export CHG-1 --out chg-1.zip --hub-only",
    ),
    "evidence verify": ("evidence verify chg-1.zip", "evidence verify chg-1.zip --offline"),
    "repair": ("repair acme --dry-run", "repair hub --yes"),
    "held": ("held CHG-1 --customer acme", "held CHG-1 --customer acme --release"),
    "resume": ("resume CHG-1 --customer acme",),
    "replay": ("replay --from 2d --to 1d --customer acme --dry-run",),
    "redrive": ("redrive CHG-1 --customer acme --dry-run",),
    "discard": ("discard CHG-1 --revision 999999 --dry-run",),
    "reannounce": ("reannounce CHG-1 --customer acme --dry-run",),
    "customers add": (
        "customers add --from customers.csv --deploy",
        "customers add acme --account 222222222222 --region eu-central-1 --name 'Acme Industries' "
        "--sender changes@acme.example --timezone Europe/Madrid --profile changecast-acme",
    ),
    "customers list": ("customers list", "customers list --json"),
    "customers show": ("customers show acme",),
    "customers set": ("customers set acme --timezone Europe/Lisbon --deploy",),
    "customers alerts": ("customers alerts ops@provider.example --deploy",),
    "customers move": ("customers move acme --bus changecast-hub-2",),
    "customers remove": ("customers remove acme --dry-run", "customers remove acme --deploy"),
    "customers upgrade": (
        "customers upgrade --all --canary acme --dry-run",
        "customers upgrade --all --canary acme",
    ),
    "contacts list": ("contacts list --customer acme", "contacts list --topic approvals"),
    "contacts show": ("contacts show ana@acme.example --customer acme",),
    "contacts add": ("contacts add ana@acme.example announcements --customer acme",),
    "contacts remove": ("contacts remove ana@acme.example --customer acme",),
    "contacts subscribe": ("contacts subscribe ana@acme.example calendar --customer acme",),
    "contacts unsubscribe": ("contacts unsubscribe ana@acme.example --customer acme",),
    "contacts set": (
        "contacts set ana@acme.example --language de --timezone Europe/Berlin --customer acme",
        "contacts set ana@acme.example --language default --customer acme",
    ),
    "contacts topics": ("contacts topics --customer acme --reconcile",),
    "contacts import": (
        "contacts import people.csv --customer acme",
        "contacts import people.csv --customer acme --apply",
    ),
    "contacts sync": ("contacts sync --from people.csv --roles roles.toml --customer acme",),
    "contacts export": ("contacts export --customer acme > people.csv",),
    "contacts backup": ("contacts backup acme.json --customer acme",),
    "contacts restore": ("contacts restore acme.json --customer acme",),
    "contacts revoke": ("contacts revoke ana@acme.example --customer acme",),
    "contacts rotate-links": ("contacts rotate-links --customer acme",),
    "contacts suppression list": ("contacts suppression list --customer acme",),
    "contacts suppression add": ("contacts suppression add ana@acme.example --customer acme",),
    "contacts suppression remove": (
        "contacts suppression remove ana@acme.example --customer acme",
    ),
    "channels add chat": ("channels add chat --topic-arn TOPIC_ARN",),
    "channels add webhook": (
        "channels add webhook --name ops --url https://hooks.acme.example/changes "
        "--topics announcements,approvals",
    ),
    "channels list": ("channels list", "channels list --customer acme --json"),
    "channels show": ("channels show ops",),
    "channels test": ("channels test ops",),
    "channels rotate": ("channels rotate ops",),
    "channels remove": ("channels remove ops --dry-run",),
    "channels backup": ("channels backup channels.json --customer acme",),
    "channels restore": ("channels restore channels.json --customer acme --dry-run",),
    "forget": ("forget ana@acme.example --customer acme --dry-run",),
    "doctor": ("doctor --all", "doctor --customer acme --canary", "doctor --alarm-test"),
    "cost": ("cost --customers 30 --changes 100 --contacts 50",),
    "preview": ("preview metadata.json --customer acme --out preview",),
    "send-test": ("send-test metadata.json --customer acme --to ana@acme.example",),
    "demo": ("demo", "demo metadata.json --customers acme,globex --keep"),
    "game-day": ("game-day", "game-day route-disabled --customer acme"),
    "local up": ("local up", "local up --webhook-authority ca.pem"),
    "local down": ("local down",),
    "local env": ('eval "$(changecast local env hub)"',),
    "local mails": ("local mails --each", "local mails --customer acme --save mails"),
}


def finish_help(command: Any, path: str) -> None:
    """Add examples to the help of a verb and of those below it, and let its text wrap.

    Otherwise typer would break the help's lines as in the docstring.
    """
    below = getattr(command, "commands", {})
    for name, each in below.items():
        finish_help(each, f"{path} {name}")
    paragraphs = (command.help or "").split("\n\n")
    command.help = "\n\n".join(" ".join(each.split()) for each in paragraphs)
    if not below:
        # typer reads a blank line as a line break, and square brackets as markup.
        lines = [line.replace("[", r"\[") for line in lines_of(path)]
        command.epilog = "\n\n".join(["Examples:" if len(lines) > 1 else "Example:", *lines])


def lines_of(path: str) -> list[str]:
    """Return the command lines to show for a verb, for example `customers add`."""
    return [
        line if line.startswith("eval ") else f"changecast {line}"
        for line in EXAMPLES.get(path, ())
    ]
