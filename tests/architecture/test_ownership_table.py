"""docs/ownership.md says what the table in `domain.ownership` says, and no detail of a person is left out of both.

`ONWARD_WRITE_OWNERSHIP=1` brings the page's tables up to date.
"""

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from domain import ownership
from domain.ownership import NOT_SYNCED, OWNERSHIP, Direction, FieldRule, Owner, Subject, Until
from models.people import KnownDetails
from tests.architecture.source_tree import ROOT

PAGE = ROOT / "docs" / "ownership.md"

_TABLE = re.compile(r"(?P<mark><!-- table: (?P<name>[a-z ]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)
_OWNERS = {Owner.PLANNR: "Plannr", Owner.PLATFORM: "the platform", Owner.PERSON: "a person"}
_WAYS = {
    Direction.TO_PLATFORM: "Plannr → platform",
    Direction.TO_PLANNR: "platform → Plannr",
    Direction.NONE: "neither",
}
_UNTIL = {
    Until.ALWAYS: "always",
    Until.AMENDED: "until a person amends it in Plannr",
    Until.CREATED: "when the plan is made, then never again",
}
_WRAPPERS = {None: "", True: "third-party accounts", False: "all other accounts"}


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join([_line(head), _line("---" for _ in head), *(_line(row) for row in rows)])


def _words(field: str) -> str:
    return field.replace("_", " ").replace("national insurance", "National Insurance").replace("us person", "US person")


def _named(rule: FieldRule) -> str:
    wrappers = _WRAPPERS[rule.third_party]
    return f"{_words(rule.field)} ({wrappers})" if wrappers else _words(rule.field)


def _fields(subject: Subject) -> str:
    head = ("field", "owner", "travels", "carried over", "fills", "when the rule cannot decide")
    return _table(
        head,
        (
            (
                _named(rule),
                _OWNERS[rule.owner],
                _WAYS[rule.direction],
                _UNTIL[rule.until] if rule.direction is not Direction.NONE else "never",
                "yes" if rule.fills else "no",
                rule.conflict,
            )
            for rule in ownership.OWNERSHIP
            if rule.subject is subject
        ),
    )


def page(text: str) -> str:
    """Return the page with the tables that the data says now."""
    tables = {
        "client": _fields(Subject.CLIENT),
        "account": _fields(Subject.ACCOUNT),
        "not synced": _table(("detail", "why"), ((_words(field), why) for field, why in NOT_SYNCED.items())),
    }
    return _TABLE.sub(lambda found: f"{found['mark']}{tables[found['name']]}{found['end']}", text)


@pytest.fixture(scope="module", autouse=True)
def written() -> None:
    """Bring the tables up to date first, when asked to."""
    if os.environ.get("ONWARD_WRITE_OWNERSHIP") == "1":
        PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


@pytest.mark.rule("P52")
def test_the_page_says_what_the_table_says() -> None:
    """Every table of the page is there and current."""
    text = PAGE.read_text(encoding="utf-8")

    assert {found["name"] for found in _TABLE.finditer(text)} == {"client", "account", "not synced"}
    assert page(text) == text


def test_another_rule_makes_another_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that was not written again after a change of the table is noticed, whichever row changed."""
    text = PAGE.read_text(encoding="utf-8")
    for number, rule in enumerate(OWNERSHIP):
        changed = (*OWNERSHIP[:number], replace(rule, fills=not rule.fills), *OWNERSHIP[number + 1 :])
        monkeypatch.setattr(ownership, "OWNERSHIP", changed)
        assert page(text) != text


@pytest.mark.rule("P52")
def test_no_detail_of_a_person_is_forgotten() -> None:
    """Whatever is known of a person is in the table or among what stays where it is, with a reason, and not in both."""
    in_table = {rule.field for rule in ownership.client_rules()} - {"bank_details"}

    assert in_table | NOT_SYNCED.keys() == set(KnownDetails.model_fields)
    assert not in_table & NOT_SYNCED.keys()


def test_each_field_of_an_account_has_one_rule_per_kind_of_wrapper() -> None:
    """No two rows of the table speak about the same field of the same thing."""
    for rules in (ownership.client_rules(), *(ownership.account_rules(third_party=third) for third in (True, False))):
        names = [rule.field for rule in rules]
        assert len(names) == len(set(names))
