"""Whether a client of the platform is somebody whose record is in Plannr already; nothing is ever guessed (P5b)."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Why(StrEnum):
    """Why nobody but a person can tell which record it is."""

    SEVERAL = "several"
    LINKED_ELSEWHERE = "linked_elsewhere"
    CONTRADICTION = "contradiction"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """A client of the platform, as far as known.

    Attributes:
        platform_client: The client's id on the platform.
        first_name: As the platform writes it.
        last_name: As the platform writes it.
        date_of_birth: The day of birth.
        email: The e-mail address; a child has none.
        national_insurance_number: In any way of writing.
    """

    platform_client: str
    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: date | None = None
    email: str | None = None
    national_insurance_number: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record in Plannr that could be the client's.

    Attributes:
        record_id: The record's id in Plannr.
        linked_to: The platform client whom the record is linked with, if it is.
        first_name: As Plannr writes it.
        last_name: As Plannr writes it.
        date_of_birth: The day of birth.
        email: The e-mail address.
        national_insurance_number: In any way of writing.
    """

    record_id: str
    linked_to: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    date_of_birth: date | None = None
    email: str | None = None
    national_insurance_number: str | None = None


@dataclass(frozen=True, slots=True)
class One:
    """Exactly this record is the client's."""

    record_id: str


@dataclass(frozen=True, slots=True)
class Nobody:
    """None of the records has anything to do with the client."""


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A person has to choose among these records, in the order of their ids, or to correct one of them."""

    record_ids: tuple[str, ...]
    why: Why


Match = One | Nobody | Ambiguous


def match(sought: Sought, candidates: Sequence[Candidate]) -> Match:
    """Return which record is the client's (P5b).

    A record that is linked with this very client is theirs. Otherwise a record fits when its National Insurance number
    is the same, or its e-mail address together with the date of birth (where one side lacks that, with the names), or,
    for a child without number and address, names and date of birth. Whatever fits only in part, contradicts itself,
    belongs to another client of the platform or has a rival is a person's to decide.
    """
    distinct = set(candidates)
    linked = {each.record_id for each in distinct if each.linked_to == sought.platform_client}
    if linked:
        return One(linked.pop()) if len(linked) == 1 else Ambiguous(tuple(sorted(linked)), Why.SEVERAL)
    concerned = [(each, found) for each in distinct if (found := _compare(sought, each)) is not _Likeness.NONE]
    if not concerned:
        return Nobody()
    if len(concerned) == 1 and concerned[0][1] is _Likeness.SAME and concerned[0][0].linked_to is None:
        return One(concerned[0][0].record_id)
    return Ambiguous(tuple(sorted({each.record_id for each, _ in concerned})), _why(concerned))


class _Likeness(StrEnum):
    NONE = "none"
    SAME = "same"
    CONTRADICTION = "contradiction"
    UNCLEAR = "unclear"


class _Facet(StrEnum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


def _why(concerned: Sequence[tuple[Candidate, _Likeness]]) -> Why:
    found = {likeness for _, likeness in concerned}
    if _Likeness.CONTRADICTION in found:
        return Why.CONTRADICTION
    if any(each.linked_to is not None for each, _ in concerned):
        return Why.LINKED_ELSEWHERE
    return Why.UNCLEAR if len(concerned) == 1 else Why.SEVERAL


def _compare(sought: Sought, candidate: Candidate) -> _Likeness:
    number = _facet(_compact(sought.national_insurance_number), _compact(candidate.national_insurance_number))
    email = _facet(_compact(sought.email), _compact(candidate.email))
    born = _facet(_day(sought.date_of_birth), _day(candidate.date_of_birth))
    names = _names(sought, candidate)
    if number is _Facet.EQUAL:
        return _Likeness.CONTRADICTION if born is _Facet.DIFFERENT else _Likeness.SAME
    if email is _Facet.EQUAL:
        return _same_address(number, born, names)
    if names is not _Facet.EQUAL or born is _Facet.DIFFERENT or number is _Facet.DIFFERENT:
        return _Likeness.NONE
    is_child = not (_compact(sought.national_insurance_number) or _compact(sought.email))
    return _Likeness.SAME if is_child and born is _Facet.EQUAL else _Likeness.UNCLEAR


def _same_address(number: _Facet, born: _Facet, names: _Facet) -> _Likeness:
    if _Facet.DIFFERENT in {number, born}:
        return _Likeness.CONTRADICTION
    return _Likeness.SAME if _Facet.EQUAL in {born, names} else _Likeness.UNCLEAR


def _names(sought: Sought, candidate: Candidate) -> _Facet:
    facets = {
        _facet(_folded(sought.first_name), _folded(candidate.first_name)),
        _facet(_folded(sought.last_name), _folded(candidate.last_name)),
    }
    if _Facet.DIFFERENT in facets:
        return _Facet.DIFFERENT
    return _Facet.UNKNOWN if _Facet.UNKNOWN in facets else _Facet.EQUAL


def _facet(mine: str, theirs: str) -> _Facet:
    if not mine or not theirs:
        return _Facet.UNKNOWN
    return _Facet.EQUAL if mine == theirs else _Facet.DIFFERENT


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


def _compact(text: str | None) -> str:
    return "".join((text or "").split()).casefold()


def _folded(name: str | None) -> str:
    """Return the letters and digits of a name alone: case, accents, spaces and hyphens make nobody another person."""
    spread = unicodedata.normalize("NFKD", (name or "").casefold())
    return "".join(character for character in spread if character.isalnum())
