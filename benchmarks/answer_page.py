"""How long the answer page takes in the embedded cloud while 20 people load pages.

The deployed function behind the deployed stage, asked over HTTP. Each person loads a page a second,
because the stage takes 25 requests a second; the first pages, which start functions, are not timed.
"""

import http.client
import json
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.measure import ROOT, at_most, report
from changecast.hub.announcing.announce import announce, connect
from changecast_cli.announcing.results import final_run
from changecast_cli.local import process as local_cloud
from changecast_cli.local.stage import HUB, Stage, add_contacts, deploy_all, stage_for

SAMPLE = ROOT / "tests" / "samples" / "a-current-approved.json"
CLIENTS, WARM, PAGES, EVERY, PATIENCE = 20, 3, 15, 1.0, 300.0
_LINK = re.compile(r"http\S+/c/[A-Za-z0-9_-]+")


def measure() -> None:
    """Print one JSON line."""
    with _links() as links, ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda link: _loads(link, WARM), links))
        taken = sorted(one for each in clients.map(_loads, links) for one in each)
    p95 = taken[int(0.95 * len(taken))]
    report("response_page_p95_in_the_cloud_of_20_clients", [1e3 * p95], "ms", at_most(300))


@contextmanager
def _links() -> Iterator[Sequence[str]]:
    """Yield the personal links of people whose customer lets them answer."""
    (customer,) = stage_for(["acme"]).customers
    stage = Stage((replace(customer, more=(("Responses", "yes"),)),))
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with local_cloud.temporary(folder, keep=False) as local:
            deploy_all(stage, local.cloud, folder / "sam")
            add_contacts(stage, local.cloud, CLIENTS)
            hub = connect(local.cloud.session(HUB.account))
            document = json.loads(SAMPLE.read_text("utf-8"))
            document |= {"changeId": f"CHG-{time.time_ns()}", "customers": ["acme"], "version": 1}
            final_run(hub, announce(document, hub=hub), PATIENCE)
            # Plain text does not break links over lines, and its encoding marks the ends of lines
            # with =.
            raw = [str(mail["raw"]).replace("=\r\n", "").replace("=\n", "")
                   for mail in local.cloud.mails()]  # fmt: skip
            links = [found[0] for one in raw if (found := _LINK.findall(one))]
            assert len(set(links)) == CLIENTS, f"only {len(links)} of {CLIENTS} people have a link"
            yield links


def _loads(link: str, pages: int = PAGES) -> list[float]:
    """Return how long each page took (seconds), loaded one a second."""
    return [_load(link) for _ in range(pages)]


def _load(link: str) -> float:
    where, began = urlsplit(link), time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=60)
    connection.request("GET", where.path, headers={"Host": where.netloc})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    assert answer.status == 200, answer.status
    taken = time.perf_counter() - began
    time.sleep(max(0.0, EVERY - taken))
    return taken


if __name__ == "__main__":
    measure()
