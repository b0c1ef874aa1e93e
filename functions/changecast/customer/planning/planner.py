"""What planning needs of an account: ledger, mails bucket, contacts and settings."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from changecast.customer.compose.brand import Brand, brand_of
from changecast.customer.ledger.table import Ledger
from changecast.customer.mailing import Topic
from changecast.customer.planning.account_limits import AccountLimits
from changecast.customer.planning.settings import PlanSettings
from changecast.customer.planning.shared_reading import Reader

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client

# A customer's own layer puts templates here that replace ours; most have none.
TEMPLATES = "/opt/changecast/templates"


@dataclass(frozen=True)
class Planner:
    """What planning needs: this account's ledger, mails bucket, contacts and settings."""

    ledger: Ledger
    s3: "S3Client"
    bucket: str
    reader: Reader
    brand: Brand
    environment: str
    allow_list: frozenset[str]
    batch_size: int
    limits: AccountLimits
    lets_people_answer: bool = False
    has_channels: bool = False
    remind_before: tuple[int, ...] = ()
    remind_topics: frozenset[str] = frozenset({Topic.ANNOUNCEMENTS})
    has_digest: bool = False


def planner_of(
    settings: PlanSettings, ledger: Ledger, s3: "S3Client", ses: "SESV2Client"
) -> Planner:
    """Return the planner that an account's settings describe."""
    return Planner(
        ledger,
        s3,
        settings.mails_bucket,
        Reader(ledger, s3, ses, settings.mails_bucket, settings.contact_list),
        brand_of(
            settings,
            templates=TEMPLATES,
            logo_url=settings.logo_url,
            logo_text=settings.logo_text,
            dark_logo_url=settings.dark_logo_url,
            responses=settings.lets_people_answer,
        ),
        settings.environment,
        settings.allow_list,
        settings.batch_size,
        AccountLimits(
            settings.max_mails_per_day,
            settings.max_announcements_per_hour,
            settings.max_list_growth,
            settings.link_domains,
        ),
        settings.lets_people_answer,
        settings.has_channels,
        settings.remind_before,
        settings.remind_topics,
        settings.has_digest,
    )
