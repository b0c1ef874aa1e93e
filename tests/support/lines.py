"""Which modules of tests run one after another, and which start first, when several workers run.

The tests of tests/e2e share a cloud, which takes 20 s to deploy and sweeps every minute until it
ends, so they run in two lines instead of on every worker. Long modules start before short ones.
"""

from xdist.scheduler import LoadFileScheduling

# In the order in which they start: each line is for one worker.
LINES = (
    ("tests/e2e/test_onboarding.py",),
    (
        "tests/e2e/test_crash.py",
        "tests/e2e/test_watch.py",
        "tests/e2e/test_answers.py",
        "tests/e2e/test_bad_input.py",
        "tests/e2e/test_channels.py",
        "tests/e2e/test_own_key.py",
        "tests/e2e/test_distribution.py",
        "tests/e2e/test_few_functions.py",
    ),
    (
        "tests/e2e/test_operations.py",
        "tests/e2e/test_two_persons.py",
        "tests/e2e/test_console.py",
        "tests/e2e/test_canary.py",
        "tests/e2e/test_doctor.py",
        "tests/e2e/test_versions.py",
        "tests/e2e/test_opt_out.py",
        "tests/e2e/test_isolation.py",
    ),
    ("tests/e2e/test_getting_started.py",),
    ("tests/simulation/test_simulation.py",),
    ("tests/gameday/test_game_day.py",),
    ("tests/e2e/test_demo.py",),
    ("tests/integration/package/test_package.py",),
    ("tests/integration/mails/test_look.py",),
    ("tests/integration/responding/test_browser.py",),
    ("tests/integration/local/test_every_create_fails_once.py",),
    ("tests/integration/mails/test_longest_document.py",),
    ("tests/integration/console/test_look.py",),
)
_LINES = {module: line[0] for line in LINES for module in line}
_STARTS = {module: place for place, module in enumerate(_LINES)}


def line_of(test: str) -> str:
    """Return the name of a test's line: the first module in it."""
    module = test.partition("::")[0]
    return _LINES.get(module, module)


def start_of(test: str) -> int:
    """Return a number by which tests are sorted: modules without a line come last."""
    return _STARTS.get(test.partition("::")[0], len(_STARTS))


class Lines(LoadFileScheduling):  # type: ignore[misc]
    """Gives each worker one line after another."""

    def _split_scope(self, nodeid: str) -> str:
        return line_of(nodeid)
