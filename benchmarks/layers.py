"""How much CPU a process spends in botocore and in HTTP, by service; the rest is its own.

Each thread's own clock counts, so a thread that waits while others run takes nothing.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from botocore.client import BaseClient
from botocore.httpsession import URLLib3Session

LAYERS = ("botocore", "http")


class Layers:
    """The CPU seconds by service and layer, and the number of requests, since `clear`."""

    def __init__(self) -> None:
        self._found: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._inside = threading.local()
        self._meter_operations()
        self._meter_http()

    def clear(self) -> None:
        """Forget the warm-up."""
        with self._lock:
            self._found.clear()

    def found(self) -> dict[str, float]:
        """Return the seconds by `<service>_<layer>`, and the number by `<service>_requests`."""
        with self._lock:
            return dict(self._found)

    def _meter_operations(self) -> None:
        clients: Any = BaseClient
        ask: Callable[..., Any] = clients._make_api_call

        def metered(client: Any, operation: str, parameters: Any) -> Any:
            self._inside.http = 0.0
            began = time.thread_time()
            try:
                return ask(client, operation, parameters)
            finally:
                seconds, http = time.thread_time() - began, self._inside.http
                service = client.meta.service_model.service_name
                with self._lock:
                    self._found[f"{service}_botocore"] += seconds - http
                    self._found[f"{service}_http"] += http
                    self._found[f"{service}_requests"] += 1

        clients._make_api_call = metered

    def _meter_http(self) -> None:
        sessions: Any = URLLib3Session
        send: Callable[..., Any] = sessions.send

        def metered(session: Any, request: Any) -> Any:
            began = time.thread_time()
            try:
                return send(session, request)
            finally:
                self._inside.http += time.thread_time() - began

        sessions.send = metered
