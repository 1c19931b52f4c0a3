"""The client's task list."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.gates import RequiredDocument
from domain.journey import DocumentKind, Stage
from domain.portal_tasks import AGAIN_WORDS, ClientFacts, Task, TaskKey, TaskState, task_list, unopened_reason

TERMS = RequiredDocument("terms", 1, DocumentKind.PLATFORM_TERMS, "Terms of business")
WAITING = ClientFacts(stage=Stage.AWAITING_CLIENT)
NEWS: list[Callable[[ClientFacts], ClientFacts]] = [
    lambda known: replace(known, details_confirmed=True),
    lambda known: replace(known, bank_details_given=True),
    lambda known: replace(known, mandate_answered=True),
    lambda known: replace(known, platform_terms_accepted=True),
    lambda known: replace(known, product_terms_accepted=True),
]


@st.composite
def facts(draw: st.DrawFn, stages: Sequence[Stage] = tuple(Stage)) -> ClientFacts:
    """Any facts that can hold together: a mandate without bank details has somebody who is asked for them."""
    bank_details_wanted, bank_details_given = draw(st.booleans()), draw(st.booleans())
    return ClientFacts(
        stage=draw(st.sampled_from(stages)),
        details_confirmed=draw(st.booleans()),
        bank_details_wanted=bank_details_wanted,
        bank_details_given=bank_details_given,
        mandate_wanted=draw(st.booleans()) and (bank_details_wanted or bank_details_given),
        mandate_answered=draw(st.booleans()),
        platform_terms_wanted=draw(st.booleans()),
        platform_terms_accepted=draw(st.booleans()),
        product_terms_accepted=draw(st.booleans()),
        unopened_platform_documents=draw(st.sampled_from([(), (TERMS,)])),
    )


@pytest.mark.rule("P26")
@given(facts(stages=[Stage.AWAITING_CLIENT]))
def test_there_is_one_next_task_until_everything_is_done(known: ClientFacts) -> None:
    """While the journey waits for the client there is always a way forward, and none once all is done."""
    found = task_list(known)
    first_undone = next((task.key for task in found.tasks if task.state is not TaskState.DONE), None)

    assert found.next_task == first_undone
    assert (found.next_task is None) == (found.done == len(found.tasks))


@pytest.mark.rule("P26")
@given(facts(), st.sampled_from(NEWS), st.sampled_from(Stage))
def test_progress_is_never_lost(known: ClientFacts, news: Callable[[ClientFacts], ClientFacts], later: Stage) -> None:
    """Whatever becomes true next, and wherever the journey goes, a task that is done stays done."""
    done = {task.key for task in task_list(known).tasks if task.state is TaskState.DONE}
    further = task_list(replace(news(known), stage=later))

    assert done <= {task.key for task in further.tasks if task.state is TaskState.DONE}


@pytest.mark.rule("P26")
@given(facts())
def test_the_order_of_the_tasks_is_fixed(known: ClientFacts) -> None:
    """Coming back never finds the list rearranged."""
    order = list(TaskKey)
    positions = [order.index(task.key) for task in task_list(known).tasks]

    assert positions == sorted(set(positions))


@pytest.mark.rule("P26")
def test_a_straight_journey_has_four_tasks() -> None:
    """Set-up, details, platform terms, product terms; the first is done by being there."""
    found = task_list(WAITING)

    assert [task.key for task in found.tasks] == [
        TaskKey.SET_UP,
        TaskKey.DETAILS,
        TaskKey.PLATFORM_TERMS,
        TaskKey.PRODUCT_TERMS,
    ]
    assert found.progress == "1 of 4"
    assert found.next_task is TaskKey.DETAILS


@pytest.mark.rule("P23")
def test_a_mandate_waits_for_bank_details() -> None:
    """The mandate can't be authorised before there is an account to debit."""
    known = replace(WAITING, details_confirmed=True, bank_details_wanted=True, mandate_wanted=True)
    before, after = task_list(known), task_list(replace(known, bank_details_given=True))

    assert before.next_task is TaskKey.BANK_DETAILS
    assert Task(TaskKey.DIRECT_DEBIT_MANDATE, TaskState.BLOCKED, "Bank details have to be given first.") in before.tasks
    assert after.next_task is TaskKey.DIRECT_DEBIT_MANDATE


@pytest.mark.rule("P15")
def test_platform_terms_accepted_earlier_are_not_asked_again() -> None:
    """A client of an earlier journey has no such task."""
    found = task_list(replace(WAITING, platform_terms_wanted=False))

    assert TaskKey.PLATFORM_TERMS not in {task.key for task in found.tasks}


@pytest.mark.rule("P24")
def test_the_terms_say_which_documents_are_missing() -> None:
    """The reason counts and names what must still be opened."""
    found = task_list(replace(WAITING, unopened_platform_documents=(TERMS,)))

    assert (
        Task(TaskKey.PLATFORM_TERMS, TaskState.OPEN, "Open 1 more document to continue: Terms of business.")
        in found.tasks
    )
    assert unopened_reason([TERMS, TERMS]).startswith("Open 2 more documents")


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.AWAITING_CLIENT])
def test_out_of_turn_every_open_task_says_why_it_must_wait(stage: Stage) -> None:
    """Nothing can be done, and each task carries words for the client."""
    found = task_list(ClientFacts(stage=stage))

    assert found.next_task is None
    assert all(task.reason for task in found.tasks if task.state is TaskState.BLOCKED)
    assert found.done == 1


@pytest.mark.rule("P28", "P41", "P44", "P47")
@pytest.mark.parametrize("key", list(AGAIN_WORDS))
def test_a_task_that_opens_again_says_why(key: TaskKey) -> None:
    """The client is told that it was done before and why it is asked once more; once done it says nothing."""
    known = replace(WAITING, bank_details_wanted=True, mandate_wanted=True, again=frozenset({key}))
    ready = replace(known, bank_details_given=key is not TaskKey.BANK_DETAILS)
    done = replace(
        known,
        bank_details_given=True,
        mandate_answered=True,
        platform_terms_accepted=True,
        product_terms_accepted=True,
    )

    assert Task(key, TaskState.OPEN, AGAIN_WORDS[key]) in task_list(ready).tasks
    assert Task(key, TaskState.DONE) in task_list(done).tasks


@pytest.mark.rule("P28")
def test_a_changed_document_is_named_as_changed() -> None:
    """The reason says what changed, after why the terms are asked for again."""
    known = replace(
        WAITING,
        unopened_platform_documents=(TERMS,),
        changed_documents=frozenset({"terms"}),
        again=frozenset({TaskKey.PLATFORM_TERMS}),
    )
    (reason,) = [task.reason for task in task_list(known).tasks if task.key is TaskKey.PLATFORM_TERMS]

    assert reason.startswith(AGAIN_WORDS[TaskKey.PLATFORM_TERMS])
    assert reason.endswith("Open 1 more document to continue: Terms of business (changed since you opened it).")


@pytest.mark.rule("P47")
@pytest.mark.parametrize("stage", [stage for stage in Stage if stage is not Stage.AWAITING_CLIENT])
def test_a_failed_mandate_is_the_one_task_of_an_open_account(stage: Stage) -> None:
    """A fresh mandate can be given on an active account, and in no other stage out of turn."""
    known = ClientFacts(stage=stage, mandate_wanted=True, bank_details_given=True, mandate_failed=True)
    expected = TaskKey.DIRECT_DEBIT_MANDATE if stage is Stage.ACTIVE else None

    assert task_list(known).next_task is expected
    assert task_list(replace(known, mandate_failed=False)).next_task is None
