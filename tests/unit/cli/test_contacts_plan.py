"""An import or a restore never subscribes anybody to what they opted out of."""

from hypothesis import given
from hypothesis import strategies as st

from changecast_cli.contacts.backup import plan_restore
from changecast_cli.contacts.copies import export_text
from changecast_cli.contacts.file import ListedPerson, read_people
from changecast_cli.contacts.plan import plan_import
from changecast_cli.contacts.records import Choice, Contact, by_mailbox

DEFAULTS: dict[str, Choice] = {
    "approvals": "OPT_OUT", "announcements": "OPT_IN", "calendar": "OPT_OUT",
}  # fmt: skip
TOPICS = tuple(DEFAULTS)
choices = st.sampled_from(["OPT_IN", "OPT_OUT"])
contact = st.builds(
    Contact,
    st.sampled_from(["ana@acme.example", "ben@acme.example", "Cy@acme.example"]),
    st.dictionaries(st.sampled_from(TOPICS), choices),
    st.booleans(),
)
wanted_one = st.builds(
    ListedPerson,
    st.just(1),
    st.sampled_from(["ana@acme.example", "BEN@acme.example", "cy@acme.example"]),
    st.dictionaries(st.sampled_from(TOPICS), choices),
    st.booleans(),
)


def by_key(people: list[Contact]) -> dict[str, Contact]:
    return {one.key: one for one in people}


@given(st.lists(contact, unique_by=lambda one: one.key), st.lists(wanted_one, max_size=3))
def test_nobody_who_opted_out_hears_again(
    people: list[Contact], wanted: list[ListedPerson]
) -> None:
    before = by_key(people)
    plan = plan_import(wanted, before, DEFAULTS)
    for after in plan.change:
        was = before[after.key]
        assert after.unsubscribed_from_all or not was.unsubscribed_from_all
        for topic, choice in was.preferences.items():
            assert choice == "OPT_IN" or after.preferences[topic] == "OPT_OUT"


@given(
    st.lists(contact, unique_by=lambda one: one.key),
    st.lists(wanted_one, unique_by=lambda one: one.address.lower()),
)
def test_people_hear_of_nothing_that_a_file_keeps_them_out_of(
    people: list[Contact], wanted: list[ListedPerson]
) -> None:
    before = by_key(people)
    plan = plan_import(wanted, before, DEFAULTS)
    after = before | by_key(plan.add) | by_key(plan.change)
    for one in wanted:
        person = after[one.address.lower()]
        for topic in TOPICS:
            is_out = one.unsubscribed or one.choices.get(topic) == "OPT_OUT"
            assert not (is_out and person.hears(topic, DEFAULTS))


@given(
    st.lists(contact, unique_by=lambda one: one.key),
    st.lists(wanted_one, unique_by=lambda one: one.address.lower()),
)
def test_every_line_has_one_outcome(people: list[Contact], wanted: list[ListedPerson]) -> None:
    plan = plan_import(wanted, by_key(people), DEFAULTS)
    assert len(plan.outcomes) == len(wanted) == plan.writes + len(plan.kept)
    assert all(one.reason for one in plan.outcomes)


@given(st.lists(contact, unique_by=lambda one: one.key))
def test_an_export_gives_the_same_people_the_same_choices_elsewhere(people: list[Contact]) -> None:
    text = export_text(people, DEFAULTS)
    found = read_people(text, DEFAULTS)
    assert found.refused == []
    plan = plan_import(found.requested, {}, DEFAULTS)
    assert plan.add == people
    assert plan_import(found.requested, by_key(people), DEFAULTS).writes == 0


def test_an_export_into_a_list_with_other_defaults_lets_nobody_hear_of_more_or_less() -> None:
    silent = Contact("ana@acme.example")
    others: dict[str, Choice] = {
        "approvals": "OPT_IN",
        "announcements": "OPT_OUT",
        "calendar": "OPT_IN",
    }
    (there,) = plan_import(
        read_people(export_text([silent], DEFAULTS), others).requested, {}, others
    ).add  # fmt: skip
    for topic in TOPICS:
        assert there.hears(topic, others) == silent.hears(topic, DEFAULTS)


def test_of_two_spellings_on_the_list_the_unsubscription_counts() -> None:
    spelled = [
        Contact("Ana@acme.example", {"calendar": "OPT_OUT"}),
        Contact("ana@ACME.example", {"calendar": "OPT_IN", "approvals": "OPT_IN"}),
        Contact("ben@acme.example"),
        Contact("BEN@acme.example", unsubscribed_from_all=True),
    ]
    for people in (spelled, spelled[::-1]):
        found = by_mailbox(people)
        ana, ben = found["ana@acme.example"], found["ben@acme.example"]
        assert dict(ana.preferences) == {"calendar": "OPT_OUT", "approvals": "OPT_IN"}
        assert ben.unsubscribed_from_all


@given(st.lists(contact, unique_by=lambda one: one.key), st.lists(wanted_one, max_size=3))
def test_the_same_import_again_has_nothing_to_do(
    people: list[Contact], wanted: list[ListedPerson]
) -> None:
    wanted = list({one.address.lower(): one for one in wanted}.values())
    before = by_key(people)
    plan = plan_import(wanted, before, DEFAULTS)
    after = before | by_key(plan.add) | by_key(plan.change)
    assert plan_import(wanted, after, DEFAULTS).writes == 0


def test_new_known_and_opted_out_are_told_apart() -> None:
    people = by_key(
        [
            Contact("ana@acme.example", {"announcements": "OPT_OUT"}),
            Contact("ben@acme.example"),
            Contact("cy@acme.example", unsubscribed_from_all=True),
        ]
    )
    asked: dict[str, Choice] = {"announcements": "OPT_IN", "calendar": "OPT_IN"}
    names = ("ana", "ben", "cy", "dora")
    plan = plan_import(
        [ListedPerson(n, f"{name}@acme.example", asked) for n, name in enumerate(names)],
        people,
        DEFAULTS,
    )
    assert [(one.address, dict(one.preferences)) for one in plan.add] == [
        ("dora@acme.example", {"announcements": "OPT_IN", "calendar": "OPT_IN"})
    ]
    assert {one.address: dict(one.preferences) for one in plan.change} == {
        "ana@acme.example": {"announcements": "OPT_OUT", "calendar": "OPT_IN"},
        "ben@acme.example": {"calendar": "OPT_IN"},
    }
    assert plan.kept == ["cy@acme.example"]
    assert plan.respected == {
        "ana@acme.example": ["announcements"],
        "cy@acme.example": ["announcements", "calendar"],
    }
    assert [(one.line, one.result.value, one.reason) for one in plan.outcomes] == [
        (0, "changed", "subscribed to calendar; opted out, and stays out of announcements"),
        (1, "changed", "subscribed to calendar"),
        (2, "kept", "opted out, and stays out of announcements, calendar"),
        (3, "added", "subscribed to announcements, calendar"),
    ]


def test_a_no_turns_off_what_a_known_person_hears_of() -> None:
    known = Contact("ana@acme.example", {"approvals": "OPT_IN", "calendar": "OPT_IN"})
    no: dict[str, Choice] = dict.fromkeys(TOPICS, "OPT_OUT")
    plan = plan_import([ListedPerson(2, "ANA@acme.example", no)], by_key([known]), DEFAULTS)
    assert [(one.address, dict(one.preferences)) for one in plan.change] == [(known.address, no)]


def test_an_unsubscription_elsewhere_takes_a_known_person_out_of_everything() -> None:
    known = Contact("ana@acme.example", {"approvals": "OPT_IN"})
    plan = plan_import(
        [ListedPerson(2, known.address, unsubscribed=True)], by_key([known]), DEFAULTS
    )
    assert [one.unsubscribed_from_all for one in plan.change] == [True]
    new = plan_import([ListedPerson(2, known.address, unsubscribed=True)], {}, DEFAULTS)
    assert [one.result.value for one in new.outcomes] == ["added_unsubscribed"]


def test_a_restore_of_two_spellings_loses_no_unsubscription() -> None:
    then = [Contact("Ana@acme.example", unsubscribed_from_all=True),
            Contact("ana@acme.example", {"approvals": "OPT_OUT"})]  # fmt: skip
    for people in (then, then[::-1]):
        (after,) = plan_restore(people, by_key([Contact("ana@acme.example")])).change
        assert (after.unsubscribed_from_all, dict(after.preferences)) == (
            True, {"approvals": "OPT_OUT"},
        )  # fmt: skip


@given(
    st.lists(contact, unique_by=lambda one: one.key),
    st.lists(contact, unique_by=lambda one: one.key),
)
def test_a_restore_lets_nobody_who_is_there_hear_of_more(
    then: list[Contact], now: list[Contact]
) -> None:
    before = by_key(now)
    plan = plan_restore(then, before)
    for after in plan.change:
        was = before[after.key]
        for topic in TOPICS:
            assert after.hears(topic, DEFAULTS) <= was.hears(topic, DEFAULTS)
    assert {one.key for one in plan.add} == {one.key for one in then} - set(before)
