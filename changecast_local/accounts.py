"""Administrators of the accounts: any 12 digits are an account, and its key id as well."""

import os
import sys

from changecast_local.environment import REGION, SECRET


def variables(endpoint: str, account: str, region: str = REGION) -> dict[str, str]:
    """The environment that makes any AWS tool an administrator of `account` in this cloud."""
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
        # The functions run on this very Python, whatever runtime the templates name.
        "RUNTIMES": f"{sys.version_info.major}.{sys.version_info.minor}",
    }
