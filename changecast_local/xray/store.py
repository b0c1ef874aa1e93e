"""Segments as they arrive, by account and Region, joined into traces."""

import json
import threading
from collections.abc import Iterator
from typing import Any

Document = dict[str, Any]
Scope = tuple[str, str]

_lock = threading.Lock()
_documents: dict[Scope, dict[str, dict[str, Document]]] = {}


def put(scope: Scope, document: Document) -> None:
    """Store a segment or subsegment of a trace; a repeated id is its newer state."""
    with _lock:
        traces = _documents.setdefault(scope, {})
        traces.setdefault(document["trace_id"], {})[document["id"]] = document


def traces(scope: Scope) -> dict[str, list[Document]]:
    """Every trace of an account and Region: its documents, subsegments inside their parents."""
    with _lock:
        found = {
            trace: json.loads(json.dumps(list(documents.values())))
            for trace, documents in _documents.get(scope, {}).items()
        }
    return {trace: _joined(documents) for trace, documents in found.items()}


def _joined(documents: list[Document]) -> list[Document]:
    """Put separately sent subsegments into their parents."""
    places = {part["id"]: part for document in documents for part in walk(document)}
    segments = []
    for document in documents:
        parent = places.get(document.get("parent_id", ""))
        if document.get("type") == "subsegment" and parent is not None:
            parent.setdefault("subsegments", []).append(document)
        else:
            segments.append(document)
    return segments


def walk(document: Document) -> Iterator[Document]:
    """Yield a document and everything inside it."""
    yield document
    for part in document.get("subsegments", ()):
        yield from walk(part)


def clear() -> None:
    """Forget everything."""
    with _lock:
        _documents.clear()
