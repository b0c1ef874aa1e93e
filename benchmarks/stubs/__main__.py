"""A stub as a process: `python -m benchmarks.stubs ses|dynamodb|s3|sqs SECONDS CONTACTS RATE`."""

import asyncio
import sys

from benchmarks.stubs.http import Answerer, serve
from benchmarks.stubs.services import S3, DynamoDb, Ses, Sqs


def main(service: str, seconds: str, contacts: str, rate: str) -> None:
    """Serve until the process is ended."""
    stubs: dict[str, Answerer] = {
        "ses": Ses(int(contacts), float(rate)).answer,
        "dynamodb": DynamoDb().answer,
        "s3": S3().answer,
        "sqs": Sqs().answer,
    }
    asyncio.run(serve(stubs[service], float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
