"""What documents say to type, and whether the program that would run it takes it.

`changecast` and `sam` are asked by their own parsers, `aws` by the models of botocore, `make` by
the Makefile. Nothing is run.
"""

import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import typer
from botocore import xform_name
from samcli.cli.main import cli as sam_command
from typer.core import TyperGroup
from typer.main import get_command

from changecast_cli.main import app
from testbed.expand import ROOT

CHANGECAST: Any = get_command(app)
# typer brings a click of its own.
UsageError: Any = typer.BadParameter.__bases__[0]
_BLOCK = re.compile(r"^ *```([^\n]*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`((?:changecast|make|aws|sam) [^`]+)`(?!`)")
_PLACEHOLDER = re.compile(r"<[^<>]*[^<>\s][^<>]*>")
_HERE = re.compile(r"<<'?(\w+)'?.*?\n(.*?)^\1\n", re.MULTILINE | re.DOTALL)
_INNER = re.compile(r"\$\(([^()]+)\)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*")
_ENDS, _REDIRECTIONS = {"|", "&&", ";"}, {">", "<"}
TYPED = {"bash", "sh", "console"}


class Wrong(Exception):
    """A line that its program would not take."""


def pages() -> list[Path]:
    """Return the documents that people read."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the language and the text of a page's blocks of code."""
    yield from _BLOCK.findall(page.read_text("utf-8"))


def typed(page: Path) -> Iterator[str]:
    """Yield the lines of a page's blocks that people type."""
    for language, text in blocks(page):
        if language in TYPED:
            whole = _HERE.sub("\n", text).replace("\\\n", " ")
            lines = [line for line in whole.splitlines() if line.strip()]
            if language == "console":
                lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
            yield from (line.strip() for line in lines if not line.startswith("#"))


def mentioned(page: Path) -> Iterator[str]:
    """Yield the commands that a page's running text names."""
    text = _BLOCK.sub("", page.read_text("utf-8"))
    yield from (span for span in _SPAN.findall(text) if "..." not in span and "…" not in span)


def check(line: str) -> None:
    """Raise Wrong where a program of the line would refuse it."""
    for words in commands(line):
        _whole(words)


def check_mention(span: str) -> None:
    """Raise Wrong where a span names a verb or an option that does not exist."""
    for words in commands(span):
        if words[0] == "changecast":
            _names(words[1:])
        else:
            _whole(words)


def commands(line: str) -> Iterator[list[str]]:
    """Yield the words of each command of a line of a shell."""
    for inner in _INNER.findall(line):
        yield from commands(inner)
    whole = _PLACEHOLDER.sub("PLACEHOLDER", line)
    lexer = shlex.shlex(_INNER.sub("INNER", whole), posix=True, punctuation_chars="|&;<>")
    lexer.whitespace_split = True
    lexer.commenters = "#"
    words: list[str] = []
    for word in (tokens := iter(lexer)):
        if word in _REDIRECTIONS:
            next(tokens)
        elif word in _ENDS:
            yield words
            words = []
        else:
            words.append(word)
    yield words


def _whole(words: list[str]) -> None:
    while words and _ASSIGNMENT.fullmatch(words[0]) and "=" in words[0]:
        words = words[1:]
    if not words:
        return
    program, *rest = words
    checker = CHECKERS.get(program)
    if checker is None:
        raise Wrong(f"nothing here checks a line of {program}")
    checker(rest)


def _changecast(words: list[str]) -> None:
    command: Any = CHANGECAST
    context = command.context_class(command, info_name="changecast")
    while isinstance(command, TyperGroup) and words[:1] != ["--help"]:
        try:
            _, command, words = command.resolve_command(context, words)
        except UsageError as error:
            raise Wrong(str(error)) from error
        context = command.context_class(command, parent=context)
    if words == ["--help"]:
        return
    try:
        command.parse_args(context, words)
    except UsageError as error:
        raise Wrong(str(error)) from error


def _names(words: list[str]) -> None:
    command: Any = CHANGECAST
    known = {"--help", "--version", "--install-completion", "--show-completion"}
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        name, *words = words
        alternatives = [command.commands.get(each) for each in name.split("|")]
        if None in alternatives:
            raise Wrong(f"{name} is no verb")
        command = alternatives[0]
        known |= {opt for each in command.params for opt in (*each.opts, *each.secondary_opts)}
    unknown = [word for word in words if word.startswith("-") and word.split("=")[0] not in known]
    if unknown and unknown != ["-"]:
        raise Wrong(f"there is no option {', '.join(unknown)}")


def _sam(words: list[str]) -> None:
    context = sam_command.make_context("sam", words[:1], resilient_parsing=True)
    verb: Any = sam_command.get_command(context, words[0])
    if verb is None:
        raise Wrong(f"sam has no {words[0]}")
    known = {option for each in verb.params for option in (*each.opts, *each.secondary_opts)}
    _known_options("sam", words, known)


def _aws(words: list[str]) -> None:
    service, operation, *rest = words
    if service == "s3":
        if operation not in {"cp", "ls"}:
            raise Wrong(f"aws s3 {operation}")
        return
    if (service, operation) == ("configure", "sso"):
        return
    model = _service(service)
    names = {xform_name(each, "-"): each for each in model.operation_names}
    if operation not in names:
        raise Wrong(f"aws {service} has no {operation}")
    shape = model.operation_model(names[operation]).input_shape
    members = shape.members if shape else {}
    known = {f"--{xform_name(each, '-')}" for each in members}
    _known_options("aws", rest, known | _GLOBAL_OF_AWS)


@cache
def _service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def _known_options(program: str, words: list[str], known: set[str]) -> None:
    unknown = [word for word in words if word.startswith("--") and word not in known]
    if unknown:
        raise Wrong(f"{program} has no {', '.join(unknown)}")


def _make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for word in words:
        name, _, value = word.partition("=")
        pattern = rf"^{name} \?=" if value or "=" in word else rf"^{re.escape(name)}:"
        if not re.search(pattern, makefile, re.MULTILINE):
            raise Wrong(f"the Makefile has no {name}")


def _files(words: list[str]) -> None:
    """Files of this repository that a line names exist."""
    for word in words:
        is_ours = re.match(r"(docs|tests|functions|events|hub)/[\w/.-]+$", word)
        if is_ours and not (ROOT / word).exists():
            raise Wrong(f"{word} does not exist")


def _jq(words: list[str]) -> None:
    """The actions of a policy, which is the one thing that our documents ask jq for."""
    flag, wanted, *paths = words
    if (flag, wanted) != ("-r", ".Statement[].Action[]"):
        raise Wrong(f"nothing here checks jq {flag} {wanted}")
    for path in paths:
        _files([path])
        statements = json.loads((ROOT / path).read_text("utf-8"))["Statement"]
        if not all(isinstance(each["Action"], list) for each in statements):
            raise Wrong(f"a statement of {path} has no list of actions")


def _pytest(words: list[str]) -> None:
    _files([word.split("::")[0] for word in words])


def _python(words: list[str]) -> None:
    if words[:1] == ["-m"]:
        place = ROOT / words[1].replace(".", "/")
        if not (place.is_dir() or place.with_suffix(".py").is_file()):
            raise Wrong(f"there is no module {words[1]}")
    else:
        _files(words)


# With SNS's `Endpoint`, which the AWS CLI calls so because it has an option of that name.
_GLOBAL_OF_AWS = {
    "--query", "--output", "--region", "--profile", "--endpoint-url", "--notification-endpoint",
}  # fmt: skip
CHECKERS: Mapping[str, Callable[[list[str]], None]] = {
    "changecast": _changecast,
    "sam": _sam,
    "aws": _aws,
    "make": _make,
    "pytest": _pytest,
    ".venv/bin/pytest": _pytest,
    "python": _python,
    "jq": _jq,
    **dict.fromkeys(("cat", "sed", "eval", ".", "pip", "git", "cd", "pre-commit"), _files),
}
