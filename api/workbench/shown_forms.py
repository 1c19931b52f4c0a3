"""What the shared form macros of `templates/workbench/forms.html` are shown with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from api.web.countries import countries
from api.web.forms import FieldError, Typed, error_for
from api.workbench.account_forms import COLLECTION_DAYS, FREQUENCIES, MOST_CONTRIBUTIONS
from api.workbench.details_forms import MOST_RESIDENCES, PersonForm
from api.workbench.details_words import choices
from models.people import EmploymentStatus, Frequency, MaritalStatus

_ORDINALS: Final = {"7": "7th", "14": "14th", "21": "21st", "28": "28th"}


@dataclass(frozen=True)
class ShownForm:
    """A form as a page shows it: what was typed or is known, what is wrong with it, and the choices of its lists.

    Attributes:
        typed: Every field's text.
        errors: What is wrong with which field.
        go_to: The field that somebody came to change, if any.
    """

    typed: Typed
    errors: Sequence[FieldError] = ()
    go_to: str = ""
    countries: list[tuple[str, str]] = field(default_factory=countries)
    marital: list[tuple[str, str]] = field(default_factory=lambda: choices(MaritalStatus))
    employment: list[tuple[str, str]] = field(default_factory=lambda: choices(EmploymentStatus))
    most_residences: int = MOST_RESIDENCES
    most_contributions: int = MOST_CONTRIBUTIONS

    @property
    def error_of(self) -> Callable[[str], dict[str, str] | None]:
        """What the components ask for the message beside a field."""
        return lambda name: error_for(list(self.errors), name)

    @property
    def frequencies(self) -> dict[str, str]:
        """How often a contribution can be paid."""
        return dict(FREQUENCIES)

    @property
    def regular_frequencies(self) -> list[tuple[str, str]]:
        """How often a direct debit can be collected."""
        return [(value, words) for value, words in FREQUENCIES.items() if value != Frequency.ONCE]

    @property
    def collection_days(self) -> list[tuple[str, str]]:
        """On which days of the month a direct debit can be collected."""
        return [(value, _ORDINALS[value]) for value in COLLECTION_DAYS]

    def opens(self, person: PersonForm) -> bool:
        """Whether what is known of a person is unfolded: something in it is wrong, or is to be changed."""
        return person.amends(self.go_to) or any(person.amends(error.field) for error in self.errors)
