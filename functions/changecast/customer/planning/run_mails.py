"""The mails of a run: every rendering that its readers need, by name. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from changecast.contract.change import Change
from changecast.customer.compose.brand import Brand
from changecast.customer.compose.notice import occasion_for
from changecast.customer.compose.occasion import Occasion
from changecast.customer.compose.variants import compose
from changecast.customer.mailing import ONLY_CALENDAR, Mailing, Topic
from changecast.customer.planning.looks import Look, dressed, variant_in
from changecast.customer.renderings.mails_bucket import without_page


@dataclass(frozen=True)
class RunMails:
    """What the mails of a run are about: a change as this customer may see it, and its mailing.

    `previous` is what those who are up to date were last told. `now` is in epoch seconds.
    """

    change: Change
    mailing: Mailing
    previous: Change | None
    test: bool
    now: float

    def composed(self, brand: Brand) -> dict[str, bytes]:
        """Return every rendering, as `brand` looks.

        Answers may be switched off before a mail is sent, so mails with a link to the reader's own
        page are also rendered without it.
        """
        made = self._composed(brand)
        if not brand.responses:
            return made
        plain = self._composed(replace(brand, responses=False))
        return made | {
            without_page(name): body for name, body in plain.items() if body != made[name]
        }

    def for_calendar_only(self, brand: Brand) -> dict[str, bytes]:
        """Return the mails with an entry as people get them who take no announcements."""
        mailing = replace(self.mailing, topic=Topic.CALENDAR)
        made = replace(self, mailing=mailing).composed(brand)
        names = {name.value: only.value for name, only in ONLY_CALENDAR.items()}
        names |= {without_page(name): without_page(only) for name, only in names.items()}
        return {only: made[name] for name, only in names.items() if name in made}

    def in_look(
        self, brand: Brand, look: Look, *, only_calendar: bool
    ) -> Iterator[tuple[str, bytes]]:
        """Yield all of them in a language and zone that readers chose, each with its name."""
        brand = dressed(brand, look)
        made = self.composed(brand)
        if only_calendar:
            made |= self.for_calendar_only(brand)
        for name, body in made.items():
            variant, dot, rest = name.partition(".")
            yield f"{variant_in(variant, look)}{dot}{rest}", body

    def occasion(self, brand: Brand) -> Occasion:
        """Return what the run's chats and webhooks are told about."""
        return occasion_for(
            self.change,
            self.mailing,
            brand,
            previous=self.previous,
            now=datetime.fromtimestamp(self.now, UTC),
            test=self.test,
        )

    def _composed(self, brand: Brand) -> dict[str, bytes]:
        composed = compose(
            self.change,
            self.mailing,
            brand,
            previous=self.previous,
            now=datetime.fromtimestamp(self.now, UTC),
            test=self.test,
        )
        return {variant.value: body for variant, body in composed.items()}
