"""What AWS's services may do with the keys that accounts have of their own."""

from collections.abc import Iterator

from testbed.expand import REGION
from tests.isolation.cases.case import EVENTBRIDGE, A, B, case
from tests.isolation.engine import Request
from tests.isolation.questions import Context, Question, ask
from tests.isolation.things import Thing
from tests.isolation.world import HUB, World

_LOGS, _SES = f"logs.{REGION}.amazonaws.com", "ses.amazonaws.com"
_FOR_QUEUE, _FOR_LOGS = "kms:EncryptionContext:aws:sqs:arn", "kms:EncryptionContext:aws:logs:arn"


def using(world: World) -> Iterator[Question]:
    """Each service only for what the account keeps in it; nobody else, and nothing else."""
    for owner, queue in ((A, "AnnouncementsQueue"), (A, "OutcomesDeadLetters"),
                         (HUB, "StatusQueue"), (f"{A}-route", "DeadLetters")):  # fmt: skip
        key = world.what(HUB if owner.endswith("-route") else owner, "Key")
        yield from _encrypting(world, key, world.what(owner, queue))
    yield from _logging(world)
    yield from _importing(world)
    yield from _elsewhere(world)


def _encrypting(world: World, key: Thing, queue: Thing) -> Iterator[Question]:
    """EventBridge puts into queues under the key, where no condition on the rule is possible."""
    says = f"EventBridge with {key.owner}'s key"
    right: Context = {_FOR_QUEUE: queue.arn}
    foreign: Context = {_FOR_QUEUE: world.what(B, "AnnouncementsQueue").arn}
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        sent = _by(EVENTBRIDGE, action, key, right)
        yield case(f"{says}: {action} for {queue.owner}'s {queue.name}", sent, allowed=True)
        stolen = _by(EVENTBRIDGE, action, key, foreign)
        yield case(f"{says}: {action} for a queue of globex's, not {queue.name}", stolen)
        yield case(f"{says}: {action} for no queue", _by(EVENTBRIDGE, action, key, {}))
    yield case(f"{says} lends it to others", _by(EVENTBRIDGE, "kms:CreateGrant", key, right))
    other = _by("sns.amazonaws.com", "kms:Decrypt", key, right)
    yield case(f"SNS with {key.owner}'s key for {queue.name}", other)


def _logging(world: World) -> Iterator[Question]:
    key, logs = world.what(A, "Key"), world.what(A, "SendMailLogs")
    right: Context = {_FOR_LOGS: logs.arn.removesuffix(":*")}
    foreign: Context = {_FOR_LOGS: world.what(B, "SendMailLogs").arn.removesuffix(":*")}
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"):
        says = f"CloudWatch Logs with acme's key: {action}"
        yield case(f"{says} for acme's logs", _by(_LOGS, action, key, right), allowed=True)
        yield case(f"{says} for globex's logs", _by(_LOGS, action, key, foreign))
        yield case(f"{says} for no logs", _by(_LOGS, action, key, {}))
    abroad = _by("logs.us-east-1.amazonaws.com", "kms:Decrypt", key, right)
    yield case("CloudWatch Logs of another Region with acme's key", abroad)


def _importing(world: World) -> Iterator[Question]:
    key = world.what(A, "Key")
    for owner in (A, B):
        context: Context = {"aws:SourceAccount": world.accounts[owner]}
        says = f"SES reads with acme's key for {owner}"
        yield case(says, _by(_SES, "kms:Decrypt", key, context), allowed=owner == A)
        writes = _by(_SES, "kms:GenerateDataKey", key, context)
        yield case(f"{says}, and writes", writes)
    yield case("SES reads with acme's key for nobody", _by(_SES, "kms:Decrypt", key, {}))


def _elsewhere(world: World) -> Iterator[Question]:
    """A role uses the key through its own Region's services, and takes nothing along from there."""
    sender, key = world.who(A, "SendMailRole"), world.what(A, "Key")
    for service in (f"sqs.{REGION}", f"dynamodb.{REGION}", f"s3.{REGION}"):
        via: Context = {"kms:ViaService": f"{service}.amazonaws.com"}
        says = f"acme's sender decrypts through {service}"
        yield case(says, ask(sender, "kms:Decrypt", key, via), allowed=True)
        yield case(f"{says}, with globex's key", ask(sender, "kms:Decrypt",
                                                     world.what(B, "Key"), via))  # fmt: skip
    for service in ("sqs.us-east-1", f"sns.{REGION}", f"secretsmanager.{REGION}"):
        via = {"kms:ViaService": f"{service}.amazonaws.com"}
        says = f"acme's sender decrypts through {service}"
        yield case(says, ask(sender, "kms:Decrypt", key, via))


def _by(service: str, action: str, key: Thing, context: Context) -> Request:
    return Request(service, action, key.arn, key.account, context, on=key.policy)
