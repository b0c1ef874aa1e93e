"""Common configuration of our AWS clients."""

from botocore.config import Config

# Without a fixed user agent, botocore composes one for every request from a dozen parts, which is a
# tenth of a call's CPU time. CloudTrail shows the user agent.
USER_AGENT = "changecast"
PATIENT = Config(connect_timeout=2, read_timeout=5, user_agent=USER_AGENT)
# For requests that each have a turn: a refused one must wait for another turn.
ONE_TRY = Config(
    retries={"total_max_attempts": 1},
    connect_timeout=3,
    read_timeout=10,
    user_agent=USER_AGENT,
)
