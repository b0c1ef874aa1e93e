"""A simulation speeds up its own process, which tests share with other modules."""

from collections.abc import Iterator

import pytest

from changecast.customer.planning import announcements, reminders, run_mails


@pytest.fixture(scope="module", autouse=True)
def as_before() -> Iterator[None]:
    """Undo what a world replaces (`testbed.simulation.world.modules`): mails are composed again."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            (announcements, "parse_announced"), (reminders, "compose"), (run_mails, "compose"),
        ):  # fmt: skip
            patch.setattr(module, name, vars(module)[name])
        yield
