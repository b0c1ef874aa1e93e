"""The id of a weekly digest, which no change may have."""

DIGEST_PREFIX = "digest:"  # a digest is kept and reported under digest:<its Monday>
