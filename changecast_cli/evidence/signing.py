"""Sign an evidence file with the hub's KMS key, and verify a signature with KMS.

The hub's parameter EvidenceKeyId names the key: ECC_NIST_P256, for signing and verifying.
https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.exceptions import ClientError

from changecast_cli.failures import Failed

KEY_PARAMETER = "/changecast/hub/evidence-key"
ALGORITHM = "ECDSA_SHA_256"


def key_of(session: boto3.Session) -> str:
    """Return the ARN of the hub's key; empty if it has none."""
    answer = session.client("ssm").get_parameters(Names=[KEY_PARAMETER])
    return next((str(one["Value"]) for one in answer["Parameters"]), "")


def signature_of(session: boto3.Session, key: str, manifest: bytes) -> Mapping[str, Any]:
    """Return the signature of a manifest, in the form of signature.json."""
    answer = session.client("kms").sign(
        KeyId=key,
        Message=hashlib.sha256(manifest).digest(),
        MessageType="DIGEST",
        SigningAlgorithm=ALGORITHM,
    )
    text = base64.b64encode(answer["Signature"]).decode()
    return {"algorithm": ALGORITHM, "key": answer["KeyId"], "signature": text}


def is_signed(session: boto3.Session, key: str, manifest: bytes, signature: Any) -> bool:
    """Return whether the hub's key made this signature of this manifest.

    Raises:
        Failed: KMS does not know the key, or it cannot sign.
    """
    try:
        sign = base64.b64decode(str(signature["signature"]), validate=True)
        named = str(signature["key"])
    except (KeyError, TypeError, binascii.Error):
        return False
    return named == key and _asked(session, key, manifest, sign)


def _asked(session: boto3.Session, key: str, manifest: bytes, sign: bytes) -> bool:
    try:
        answer = session.client("kms").verify(
            KeyId=key,
            Message=hashlib.sha256(manifest).digest(),
            MessageType="DIGEST",
            Signature=sign,
            SigningAlgorithm=ALGORITHM,
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "KMSInvalidSignatureException":
            return False
        if code in ("NotFoundException", "InvalidKeyUsageException", "DisabledException"):
            raise Failed(f"the signature cannot be checked with {key}: {code}") from error
        raise
    return bool(answer["SignatureValid"])
