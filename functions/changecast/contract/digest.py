"""The id of a weekly digest, apart from contract/reserved_ids.py: the sweep loads no models."""

DIGEST_PREFIX = "digest:"  # a digest is kept and reported under digest:<its Monday>
