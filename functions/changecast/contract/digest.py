"""The id of a weekly digest; not in contract/reserved_ids.py, so that the sweep loads no models."""

DIGEST_PREFIX = "digest:"  # a digest is kept and reported under digest:<its Monday>
