"""What counts on the journey and the platform has not been told of yet."""

from domain.journey import DocumentKind, MandateRoute
from models.payloads import GivenAcceptance, GivenMandate
from workflows.state import JourneyState


def acceptances_to_record(state: JourneyState) -> list[GivenAcceptance]:
    """Return the acceptances that count and that the platform does not know of yet."""
    found: list[GivenAcceptance] = []
    for holder in state.acting:
        for kind in DocumentKind:
            if kind is DocumentKind.PLATFORM_TERMS and holder.facts.platform_terms_accepted_before:
                continue
            given = holder.facts.counted_acceptance(kind, state.required(kind))
            if given is None or given.evidence_id == holder.facts.recorded.get(kind):
                continue
            found.append(
                GivenAcceptance(
                    person_id=holder.person_id,
                    platform_client=holder.ref.platform_client,
                    kind=kind,
                    evidence_id=given.evidence_id,
                    accepted_at=given.accepted_at,
                    documents=[document for document in state.documents if document.kind is kind],
                )
            )
    return found


def mandate_to_record(state: JourneyState) -> GivenMandate | None:
    """Return the authorisation of the mandate unless the platform knows of it."""
    accepted_at, mandate = state.mandate.accepted_at, state.records.platform_mandate
    if accepted_at is None or mandate is None or state.mandate_recorded:
        return None
    return GivenMandate(
        platform_mandate=mandate,
        evidence_id=state.mandate_evidence or "",
        accepted_at=accepted_at,
        on_paper=state.mandate.route is MandateRoute.PAPER_RECEIVED,
    )
