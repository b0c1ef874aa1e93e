"""Start and stop the embedded cloud in this process, one at a time: ministack uses globals."""

import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from changecast_local import bridge, logs, server

_one_at_a_time = threading.Lock()


@contextmanager
def started(
    *, auth: bool, port: int, workers: int, log: Path | None, variables: Mapping[str, str]
) -> Iterator[str]:
    """Run the cloud until the block ends; yield its endpoint. See `cloud.running`."""
    if not _one_at_a_time.acquire(blocking=False):
        raise RuntimeError("an embedded cloud is already running in this process")
    with ExitStack() as stack:
        stack.callback(_one_at_a_time.release)
        listener = server.listen(port)
        stack.callback(listener.close)
        address = listener.getsockname()
        bridge.install()
        # It imports ministack, which the bridge has loaded only now.
        from changecast_local import hosting  # noqa: PLC0415

        logs.log_to(log)
        stack.callback(logs.log_to, None)
        stack.callback(hosting.forget_everything)
        hosting.configure(*address, auth=auth)
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="changecast-cloud-"))
        endpoint = f"http://{address[0]}:{address[1]}"
        pool = stack.enter_context(hosting.functions(endpoint, workers, Path(folder), variables))
        app = hosting.application(endpoint, pool, auth=auth)
        loop = stack.enter_context(server.serving(app, listener))
        hosting.begin(loop)
        yield endpoint
