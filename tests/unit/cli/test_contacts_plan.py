"""An import or a restore never lets anybody hear of what they opted out of."""

from hypothesis import given
from hypothesis import strategies as st

from changecast_cli.contacts.backup import plan_restore
from changecast_cli.contacts.file import Wanted
from changecast_cli.contacts.plan import plan_import
from changecast_cli.contacts.records import Choice, Contact

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
    Wanted,
    st.just(1),
    st.sampled_from(["ana@acme.example", "BEN@acme.example", "cy@acme.example"]),
    st.none() | st.lists(st.sampled_from(TOPICS), unique=True).map(tuple),
)


def by_key(people: list[Contact]) -> dict[str, Contact]:
    return {one.key: one for one in people}


@given(st.lists(contact, unique_by=lambda one: one.key), st.lists(wanted_one, max_size=3))
def test_nobody_who_opted_out_hears_again(people: list[Contact], wanted: list[Wanted]) -> None:
    before = by_key(people)
    plan = plan_import(wanted, before, DEFAULTS)
    for after in plan.change:
        was = before[after.key]
        assert after.unsubscribed_from_all == was.unsubscribed_from_all
        assert all(after.preferences[topic] == choice for topic, choice in was.preferences.items())


@given(st.lists(contact, unique_by=lambda one: one.key), st.lists(wanted_one, max_size=3))
def test_the_same_import_again_has_nothing_to_do(
    people: list[Contact], wanted: list[Wanted]
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
    asked = ("announcements", "calendar")
    names = ("ana", "ben", "cy", "dora")
    plan = plan_import(
        [Wanted(n, f"{name}@acme.example", asked) for n, name in enumerate(names)], people, DEFAULTS
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
