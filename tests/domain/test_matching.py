"""Whose record in Plannr a client of the platform is: the cases of P5b, one by one."""

from dataclasses import replace
from datetime import date

import pytest

from domain.matching import Ambiguous, Candidate, Nobody, One, Sought, Why, match

BORN, OTHER_DAY = date(1978, 4, 12), date(1979, 4, 12)
ADULT = Sought(
    platform_client="C1",
    first_name="Zoë",
    last_name="Marsh-Hill",
    date_of_birth=BORN,
    email="zoe@example.com",
    national_insurance_number="AB123456C",
)
CHILD = Sought(platform_client="C2", first_name="Tom", last_name="Marsh", date_of_birth=date(2015, 1, 2))
RECORD = Candidate(record_id="R1")
TWIN = Candidate(record_id="R1", first_name="Ben", last_name="Marsh", date_of_birth=date(2015, 1, 2))


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    "candidate",
    [
        replace(RECORD, national_insurance_number="AB123456C", date_of_birth=BORN),
        replace(RECORD, national_insurance_number="ab 12 34 56 c"),
        replace(
            RECORD, national_insurance_number="AB123456C", date_of_birth=BORN, last_name="Hill", email="z@b.example"
        ),
        replace(RECORD, email="ZOE@example.com", date_of_birth=BORN),
        replace(RECORD, email="zoe@example.com", first_name="ZOE", last_name="Marsh Hill"),
        replace(RECORD, linked_to="C1", date_of_birth=OTHER_DAY),
    ],
)
def test_one_record_that_fits_is_the_clients(candidate: Candidate) -> None:
    """Number, address with birthday, address with names, or the link itself: each is enough alone."""
    stranger = Candidate(record_id="R9", email="else@example.com", date_of_birth=OTHER_DAY)

    assert match(ADULT, [candidate]) == One("R1")
    assert match(ADULT, [stranger, candidate]) == One("R1")


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    ("candidate", "why"),
    [
        (replace(RECORD, national_insurance_number="AB123456C", date_of_birth=OTHER_DAY), Why.CONTRADICTION),
        (replace(RECORD, email="zoe@example.com", date_of_birth=OTHER_DAY), Why.CONTRADICTION),
        (
            replace(RECORD, email="zoe@example.com", date_of_birth=BORN, national_insurance_number="JC123456D"),
            Why.CONTRADICTION,
        ),
        (replace(RECORD, email="zoe@example.com"), Why.UNCLEAR),
        (replace(RECORD, email="zoe@example.com", first_name="Tom", last_name="Marsh-Hill"), Why.UNCLEAR),
        (replace(RECORD, first_name="Zoë", last_name="Marsh-Hill", date_of_birth=BORN), Why.UNCLEAR),
        (replace(RECORD, national_insurance_number="AB123456C", linked_to="C7"), Why.LINKED_ELSEWHERE),
    ],
)
def test_what_fits_in_part_is_for_a_person(candidate: Candidate, why: Why) -> None:
    """Neither taken, as it could be somebody else, nor passed over, as that could double a record."""
    assert match(ADULT, [candidate]) == Ambiguous(("R1",), why)


@pytest.mark.rule("P5")
def test_two_records_that_fit_are_for_a_person() -> None:
    """The ids come in one order, so that the same question is never asked twice."""
    by_number = replace(RECORD, record_id="R2", national_insurance_number="AB123456C")
    by_address = replace(RECORD, email="zoe@example.com", date_of_birth=BORN)

    assert match(ADULT, [by_number, by_address]) == Ambiguous(("R1", "R2"), Why.SEVERAL)
    assert match(ADULT, [by_address, by_number]) == Ambiguous(("R1", "R2"), Why.SEVERAL)


@pytest.mark.rule("P5")
@pytest.mark.parametrize(
    "candidate",
    [
        replace(RECORD, email="else@example.com", date_of_birth=BORN),
        replace(RECORD, first_name="Zoë", last_name="Marsh-Hill", date_of_birth=OTHER_DAY),
        replace(
            RECORD,
            first_name="Zoë",
            last_name="Marsh-Hill",
            date_of_birth=BORN,
            national_insurance_number="JC123456D",
        ),
        replace(RECORD, email="else@example.com", linked_to="C7"),
        RECORD,
    ],
)
def test_who_has_nothing_in_common_is_nobody(candidate: Candidate) -> None:
    """A birthday or a name alone, or names with another birthday or number, are another person's."""
    assert match(ADULT, [candidate]) == Nobody()
    assert match(ADULT, []) == Nobody()


@pytest.mark.rule("P5", "P31")
def test_a_child_is_known_by_names_and_birthday() -> None:
    """A child has neither number nor address; a twin of another first name is another child."""
    mine = replace(TWIN, record_id="R2", first_name="TOM", email="parent@example.com")

    assert match(CHILD, [TWIN, mine]) == One("R2")
    assert match(CHILD, [TWIN]) == Nobody()
    assert match(CHILD, [mine, replace(mine, record_id="R3")]) == Ambiguous(("R2", "R3"), Why.SEVERAL)
    assert match(CHILD, [replace(mine, date_of_birth=None)]) == Ambiguous(("R2",), Why.UNCLEAR)


@pytest.mark.rule("P5")
def test_two_records_with_the_same_link_are_for_a_person() -> None:
    """Only one of them can be right, and both say that they are."""
    one = replace(RECORD, linked_to="C1")

    assert match(ADULT, [one, replace(one, record_id="R2")]) == Ambiguous(("R1", "R2"), Why.SEVERAL)
