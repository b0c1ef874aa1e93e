"""The sender's name, how mails are read, and what anybody on the internet may do."""

from collections.abc import Iterator

from tests.isolation.cases.case import A, B, by_service, case
from tests.isolation.engine import Request
from tests.isolation.questions import Context, Question, ask
from tests.isolation.things import Thing
from tests.isolation.world import HUB, World

_ANYBODY = {
    "AWS::Events::EventBus": "events:PutEvents",
    "AWS::SQS::Queue": "sqs:SendMessage",
    "AWS::IAM::Role": "sts:AssumeRole",
    "AWS::Lambda::Function": "lambda:InvokeFunction",
    "AWS::SNS::Topic": "sns:Publish",
    "AWS::KMS::Key": "kms:Decrypt",
    "object": "s3:GetObject",
}


def sending(world: World) -> Iterator[Question]:
    """A sender mails as the template's Sender and as nobody else."""
    sender, identity = world.who(A, "SendMailRole"), world.what(A, "CreatedIdentity")
    another: Context = {"ses:FromAddress": f"somebody@{A}.example"}
    for action in ("ses:SendEmail", "ses:SendRawEmail"):
        says = f"acme's sender mails ({action})"
        yield case(f"{says} as Sender", ask(sender, action, identity), allowed=True)
        yield case(f"{says} as another", ask(sender, action, identity, another))
        unsaid = ask(sender, action, identity, {"ses:FromAddress": ""})
        yield case(f"{says} as nobody", unsaid)
        yield case(f"{says} as globex", ask(sender, action, world.what(B, "CreatedIdentity")))


def reading(world: World) -> Iterator[Question]:
    """The buckets speak TLS only, to everybody."""
    clear: Context = {"aws:SecureTransport": "false"}
    for owner, kind, bucket, folder in (
        (A, "SendMailRole", "Mails", "runs"),
        (A, "Administrator", "Mails", "runs"),
        (HUB, "IntakeRole", "Intake", "incoming"),
    ):
        who, kept = world.who(owner, kind), world.what(owner, f"{bucket}/{folder}")
        says = f"{owner}'s {kind}"
        yield case(
            f"{says} reads {kept.name} over TLS", ask(who, "s3:GetObject", kept), allowed=True
        )
        in_clear = ask(who, "s3:GetObject", kept, clear)
        yield case(f"{says} reads {kept.name} in clear text", in_clear)
        listed = ask(who, "s3:ListBucket", world.what(owner, bucket), clear)
        yield case(f"{says} lists {bucket} in clear text", listed)


def importing(world: World) -> Iterator[Question]:
    """SES reads the file of an import, for this account, and no mail."""
    ses, own, foreign = "ses.amazonaws.com", world.accounts[A], world.accounts[B]
    file, mail = world.what(A, "Mails/imports"), world.what(A, "Mails/runs")
    read = "s3:GetObject"
    for_itself = by_service(read, file, account=own, service=ses)
    yield case("SES reads an import of acme's for acme", for_itself, allowed=True)
    for_globex = by_service(read, file, account=foreign, service=ses)
    yield case("SES reads an import of acme's for globex", for_globex)
    a_mail = by_service(read, mail, account=own, service=ses)
    yield case("SES reads a mail of acme's for acme", a_mail)


def anybody(world: World) -> Iterator[Question]:
    """Try without credentials everything that has a resource policy."""
    for what in world.things:
        if what.owner in (A, f"{A}-route", HUB) and what.policy and what.type in _ANYBODY:
            yield case(f"anybody: {what.owner}'s {what.name}", _anonymous(what))


def _anonymous(what: Thing) -> Request:
    context: Context = {
        "aws:SecureTransport": "true",
        "events:source": ["changecast.changes"],
        "events:detail-type": ["ChangeAnnounced"],
        "events:eventBusInvocation": "true",
    }
    return Request(None, _ANYBODY[what.type], what.arn, what.account, context, on=what.policy)
