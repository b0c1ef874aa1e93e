"""Which AWS actions a piece of code can reach: read from the source, by names and imports."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from testbed.expand import ROOT

FUNCTIONS = ROOT / "functions"
# Client method -> what IAM calls it.
ACTIONS = {
    "batch_get_item": "dynamodb:BatchGetItem",
    "change_message_visibility": "sqs:ChangeMessageVisibility",
    "change_message_visibility_batch": "sqs:ChangeMessageVisibility",
    "delete_item": "dynamodb:DeleteItem",
    "delete_object": "s3:DeleteObject",
    "describe_rule": "events:DescribeRule",
    "get_item": "dynamodb:GetItem",
    "get_object": "s3:GetObject",
    "get_contact": "ses:GetContact",
    "get_contact_list": "ses:GetContactList",
    "get_account": "ses:GetAccount",
    "get_parameters": "ssm:GetParameters",
    "get_queue_url": "sqs:GetQueueUrl",
    "get_secret_value": "secretsmanager:GetSecretValue",
    "list_contacts": "ses:ListContacts",
    "list_targets_by_rule": "events:ListTargetsByRule",
    "publish": "sns:Publish",
    "put_events": "events:PutEvents",
    "put_item": "dynamodb:PutItem",
    "put_object": "s3:PutObject",
    "put_object_tagging": "s3:PutObjectTagging",
    "query": "dynamodb:Query",
    "scan": "dynamodb:Scan",
    "send_email": "ses:SendEmail",
    "send_message": "sqs:SendMessage",
    "send_message_batch": "sqs:SendMessage",
    "update_contact": "ses:UpdateContact",
    "update_item": "dynamodb:UpdateItem",
}
# Words that a call has as strings: the kinds of a transaction's items, a paginator's name.
WORDS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "get_parameters_by_path": "ssm:GetParametersByPath",
}
Place = tuple[str, str]


@dataclass(frozen=True)
class Module:
    """A source file: its functions and classes by name, and what its names were imported from."""

    defined: dict[str, ast.AST]
    imported: dict[str, Place]


def reachable(
    module: str, name: str = "", actions: Callable[[ast.AST], Iterator[str]] | None = None
) -> frozenset[str]:
    """Return the actions that a handler's module, or a function, and all that it names can call.

    `actions` reads them from a piece of code; without it they are those that functions call.
    """
    found: set[str] = set()
    seen: set[Place] = set()
    waiting: list[Place] = [(module, name)]
    read = actions or _actions
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            found.update(_read(read, place))
            waiting += _named(place)
    return frozenset(found)


@cache
def _read(read: Callable[[ast.AST], Iterator[str]], place: Place) -> frozenset[str]:
    return frozenset(read(_node(place)))


@cache
def _module(name: str) -> Module:
    tree = ast.parse(_file(name).read_text("utf-8"))
    return Module({**dict(_definitions(tree)), "": tree}, dict(_imports(tree)))


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Functions, classes and constants: a tuple of checks is all that it names."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, node
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((each.id, node) for each in targets if isinstance(each, ast.Name))


def _imports(tree: ast.Module) -> Iterator[tuple[str, Place]]:
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("changecast"):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                is_module = _exists(whole)
                place = (whole, "") if is_module else (str(node.module), alias.name)
                yield alias.asname or alias.name, place


def _exists(module: str) -> bool:
    return _file(module).exists()


def _file(module: str) -> Path:
    """The command is beside the functions."""
    folder = ROOT if module.startswith("changecast_cli") else FUNCTIONS
    path = folder / module.replace(".", "/")
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _node(place: Place) -> ast.AST:
    """A function or class; the whole module only for the handler's own file."""
    module, name = place
    return _module(module).defined.get(name) or ast.Pass()


@cache
def _named(place: Place) -> tuple[Place, ...]:
    """Return everything of ours that a piece of code names: called, passed on, or created."""
    return tuple(_names(_node(place), place[0]))


def _names(node: ast.AST, inside: str) -> Iterator[Place]:
    module = _module(inside)
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and part.id in module.imported:
            source, name = module.imported[part.id]
            yield from [(source, name)] if name else []
        elif isinstance(part, ast.Name) and part.id in module.defined:
            yield inside, part.id
        elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name):
            source, name = module.imported.get(part.value.id, ("", "-"))
            yield from [(source, part.attr)] if not name else []


def _actions(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            # What is called, and what is passed on to be called.
            named = [one for one in (part.func, *part.args) if isinstance(one, ast.Attribute)]
            yield from (ACTIONS[one.attr] for one in named if one.attr in ACTIONS)
        elif isinstance(part, ast.Constant) and part.value in WORDS:
            yield WORDS[part.value]
