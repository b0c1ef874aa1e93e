"""Send mails without a ledger, as a process.

    python -m benchmarks.bare THREADS RENDERING [layers]

This is what most scripts do: boto3's default client, in a loop or in threads, with mails that are
ready before the clock starts. It has the protocol of benchmarks.function; each message is an
address, and the first of each thread is its warm-up.
"""

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from botocore.config import Config

from benchmarks.layers import Layers
from benchmarks.measure import cpu_seconds, print_figures
from changecast.customer.renderings.mails_bucket import get
from changecast.customer.renderings.splice import load, splice


def main(threads: int, rendering: str, *options: str) -> None:
    """Send a mail to each address."""
    layers = Layers() if "layers" in options else None
    template = load(get(boto3.client("s3"), os.environ["MAILS_BUCKET"], rendering) or b"")
    ses = boto3.client("sesv2", config=Config(max_pool_connections=threads))
    print("ready", flush=True)
    mails = [(address, splice(template, address)) for address in json.load(sys.stdin)]

    def send(mail: tuple[str, bytes]) -> None:
        ses.send_email(
            FromEmailAddress=os.environ["SENDER"],
            Destination={"ToAddresses": [mail[0]]},
            Content={"Raw": {"Data": mail[1]}},
            EmailTags=[{"Name": "k", "Value": "0" * 32}],
            ConfigurationSetName=os.environ["CONFIGURATION_SET"],
            ListManagementOptions={
                "ContactListName": os.environ["CONTACT_LIST"],
                "TopicName": "announcements",
            },
        )

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, mails[:threads]))
        if layers:
            layers.clear()
        began, cpu = time.perf_counter(), cpu_seconds()
        list(pool.map(send, mails[threads:]))
        print_figures(len(mails) - threads, began, cpu, layers)


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
