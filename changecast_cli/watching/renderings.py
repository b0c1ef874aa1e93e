"""The mails of a run as its customer's account keeps them: composed once, without recipients."""

from collections.abc import Iterable, Mapping

from botocore.exceptions import ClientError

from changecast.customer.ledger.schema import Run
from changecast.customer.renderings.mails_bucket import get, rendering_key
from changecast_cli.customer_access import CustomerAccount


def renderings_of(
    account: CustomerAccount, run: Run, variants: Iterable[str]
) -> Mapping[str, bytes]:
    """Return the renderings of a run that are still kept, by the name of their variant.

    Somebody who may not list the bucket is denied what is not there, so a denial counts only where
    there is nothing else.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    s3, bucket = account.session.client("s3"), account.output("MailsBucket")
    found: dict[str, bytes] = {}
    denial: ClientError | None = None
    for variant in variants:
        try:
            body = get(s3, bucket, rendering_key(run.run, variant))
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDenied", "403"):
                raise
            denial = error
            continue
        if body is not None:
            found[variant] = body
    if denial and not found:
        raise denial
    return found
