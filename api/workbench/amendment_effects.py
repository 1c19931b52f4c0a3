"""An amendment as its page shows it before saving: what changes from what to what, and what lapses for whom (P44)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from api.workbench.account_forms import account_rows
from api.workbench.details_words import NAMES, in_words
from domain.journey import GateKind, Stage
from domain.materiality import Voids, voided_by
from models.commands import Amend
from models.messages import HolderDetailsView, HolderView, Progress
from models.people import AccountDetails
from models.schemas.amendments import AmendmentPreview

_TERMS: Final = {Voids.PLATFORM_TERMS: GateKind.PLATFORM_TERMS, Voids.PRODUCT_TERMS: GateKind.PRODUCT_TERMS}
_WORDS: Final = {Voids.PLATFORM_TERMS: "the platform terms", Voids.PRODUCT_TERMS: "the terms of the account"}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changes: whose (empty for the account), which, and its words before and after."""

    whose: str
    field: str
    before: str
    after: str


def changes(
    command: Amend, parties: Iterable[HolderDetailsView], account: AccountDetails | None, names: Mapping[str, str]
) -> list[Change]:
    """Return what an amendment changes, in the order of its form; bank details are shown by their ending alone."""
    known = {party.person_id: party for party in parties}
    found: list[Change] = []
    for form in command.holders:
        before, whose = known[form.person_id].details, names.get(form.person_id, "")
        after = before.merged_with(form.details)
        found += [
            Change(whose, NAMES[name], in_words(name, before), in_words(name, after))
            for name in NAMES
            if getattr(before, name) != getattr(after, name)
        ]
        if form.bank_details is not None:
            given = known[form.person_id].bank_details_given
            ending = f"The account ending {form.bank_details.account_number[-4:]}"
            found.append(Change(whose, "Bank account", "The one on record" if given else "None", ending))
    if command.account is not None and account is not None:
        rows = zip(account_rows(account), account_rows(command.account), strict=True)
        found += [Change("", label, before, after) for (_, label, before), (_, _, after) in rows if before != after]
    return found


def lapses(progress: Progress, preview: AmendmentPreview, names: Mapping[str, str]) -> list[str]:
    """Return for whom which acceptance becomes void, in sentences; those that are not given yet are not void (P44)."""
    if progress.stage is not Stage.AWAITING_CLIENT:
        return []
    changed = _by_person(progress, preview.changed)
    acting = [holder for holder in progress.holders if holder.role.acts]
    sentences: list[str] = []
    for holder in acting:
        voided = voided_by(changed.get(holder.person_id, []) + changed.get(None, []))
        name = names.get(holder.person_id, "The client")
        sentences += [
            f"{name} has accepted {_WORDS[kind]}, and has to accept them again."
            for kind in _TERMS
            if kind in voided and _has_accepted(progress, holder, kind)
        ]
        if Voids.MANDATE in voided and holder is acting[0] and progress.mandate_route is not None:
            sentences.append(f"{name} has answered the direct debit mandate, and has to authorise a new one.")
    return sentences


def _by_person(progress: Progress, changed: list[str]) -> dict[str | None, list[str]]:
    people = {holder.person_id for holder in progress.holders}
    found: dict[str | None, list[str]] = {}
    for name in changed:
        person, _, field = name.partition(".")
        if person in people:
            found.setdefault(person, []).append(field)
        else:
            found.setdefault(None, []).append(name)
    return found


def _has_accepted(progress: Progress, holder: HolderView, kind: Voids) -> bool:
    """Tell whether this journey holds an acceptance; platform terms of an earlier journey stand whatever changes."""
    if kind is Voids.PLATFORM_TERMS and holder.platform_terms_accepted_before:
        return False
    return any(gate.met and gate.kind is _TERMS[kind] and gate.person_id == holder.person_id for gate in progress.gates)
