"""docs/reference/cli.md: every verb of the command, read from the command itself."""

import textwrap
from collections.abc import Iterator
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from changecast_cli.examples import lines_of
from changecast_cli.main import app

WIDTH = 100
KEPT_WHOLE: Any = {"break_long_words": False, "break_on_hyphens": False}
HEAD = """# The command `changecast`

Written by `make docs-reference` from the program; a test fails if it is out of date.

## Exit status
| status | meaning |
|---|---|
| 0 | done |
| 1 | failed: something did not work, a check found a fault, or somebody was not told |
| 1 | a question was aborted with Ctrl-C or Ctrl-D: nothing was changed |
| 2 | bad input, or nobody was there to answer a question: nothing was changed |
| 2 | `contacts import`, `sync`, `customers add --skip-faulty`: some lines refused, the rest done |
| 3 | not yet: `announce` or `approve` with `--wait` ran out of time; nothing has failed so far |
| 130 | stopped with Ctrl-C, except at a question |

## Rules for every verb
- `-` in place of a document, CSV file or backup to read is stdin.
- A verb that has the option `--yes` prints what it will do before it asks for confirmation. With
  `--yes` it does not ask; with `--dry-run` it only prints. If nobody can answer, it exits with 2.
- Results go to stdout; progress, warnings and errors go to stderr.
- `--json` prints one JSON object on stdout, for success and for faults. `errors` is always in it:
  a list of objects with `message`. `customers add`, `set` and `upgrade` may add `where`: the line
  of the file, or the entry in samconfig.toml.
- To let the shell complete verbs, options, customers, changes and topics, run
  `changecast --install-completion` once.

| key in `--json` | content |
|---|---|
| `errors` | what the command could not do; what it found to be wrong is in the other keys |
| `change_id`, `revision`, `customer` | what a result is about |
| `state` | of a run: `planned`, `sending`, `sent`, `partial`, `failed`, `held`, `paused`, ... |
| `counts` | mails by state |
| `customers`, `runs`, `people`, `mails`, `verdicts`, `recipients` | lists, or objects by customer |
| `next` | commands to type next |
| `outcome`, `applied`, `done` | whether anything was done (`outcome`: of an announcement) |
| `plan` | what a dry run would do, in sentences |
"""


def page() -> str:
    """Return the whole page."""
    whole: Any = get_command(app)
    return "\n".join([HEAD, *(_section(path, verb) for path, verb in _verbs(whole, ""))])


def _verbs(group: Any, path: str) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(typer.Context(group)):
        verb = group.get_command(typer.Context(group), name)
        at = f"{path} {name}".strip()
        if isinstance(verb, TyperGroup):
            yield from _verbs(verb, at)
        else:
            yield at, verb


def _section(path: str, verb: Any) -> str:
    context = verb.context_class(verb, info_name=f"changecast {path}")
    usage = " ".join(verb.collect_usage_pieces(context))
    examples = ["", "```sh", *lines_of(path), "```"]
    rows = [_row(each) for each in verb.params if each.name != "help"]
    table = ["", "| argument or option | meaning |", "|---|---|", *rows] if rows else []
    return "\n".join(
        [f"## {path}", f"`changecast {path} {usage}`".replace(" `", "`"), "", _prose(verb.help),
         *examples, *table, ""]
    )  # fmt: skip


def _prose(text: str) -> str:
    paragraphs = text.replace("<", "&lt;").split("\n\n")
    return "\n\n".join(textwrap.fill(each, WIDTH, **KEPT_WHOLE) for each in paragraphs)


def _cell(text: str) -> str:
    return text.replace("<", "&lt;").replace("|", "\\|")


def _row(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in _names(parameter))
    help_ = getattr(parameter, "help", None) or ""
    more = [
        "required" if parameter.required and parameter.param_type_name == "option" else "",
        f"default `{parameter.default}`" if _has_default(parameter) else "",
        f"environment: `{parameter.envvar}`" if getattr(parameter, "envvar", None) else "",
    ]
    said = "; ".join(each for each in more if each)
    return f"| {names} | {_cell(help_)}{f' ({said})' if said else ''} |".replace("\n", " ")


def _names(parameter: Any) -> list[str]:
    if parameter.param_type_name == "argument":
        return [(parameter.metavar or parameter.name).strip("[].").upper()]
    return [*parameter.opts, *parameter.secondary_opts]


def _has_default(parameter: Any) -> bool:
    return parameter.default not in (None, False, (), "") and parameter.param_type_name == "option"
