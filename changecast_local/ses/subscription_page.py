"""The page behind an unsubscribe link; only a POST changes anything.

Programs that fetch links in advance must not unsubscribe anybody: RFC 8058 §1.
"""

from html import escape
from urllib.parse import parse_qs

from changecast_local.ses.contacts import subscription
from changecast_local.ses.store import ContactList
from changecast_local.ses.unsubscribing import UnsubscribeLink, choose, contact_of, followed, leave

Response = tuple[int, dict[str, str], bytes]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ margin: 0; padding: 24px 12px; background: #eef1f5; color: #17212b;
  font: 16px/1.5 system-ui, sans-serif; }}
main {{ max-width: 520px; margin: auto; padding: 24px; background: #fff;
  border: 1px solid #d3dae3; border-radius: 10px; overflow-wrap: anywhere; }}
h1 {{ margin: 0 0 8px; font-size: 22px; }}
fieldset {{ margin: 16px 0; padding: 0; border: 0; }} legend {{ padding: 0; font-weight: 600; }}
label {{ display: block; padding: 10px 0; border-top: 1px solid #e0e5eb; }}
input {{ width: 18px; height: 18px; margin: 0 8px 0 0; vertical-align: -3px; }}
button {{ min-height: 44px; margin: 0 8px 8px 0; padding: 8px 18px; font: inherit;
  font-weight: 600; border: 1px solid #0b57a4; border-radius: 6px; background: #0b57a4;
  color: #fff; cursor: pointer; }}
button.all {{ background: transparent; color: #0b57a4; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #0e141a; color: #e6ebf0; }}
  main {{ background: #18212a; border-color: #33404d; }} label {{ border-color: #33404d; }}
  button.all {{ color: #8cc4ff; border-color: #8cc4ff; }}
}}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
<p role="status">{said}</p>
{form}
</main>
</body>
</html>
"""
_FORM = """<form method="post">
<fieldset>
<legend>Send me</legend>
{topics}
</fieldset>
<button type="submit">Save</button>
<button type="submit" class="all" name="all" value="1">Unsubscribe from all</button>
</form>"""
_TOPIC = '<label><input type="checkbox" name="topic" value="{name}"{on}>{shown}</label>'


def handle(method: str, path: str, query: str, body: bytes) -> Response:  # noqa: ARG001
    """Answer a request for /_changecast/subscriptions/<token>: (status, headers, body)."""
    found = followed(path.rstrip("/").rpartition("/")[2])
    held = found.contact_list if found else None
    if found is None or held is None:
        nowhere = "This link is not known. Please use the link of a newer email."
        return _html(404, _PAGE.format(title="Link not found", said=nowhere, form=""))
    if method in ("GET", "HEAD"):
        return _html(200, _page(found, held, f"Choose which emails {found.address} receives."))
    if method != "POST":
        return 405, {"Allow": "GET, HEAD, POST"}, b""
    if _is_one_click(body):
        leave(found, held)
        return 200, {"Content-Type": "text/plain; charset=utf-8"}, b""
    _save(found, held, body)
    return _html(200, _page(found, held, f"Your choices for {found.address} are saved."))


def _is_one_click(body: bytes) -> bool:
    """RFC 8058 §3.2: List-Unsubscribe=One-Click, as urlencoded or as multipart form data."""
    return b"List-Unsubscribe" in body and b"One-Click" in body


def _save(found: UnsubscribeLink, held: ContactList, body: bytes) -> None:
    fields = parse_qs(body.decode("utf-8", "replace"))
    if "all" in fields:
        choose(found, held, {}, from_all=True)
        return
    requested = fields.get("topic", [])
    topics = list(held.defaults)
    choose(
        found,
        held,
        {topic: "OPT_IN" if topic in requested else "OPT_OUT" for topic in topics},
        from_all=False,
    )


def _page(found: UnsubscribeLink, held: ContactList, said: str) -> str:
    contact = contact_of(found, held)
    topics = [
        _TOPIC.format(
            name=escape(topic["TopicName"]),
            on=" checked" if subscription(held, contact, topic["TopicName"]) == "OPT_IN" else "",
            shown=escape(topic.get("DisplayName") or topic["TopicName"]),
        )
        for topic in held.topics
    ]
    form = _FORM.format(topics="\n".join(topics))
    return _PAGE.format(title="Your subscriptions", said=escape(said), form=form)


def _html(status: int, page: str) -> Response:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return status, headers, page.encode()
