"""SES of the embedded cloud: lists, sending with list management, events, and its mails."""

from changecast_local.ses.installing import PRIVATE_NAMES, install, reset
from changecast_local.ses.mails import mails
from changecast_local.ses.publishing import settle
from changecast_local.ses.subscription_page import handle

__all__ = ["PRIVATE_NAMES", "handle", "install", "mails", "reset", "settle"]
