"""Contacts and suppressed addresses by the file."""

import json
from typing import Any

import pytest

from tests.integration.local.ses.given import ANN, LIST, topic

CSV = """emailAddress,unsubscribeAll,attributesData,topicPreferences.announcements
ann@acme.example,false,,OPT_IN
bob@acme.example,true,,
nonsense,false,,OPT_IN
"""


EUROPE = {"LocationConstraint": "eu-central-1"}
PUT = {"SuppressionListDestination": {"SuppressionListImportAction": "PUT"}}
DELETE = {"SuppressionListDestination": {"SuppressionListImportAction": "DELETE"}}
Job = dict[str, Any]


@pytest.fixture
def put_file(client: Any, ses: Any, account: str) -> Any:
    ses.create_contact_list(ContactListName=LIST, Topics=[topic("announcements")])
    s3 = client("s3")
    s3.create_bucket(
        Bucket=f"imports-{account}",
        CreateBucketConfiguration=EUROPE,
    )
    return lambda body: s3.put_object(Bucket=f"imports-{account}", Key="people", Body=body.encode())


def imported(
    ses: Any, account: str, destination: dict[str, Any], form: str = "CSV"
) -> dict[str, Any]:
    job = ses.create_import_job(
        ImportDestination=destination,
        ImportDataSource={"S3Url": f"s3://imports-{account}/people", "DataFormat": form},
    )
    found: Job = ses.get_import_job(JobId=job["JobId"])
    return found


def to_list(action: str = "PUT") -> dict[str, Any]:
    return {"ContactListDestination": {"ContactListName": LIST, "ContactListImportAction": action}}


def everybody(ses: Any) -> dict[str, bool]:
    contacts = ses.list_contacts(ContactListName=LIST)["Contacts"]
    return {each["EmailAddress"]: each["UnsubscribeAll"] for each in contacts}


def test_contacts_come_out_of_a_csv_and_bad_ones_are_counted(
    ses: Any, put_file: Any, account: str
) -> None:
    put_file(CSV)
    job = imported(ses, account, to_list())
    assert job["JobStatus"] == "COMPLETED"
    assert (job["ProcessedRecordsCount"], job["FailedRecordsCount"]) == (2, 1)
    assert everybody(ses) == {ANN: False, "bob@acme.example": True}
    assert [each["JobId"] for each in ses.list_import_jobs()["ImportJobs"]] == [job["JobId"]]


def test_an_import_overrides_an_opt_out(ses: Any, put_file: Any, account: str) -> None:
    """Why opt-outs have to be merged into the file first."""
    ses.create_contact(ContactListName=LIST, EmailAddress=ANN, UnsubscribeAll=True)
    put_file(json.dumps({"emailAddress": ANN}) + "\n")
    imported(ses, account, to_list(), "JSON")
    assert everybody(ses) == {ANN: False}


def test_a_line_that_is_not_json_fails_alone(ses: Any, put_file: Any, account: str) -> None:
    put_file('{"emailAddress": "ann@acme.example"}\n\n{nonsense\n[]\n')
    job = imported(ses, account, to_list(), "JSON")
    assert (job["ProcessedRecordsCount"], job["FailedRecordsCount"]) == (1, 2)
    assert everybody(ses) == {ANN: False}


def test_contacts_can_be_deleted_by_the_file(ses: Any, put_file: Any, account: str) -> None:
    ses.create_contact(ContactListName=LIST, EmailAddress=ANN)
    put_file(CSV)
    imported(ses, account, to_list("DELETE"))
    assert everybody(ses) == {}


def test_addresses_are_suppressed_and_released_by_file(
    ses: Any, put_file: Any, account: str
) -> None:
    put_file(f"{ANN},BOUNCE\nbob@acme.example,COMPLAINT\n")
    imported(ses, account, PUT)
    found = ses.get_suppressed_destination(EmailAddress=ANN)
    assert found["SuppressedDestination"]["Reason"] == "BOUNCE"
    put_file(ANN)
    imported(
        ses, account, {"SuppressionListDestination": {"SuppressionListImportAction": "DELETE"}}
    )
    left = ses.list_suppressed_destinations()["SuppressedDestinationSummaries"]
    assert [each["EmailAddress"] for each in left] == ["bob@acme.example"]


def test_a_file_that_is_not_there_fails_the_job(ses: Any, put_file: Any, account: str) -> None:
    del put_file
    assert imported(ses, account, to_list())["JobStatus"] == "FAILED"


def test_a_job_needs_a_list_that_is_there(ses: Any, account: str) -> None:
    with pytest.raises(ses.exceptions.NotFoundException):
        imported(ses, account, to_list())
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_import_job(JobId="none")
