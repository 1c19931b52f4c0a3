"""What holds for every set of amended fields (P44)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.materiality import MATERIALITY, materiality, reasons, voided_by

_steady = settings(derandomize=True, deadline=None)
_fields = st.sets(
    st.builds(
        lambda name, path: ".".join([name, *path]),
        st.sampled_from(sorted(MATERIALITY)),
        st.lists(st.sampled_from(["0", "amount_pence", "country"]), max_size=2),
    )
)


@pytest.mark.rule("P44")
@_steady
@given(fields=_fields)
def test_fields_that_are_not_material_make_nothing_void(fields: set[str]) -> None:
    """And nothing is made void without a reason to tell."""
    assert voided_by(field for field in fields if not materiality(field).material) == frozenset()
    assert bool(voided_by(fields)) == bool(reasons(fields))


@pytest.mark.rule("P44")
@_steady
@given(some=_fields, others=_fields)
def test_amending_together_makes_void_what_amending_apart_does(some: set[str], others: set[str]) -> None:
    """So saving in one step or in two is the same, and adding a field never takes back what is void."""
    together = voided_by(some | others)

    assert together == voided_by(some) | voided_by(others)
    assert together >= voided_by(some)


@pytest.mark.rule("P44")
@_steady
@given(fields=_fields)
def test_every_reason_is_told_once_and_covers_what_is_void(fields: set[str]) -> None:
    """The adviser sees exactly the rows that make something void."""
    told = reasons(fields)

    assert len(set(told)) == len(told)
    assert frozenset().union(*(row.voids for row in told)) == voided_by(fields)
