"""The parts that every handler of a journey works with."""

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.advice import EMAIL_REFUSED
    from models.facts import DocumentView
    from models.messages import StartJourney, TimelineEntry
    from models.payloads import EmailOrder

from workflows import views
from workflows.commands import AmendmentDesk, ApplicationDesk, DetailsDesk
from workflows.state import JourneyState
from workflows.systems import Systems


class JourneyBase:
    """The state of a journey and what its handlers leave for the stages to do."""

    def __init__(self, start: StartJourney) -> None:
        """Hold the state from the first moment, so that a signal that arrives before `run` finds it (P46)."""
        self._state = JourneyState(start, workflow.info().workflow_id, workflow.now())
        self._systems = Systems(self._state)
        self._details = DetailsDesk()
        self._application = ApplicationDesk()
        self._amendments = AmendmentDesk()
        self._outbox: list[EmailOrder] = []
        self._superseded: list[DocumentView] = []
        self._refused_emails: list[EmailOrder] = []
        self._helped: set[str] = set()
        self._retry_now = False

    def _show_refused(self, order: EmailOrder) -> None:
        """P48: an e-mail that was refused for good stands on the journey."""
        self._note("system", "an e-mail was refused", order.event)
        if order.recipient_role == "client" and EMAIL_REFUSED not in self._state.email_problems:
            self._state.email_problems.append(EMAIL_REFUSED)

    def _note(self, by: str, event: str, detail: str = "") -> None:
        entry = {"at": workflow.now(), "by": by, "event": event, "detail": detail}
        self._state.timeline.append(TimelineEntry.model_validate(entry))
        workflow.set_current_details(views.current_details(self._state))
