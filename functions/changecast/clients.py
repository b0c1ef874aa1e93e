"""What our clients of AWS have in common."""

# Without a name of its own botocore composes one anew for every request, out of a dozen parts: a
# tenth of the CPU of a call. CloudTrail shows it.
USER_AGENT = "changecast"
