"""The real handlers under scheduled faults: no mail is sent twice, lost or stuck."""
