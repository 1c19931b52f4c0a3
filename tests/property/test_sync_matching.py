"""What holds of matching and masking for all people: no guess, no order, no more shown than recognises a value."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from domain.masking import mask
from domain.matching import Ambiguous, Candidate, Match, Nobody, One, Sought, match
from domain.ownership import client_rules

_steady = settings(derandomize=True, deadline=None)


def _of(*values: object) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


# Few values of each kind, so that people share some of them and differ in others all the time.
_DETAILS = {
    "first_name": _of("Zoë", "ZOE", "Tom"),
    "last_name": _of("Marsh", "Hill"),
    "date_of_birth": _of(date(1978, 4, 12), date(2015, 1, 2)),
    "email": _of("zoe@example.com", "ZOE@EXAMPLE.COM", "tom@example.com"),
    "national_insurance_number": _of("AB123456C", "ab 123456 c", "JC123456D"),
}
_SOUGHT = st.builds(Sought, platform_client=st.just("C1"), **_DETAILS)
_LINKS = st.sampled_from([None, None, None, "C1", "C7"])
_RECORDS = st.lists(st.builds(Candidate, record_id=st.just("R"), linked_to=_LINKS, **_DETAILS), max_size=4).map(
    lambda found: [replace(each, record_id=f"R{number}") for number, each in enumerate(found)]
)


def _alone(sought: Sought, record: Candidate) -> Match:
    return match(sought, [record])


@pytest.mark.rule("P5")
@_steady
@given(sought=_SOUGHT, records=_RECORDS, data=st.data())
def test_the_order_of_the_records_does_not_matter(
    sought: Sought, records: list[Candidate], data: st.DataObject
) -> None:
    """Whatever a system lists first, or twice, the answer is the same."""
    shuffled = data.draw(st.permutations([*records, *records[:1]]))

    assert match(sought, shuffled) == match(sought, records)


@pytest.mark.rule("P5")
@_steady
@given(sought=_SOUGHT, records=_RECORDS)
def test_a_record_is_taken_only_without_a_rival(sought: Sought, records: list[Candidate]) -> None:
    """Every other record is then nobody's, or this one says itself that it is linked with the client."""
    answer = match(sought, records)
    assume(isinstance(answer, One))
    assert isinstance(answer, One)
    taken = next(record for record in records if record.record_id == answer.record_id)
    rivals = [record for record in records if record is not taken]

    assert taken.linked_to in {None, "C1"}
    assert not any(record.linked_to == "C1" for record in rivals)
    assert taken.linked_to == "C1" or all(_alone(sought, record) == Nobody() for record in rivals)


@pytest.mark.rule("P5")
@_steady
@given(sought=_SOUGHT, records=_RECORDS)
def test_nobody_means_that_no_record_has_anything_to_do_with_the_client(
    sought: Sought, records: list[Candidate]
) -> None:
    """A new record is made only where none of the others is one to ask about."""
    everyone_is_nobody = all(_alone(sought, record) == Nobody() for record in records)

    assert (match(sought, records) == Nobody()) is everyone_is_nobody


@pytest.mark.rule("P5")
@_steady
@given(sought=_SOUGHT, records=_RECORDS, shared=st.sampled_from(["email", "national_insurance_number"]))
def test_a_contradiction_more_never_settles_a_question(sought: Sought, records: list[Candidate], shared: str) -> None:
    """A further record with the same address or number but another birthday leaves nothing to be taken for certain."""
    assume(getattr(sought, shared) is not None and sought.date_of_birth is not None)
    assume(not any(record.linked_to == "C1" for record in records))
    same: dict[str, Any] = {shared: getattr(sought, shared)}
    contradiction = Candidate(record_id="R9", date_of_birth=date(1901, 1, 1), **same)

    answer = match(sought, [*records, contradiction])

    assert isinstance(answer, Ambiguous)
    assert "R9" in answer.record_ids


_SECRETS = {
    "email": st.from_regex(r"[a-z]{2}[a-z.]{0,10}[a-z]@example\.com", fullmatch=True),
    "mobile": st.from_regex(r"\+447[0-9]{9}", fullmatch=True),
    "address": st.from_regex(r"[1-9][0-9]? [A-Z][a-z]{3,8} Street, BS1 4ST", fullmatch=True),
    "bank_details": st.from_regex(r"[0-9]{6} [0-9]{8} Mrs [A-Z][a-z]{3,8}", fullmatch=True),
    "date_of_birth": st.dates(date(1900, 1, 1), date(2099, 1, 1)).map(date.isoformat),
    "national_insurance_number": st.from_regex(r"[ABCE]{2}[0-9]{6}[A-D]", fullmatch=True),
    "first_name": st.text(min_size=2, max_size=60),
    "last_name": st.text(min_size=2, max_size=60),
}
_SHOWN_OF = {"mobile": 3, "address": 3, "bank_details": 4, "date_of_birth": 2, "national_insurance_number": 2}


@pytest.mark.rule("P54")
@_steady
@given(field=st.sampled_from(sorted(_SECRETS)), data=st.data())
def test_a_mask_shows_a_few_characters_and_never_the_rest(field: str, data: st.DataObject) -> None:
    """Of each value at most the four characters that recognise it are there, of an address's local part the first."""
    value = data.draw(_SECRETS[field])
    assume(len(value.strip()) > 1)
    shown = mask(field, value)

    visible = shown.removesuffix("@example.com").replace("…", "")
    assert len(visible) <= _SHOWN_OF.get(field, 1)
    assert visible in value
    assert value.strip() not in shown


@pytest.mark.rule("P54")
@_steady
@given(field=st.sampled_from([rule.field for rule in client_rules()]), value=st.text(max_size=40))
@example(field="email", value="a@b@c")
@example(field="mobile", value="+4")
def test_no_text_at_all_is_shown_as_it_is(field: str, value: str) -> None:
    """Whatever another system holds in a personal field, its mask is another text and an empty one says so."""
    assert mask(field, value) != value or value in {"(empty)", "(given)", "…"}
    assert (mask(field, value) == "(empty)") == (not value.strip())
