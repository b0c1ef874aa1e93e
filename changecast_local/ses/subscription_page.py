"""The page behind an unsubscribe link: looking at it changes nothing, only a POST does.

Programs that fetch links in advance must not unsubscribe anybody: RFC 8058 §1.
"""

from html import escape
from urllib.parse import parse_qs

from changecast_local.ses.contacts import subscription
from changecast_local.ses.store import ContactList
from changecast_local.ses.unsubscribing import Link, choose, contact_of, followed, leave

Response = tuple[int, dict[str, str], bytes]

_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Your subscriptions</title>
<h1>Your subscriptions</h1>
<p>{said}</p>
<form method="post">
{topics}
<p><button>Save</button> <button name="all" value="1">Unsubscribe from all</button></p>
</form></html>
"""
_TOPIC = '<p><label><input type="checkbox" name="topic" value="{name}"{on}> {shown}</label></p>'


def handle(method: str, path: str, query: str, body: bytes) -> Response:  # noqa: ARG001
    """Answer a request for /_changecast/subscriptions/<token>: (status, headers, body)."""
    found = followed(path.rstrip("/").rpartition("/")[2])
    held = found.contact_list if found else None
    if found is None or held is None:
        return _html(404, "<!doctype html><title>Not found</title><p>This link leads nowhere.</p>")
    if method in ("GET", "HEAD"):
        return _html(200, _page(found, held, f"These are the choices of {found.address}."))
    if method != "POST":
        return 405, {"Allow": "GET, HEAD, POST"}, b""
    if _is_one_click(body):
        leave(found, held)
        return 200, {"Content-Type": "text/plain; charset=utf-8"}, b""
    _save(found, held, body)
    return _html(200, _page(found, held, f"The choices of {found.address} are saved."))


def _is_one_click(body: bytes) -> bool:
    """RFC 8058 §3.2: List-Unsubscribe=One-Click, as urlencoded or as multipart form data."""
    return b"List-Unsubscribe" in body and b"One-Click" in body


def _save(found: Link, held: ContactList, body: bytes) -> None:
    fields = parse_qs(body.decode("utf-8", "replace"))
    if "all" in fields:
        choose(found, held, {}, from_all=True)
        return
    wanted = fields.get("topic", [])
    topics = list(held.defaults)
    choose(
        found,
        held,
        {topic: "OPT_IN" if topic in wanted else "OPT_OUT" for topic in topics},
        from_all=False,
    )


def _page(found: Link, held: ContactList, said: str) -> str:
    contact = contact_of(found, held)
    topics = [
        _TOPIC.format(
            name=escape(topic["TopicName"]),
            on=" checked" if subscription(held, contact, topic["TopicName"]) == "OPT_IN" else "",
            shown=escape(topic.get("DisplayName") or topic["TopicName"]),
        )
        for topic in held.topics
    ]
    return _PAGE.format(said=escape(said), topics="\n".join(topics))


def _html(status: int, page: str) -> Response:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return status, headers, page.encode()
