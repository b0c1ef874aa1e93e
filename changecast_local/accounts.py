"""Administrators of the accounts; any 12 digits are an account and its key id."""

import os
import platform
import sys

from changecast_local.environment import REGION, SECRET

ARM = frozenset({"aarch64", "arm64"})


def variables(endpoint: str, account: str, region: str = REGION) -> dict[str, str]:
    """Return the environment that makes AWS tools an administrator of `account` here."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        # Tools must not look for a profile, an instance's role or another account's settings.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Otherwise `sam deploy` sleeps 5 s before its first look, and wants to phone home.
        "SAM_CLI_POLL_DELAY": "0.1",
        "SAM_CLI_TELEMETRY": "0",
        # The functions run on this Python and machine, whatever the templates name.
        "RUNTIMES": f"{sys.version_info.major}.{sys.version_info.minor}",
        "ARCHITECTURES": "arm64" if platform.machine() in ARM else "x86_64",
    }
