"""What an amendment changes and which acceptances it voids (P44)."""

from dataclasses import dataclass

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.materiality import Materiality, Voids, reasons, voided_by
    from models.base import Message
    from models.commands import Amend, AmendmentEffect

from workflows.state import JourneyState


@dataclass(frozen=True)
class Effect:
    """The fields an amendment changes, by person (None for the account), and what that voids for whom."""

    changed: dict[str | None, frozenset[str]]
    voids: dict[str | None, frozenset[Voids]]

    @property
    def view(self) -> AmendmentEffect:
        """The effect in words, to be shown before saving."""
        fields = sorted(
            f"{person}.{name}" if person else name for person, names in self.changed.items() for name in names
        )
        rows = reasons([name for names in self.changed.values() for name in names])
        return AmendmentEffect(
            changed=fields,
            voids=[f"{_words(row)} {row.reason}" for row in rows],
            material=bool(rows),
        )

    def voided_for(self, person_id: str) -> frozenset[Voids]:
        """Return what is void for this person: their own changes and those of the account."""
        return self.voids.get(person_id, frozenset()) | self.voids.get(None, frozenset())

    def reason_for(self, person_id: str) -> str:
        """Return in words what changed that this person has to look at again."""
        names = self.changed.get(person_id, frozenset()) | self.changed.get(None, frozenset())
        return "Changed: " + ", ".join(_words(row) for row in reasons(names))


def _words(row: Materiality) -> str:
    return row.field.replace("_", " ")


def effect(state: JourneyState, command: Amend) -> Effect:
    """Return what an amendment would change; a value that is the same already is no change."""
    changed: dict[str | None, frozenset[str]] = {}
    for form in command.holders:
        holder = state.holders[form.person_id]
        names = _differing(holder.details, holder.details.merged_with(form.details))
        if form.bank_details is not None and form.bank_details != holder.bank_details:
            names |= {"bank_details"}
        if names:
            changed[form.person_id] = names
    if command.account is not None and state.account is not None:
        names = _differing(state.account, command.account)
        if names:
            changed[None] = names
    return Effect(changed, {person: voided_by(names) for person, names in changed.items()})


def _differing(before: Message, after: Message) -> frozenset[str]:
    return frozenset(name for name in type(after).model_fields if getattr(before, name) != getattr(after, name))
