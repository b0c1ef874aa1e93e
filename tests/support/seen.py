"""A page as people and browsers take it: its text, its tags, what it would fetch."""

import re
from html.parser import HTMLParser

from starlette.testclient import TestClient


class Seen(HTMLParser):
    """The text of a page, and the tags in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.raw, self.text = text, ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "

    def values(self, name: str) -> list[str]:
        """The values of every attribute of this name."""
        return [value or "" for known, value in self.attributes if known == name]


def seen(browser: TestClient, path: str = "", **query: str) -> Seen:
    """The page at a path, which is there."""
    answer = browser.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return Seen(answer.text)


def filled(browser: TestClient, asked: dict[str, str], path: str = "repair") -> dict[str, str]:
    """Look at what a repair would do, and return what its button sends."""
    (mark,) = re.findall(r'name="mark" value="(\w+)"', seen(browser, path, **asked).raw)
    return asked | {"mark": mark}
