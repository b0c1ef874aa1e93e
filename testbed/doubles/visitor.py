"""A person with a personal link, who opens pages and sends their forms as a browser does."""

import email
import json
import re
from dataclasses import dataclass, field
from email.policy import default
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

from changecast.customer.responding.application import respond
from changecast.customer.responding.reading import Responder, responder_of
from changecast.customer.responding.settings import RespondSettings
from testbed.doubles.account import ANSWERING, ENVIRONMENT, Account
from testbed.doubles.ses import SentMail


def responder(account: Account) -> Responder:
    """Return what the function `respond` of an account works with."""
    settings = RespondSettings.from_env(ENVIRONMENT | ANSWERING | account.environment)
    clients: tuple[Any, Any, Any] = (account.s3, account.sqs, account.secrets)
    return responder_of(settings, account.ledger, *clients, account.clock.time)


def plain_of(mail: SentMail) -> str:
    """Return the plain text of a mail."""
    body = email.message_from_bytes(mail.raw, policy=default).get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: SentMail) -> str:
    """Return the personal link in a mail."""
    (found,) = set(re.findall(r"https://answers\S+", plain_of(mail)))
    return str(found)


def code_in(mail: SentMail) -> str:
    """Return the confirmation code in a mail."""
    (found,) = re.findall(r"\b[0-9]{8}\b", plain_of(mail))
    return str(found)


@dataclass
class Form:
    """A form of a page: its target, its fields with their values, and its buttons."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    typed: list[str] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self._area = ""
        self._choice = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found["action"]))
        elif tag == "a":
            self.links.append(found["href"])
        elif tag == "button":
            self.forms[-1].buttons.append((found.get("name", ""), found.get("value", "")))
        else:
            self._field(tag, found)

    def _field(self, tag: str, found: dict[str, str]) -> None:
        if tag == "input":
            self._typed(found, found.get("value", ""))
        elif tag == "textarea":
            self._area = found["name"]
            self._typed(found, "")
        elif tag == "select":
            self._choice = found["name"]
            self.forms[-1].choices[self._choice] = []
        elif tag == "option":
            self._option(found)

    def _typed(self, found: dict[str, str], value: str) -> None:
        self.forms[-1].fields[found["name"]] = value
        if found.get("type") != "hidden":
            self.forms[-1].typed.append(found["name"])

    def _option(self, found: dict[str, str]) -> None:
        form = self.forms[-1]
        form.choices[self._choice].append(found["value"])
        if "selected" in found or self._choice not in form.fields:
            form.fields[self._choice] = found["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            fields = self.forms[-1].fields
            fields[self._area] = fields[self._area].removeprefix("\n")
            self._area = ""

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data
        self.text.append(data)


@dataclass
class Shown:
    """An answer of the page."""

    status: int
    headers: dict[str, str]
    body: str

    def __post_init__(self) -> None:
        found = _Forms()
        found.feed(self.body)
        self.forms, self.links = found.forms, found.links
        self.text = " ".join("".join(found.text).split())

    def form(self, answer: str) -> Form:
        """The form whose button gives this answer."""
        return next(form for form in self.forms if ("answer", answer) in form.buttons)


@dataclass
class Visitor:
    """A person whose browser talks to a responder."""

    responder: Responder
    link: str = ""

    def request(self, method: str, path: str, body: str = "", **headers: str) -> Shown:
        """Send a request in the form in which API Gateway passes it on."""
        sent = {"host": "answers.acme.example", "x-forwarded-proto": "https"} | headers
        event = {
            "version": "2.0",
            "rawPath": path,
            "headers": sent,
            "requestContext": {"domainName": "answers.acme.example", "http": {"method": method}},
            "body": body,
            "isBase64Encoded": False,
        }
        answer = respond(self.responder, json.loads(json.dumps(event)))
        return Shown(answer["statusCode"], answer["headers"], answer["body"])

    def open(self, link: str = "") -> Shown:
        """Open a link."""
        return self.request("GET", urlsplit(link or self.link).path)

    def send(self, form: Form, **values: str) -> Shown:
        """Send a form with what a person typed, or the button that was pressed."""
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return self.request("POST", form.action, urlencode(form.fields | values), **kind)

    def choose(self, answer: str, **values: str) -> Shown:
        """Open the page and send one of its forms."""
        return self.send(self.open().form(answer), answer=answer, **values)

    def confirm(self, shown: Shown, word: str) -> Shown:
        """Type the word that a page asks for."""
        return self.send(shown.forms[0], word=word)
