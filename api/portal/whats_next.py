"""What happens after a client has accepted everything, with its dates, in the client's words (C13, P15, P16)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from api.portal.person_journey import PersonJourney
from api.portal.statements import statement_view
from api.web.wording import day
from domain.calendar import london_day
from domain.eligibility import cancellation_ends, needs_statement
from domain.journey import CheckStatus, DocumentKind, GateKind, MandateRoute, PartyRole, Stage, Wrapper
from domain.rules import load_rules
from domain.wrappers import wrapper_words
from models.messages import GateView

_TERMS: Final = frozenset({GateKind.PLATFORM_TERMS, GateKind.PRODUCT_TERMS})
_OVER: Final = frozenset({Stage.WITHDRAWN, Stage.DECLINED, Stage.EXPIRED})


@dataclass(frozen=True)
class NextStep:
    """One thing that happens next: what, and in a sentence or two how and when."""

    title: str
    words: str


def next_steps(journey: PersonJourney, now: datetime) -> list[NextStep]:
    """Return what happens next, the soonest first; nothing for a journey that ended without an account."""
    if journey.stage in _OVER:
        return []
    steps = [*_until_open(journey), *_payments(journey)]
    if needs_statement(journey.progress.wrapper):
        steps.append(_statement(journey, now))
    last = last_day_to_cancel(journey)
    if last is not None and last >= london_day(now):
        words = (
            f"You can cancel until at least {day(last)}. Tell your adviser or us. If your money has been invested by "
            "then, you may get back less than you paid in."
        )
        steps.append(NextStep("You can still change your mind", words))
    return steps


def last_day_to_cancel(journey: PersonJourney) -> date | None:
    """Return the last day to cancel, counted from the acceptance or from receiving the terms, if that was later.

    The contract may be made later still, when the account opens; the day is then later as well (COBS 15.2).
    """
    accepted = journey.acceptance(DocumentKind.PRODUCT_TERMS)
    if accepted is None:
        return None
    opened = journey.opened()
    received = [
        opened[one.key].occurred_at for one in journey.required(DocumentKind.PRODUCT_TERMS) if one.key in opened
    ]
    contract_on = london_day(accepted.occurred_at)
    received_on = max((london_day(at) for at in received), default=contract_on)
    return cancellation_ends(journey.progress.wrapper, contract_on, received_on, load_rules())


def _until_open(journey: PersonJourney) -> Iterator[NextStep]:
    words = wrapper_words(journey.progress.wrapper)
    if journey.stage is Stage.ACTIVE:
        yield NextStep("Your account is open", _opened(journey))
        return
    awaited = [step for gate in journey.progress.gates if not gate.met and (step := _awaited(journey, gate))]
    yield from dict.fromkeys(awaited)
    told = "We e-mail you when your new documents are ready." if _is_written_to(journey) else _TOLD
    if awaited:
        yield NextStep("Then your account opens", f"As soon as all of this is done, your {words} opens. {told}")
    else:
        yield NextStep("Your account is being opened", f"The platform opens your {words} now. {told}")


_TOLD: Final = "Your adviser is told at once, and you can see it here."


def _is_written_to(journey: PersonJourney) -> bool:
    return journey.progress.wrapper is Wrapper.SIPP or journey.progress.direct_debit is not None


def _opened(journey: PersonJourney) -> str:
    since = day(journey.progress.stage_since)
    first_payment = (
        " It counts as opened for the tax year in which the first payment arrives."
        if journey.progress.wrapper in {Wrapper.ISA, Wrapper.JISA} and journey.progress.isa_opened_on is None
        else ""
    )
    return f"It opened on {since}.{first_payment} Your adviser sees to transfers and payments."


def _awaited(journey: PersonJourney, gate: GateView) -> NextStep | None:
    own = gate.person_id == journey.person_id
    if gate.kind in _TERMS:
        return None if own or gate.kind is GateKind.PLATFORM_TERMS else _OTHERS
    if gate.kind is GateKind.IDENTITY_CHECK:
        return _identity(journey, gate)
    if gate.kind is GateKind.BANK_VERIFICATION and own and journey.bank_details_given:
        return NextStep("Your bank account is checked", "The platform asks whether it is yours. You need do nothing.")
    return None


_OTHERS: Final = NextStep(
    "The other holder does their part",
    "They have an e-mail and a login of their own. The account opens once everyone has accepted.",
)


def _identity(journey: PersonJourney, gate: GateView) -> NextStep | None:
    party = next((one for one in journey.progress.holders if one.person_id == gate.person_id), None)
    if party is None:
        return None
    if party.identity_check.needs_attention and party.person_id == journey.person_id:
        return NextStep(
            "Your identity needs another look",
            "The platform could not confirm it from what it has. Your adviser knows and will tell you what is needed.",
        )
    whose = {PartyRole.CHILD: "The child's identity is checked"}.get(party.role, "Identities are checked")
    own = "Your identity is checked" if party.person_id == journey.person_id else whose
    if party.identity_check is CheckStatus.PASSED:
        return None
    return NextStep(own, "The platform does this by itself. Your adviser will tell you if anything more is needed.")


def _payments(journey: PersonJourney) -> Iterator[NextStep]:
    answer = journey.mandate_answer
    if journey.progress.direct_debit is None or not journey.pays or answer is None:
        return
    if answer is MandateRoute.PAPER_REQUESTED:
        yield NextStep(
            "A paper form comes to you",
            "Your adviser sends you a direct debit form for everyone to sign. The account opens once it is back.",
        )
    else:
        yield NextStep(
            "Your direct debit is set up",
            "We confirm it by e-mail. You are told the amount and the date before anything is taken.",
        )


def _statement(journey: PersonJourney, now: datetime) -> NextStep:
    view = statement_view(journey, now)
    if view is None:
        words = "When your pension opens you get a statement of what you told us. You then have time to correct it."
    elif view.can_be_corrected:
        words = f"It is ready to read here. You can ask for corrections until {day(view.corrections_until)}."
    else:
        words = f"It is ready to read here. The time for corrections ended on {day(view.corrections_until)}."
    return NextStep("Your statement", words)
