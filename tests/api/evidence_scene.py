"""A joint account's records as an evidence pack finds them: two people, their acts chained, nothing outside."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from api.evidence_pack.dossier import Dossier, KeptDocument, shown_documents
from connectors.platform.port import PlatformDocument
from domain.journey import Wrapper
from models.messages import Progress
from models.tables import AuditRow, EmailRow, EmailState, EvidenceKind, EvidenceRow
from runtime.brand import load_brand
from storage.evidence_chain import record_hash
from tests.fakes.platform_library import FakeLibrary

MORNING: Final = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ELEANOR, TOBIAS = "person-eleanor", "person-tobias"
TERMS, FACTS, GIA = "platform-terms-of-business", "key-facts-charges-privacy", "gia-terms-and-key-features"
PLATFORM, PRODUCT = EvidenceKind.PLATFORM_TERMS_ACCEPTED, EvidenceKind.PRODUCT_TERMS_ACCEPTED
MANDATE = EvidenceKind.DIRECT_DEBIT_MANDATE_ANSWERED
ADDRESS = "eleanor.marsh@example.com"


def minute(number: int) -> datetime:
    """Return a moment of the scene."""
    return MORNING + timedelta(minutes=number)


@dataclass
class Story:
    """What happens on one journey, told act by act."""

    library: FakeLibrary = field(default_factory=FakeLibrary)
    rows: list[EvidenceRow] = field(default_factory=list)
    timeline: list[dict[str, object]] = field(default_factory=list)
    gates: dict[tuple[str, str | None], datetime] = field(default_factory=dict)

    def act(self, kind: EvidenceKind, person: str, at: int, *documents: str, statement: str = "") -> EvidenceRow:
        """Let a person do something about documents in the version that is in force; a minute after the last act."""
        covered = [
            {"document_id": one.document_id, "version": one.version, "sha256": one.sha256}
            for one in self._in_force()
            if one.document_id in documents
        ]
        only = covered[0] if len(covered) == 1 else {}
        row = EvidenceRow.model_validate(
            {
                "evidence_id": f"evidence-{len(self.rows) + 1}",
                "journey_id": "journey-1",
                "position": len(self.rows) + 1,
                "person_id": person,
                "capacity": "joint",
                "kind": kind,
                "document_id": only.get("document_id"),
                "version": only.get("version"),
                "sha256": only.get("sha256"),
                "documents": covered,
                "statement": statement or f"I agree: {kind.value.replace('_', ' ')}: “all of it”.",
                "payload": {"secret": "personal"},
                "dedupe": f"dedupe-{len(self.rows)}",
                "occurred_at": minute(at),
                "session_ref": "0123456789abcdef",
                "ip": "192.0.2.7",
                "user_agent": "Mozilla/5.0 “x”",
                "authentication": "password at 2026-11-23T08:00:30+00:00",
                "previous_hash": self.rows[-1].record_hash if self.rows else "",
                "record_hash": "",
                "signalled_at": minute(at),
            }
        )
        row.record_hash = record_hash(row)
        self.rows.append(row)
        return row

    def open(self, person: str, at: int, *documents: str) -> None:
        """Let a person open documents one after the other."""
        for document in documents:
            self.act(EvidenceKind.DOCUMENT_OPENED, person, at, document)

    def accept(self, kind: EvidenceKind, person: str, at: int) -> None:
        """Let a person open and accept, and the journey count it."""
        documents = (TERMS, FACTS) if kind is PLATFORM else (GIA,)
        self.open(person, at, *documents)
        self.act(kind, person, at, *documents)
        self.counts(kind.value.removesuffix("_accepted"), person, at)

    def counts(self, gate: str, person: str | None, at: int) -> None:
        """Let the journey count what was done at a moment."""
        self.gates[gate, person] = minute(at)

    def note(self, at: int, event: str, detail: str = "", by: str = "system") -> None:
        """Put an entry on the journey's timeline."""
        self.timeline.append({"at": minute(at), "by": by, "event": event, "detail": detail})

    def dossier(self, **changes: Any) -> Dossier:
        """Return the records as they stand; the state of the journey can be changed."""
        in_force = {(one.document_id, one.version): one for one in self._in_force()}
        shown = shown_documents(self.rows)
        documents = []
        for (document_id, version), sha256 in sorted(shown.items()):
            content = self.library.content(document_id, version)
            assert content is not None
            title = next(one.title for key, one in in_force.items() if key[0] == document_id)
            documents.append(KeptDocument(document_id, version, sha256, title, content))
        return Dossier(
            progress=self.progress(**changes),
            firm_name="Harbour Wealth",
            brand=load_brand(),
            names={ELEANOR: "Mrs Eleanor Marsh", TOBIAS: "Mr Łukasz Śliwiński"},
            evidence=tuple(self.rows),
            emails=(_email(),),
            audit=(_command(),),
            documents=tuple(documents),
            generated_at=minute(600),
        )

    def progress(self, **changes: Any) -> Progress:
        """Return what the workflow reports."""
        gates: list[dict[str, object]] = [
            {
                "kind": kind,
                "person_id": person,
                "met": (kind, person) in self.gates,
                "since": self.gates.get((kind, person), MORNING),
                "awaited_from": "client",
                "detail": "accepted" if (kind, person) in self.gates else "to be accepted",
            }
            for person in (ELEANOR, TOBIAS)
            for kind in ("platform_terms", "product_terms")
        ]
        if any(row.kind is MANDATE for row in self.rows):
            gates.append(
                gates[0] | {"kind": "direct_debit_mandate", "person_id": None, "met": "mandate_route" in changes}
            )
        values = {
            "journey_id": "journey-1",
            "firm": "harbour",
            "adviser_id": "harbour-priya",
            "external_reference": "CASE-1",
            "wrapper": "gia",
            "stage": "active",
            "stage_since": minute(500),
            "version": 9,
            "started_at": MORNING,
            "needs_attention": False,
            "attention": [],
            "waiting_on": "nobody",
            "waiting_since": minute(500),
            "waiting_for": "",
            "next_action": "none",
            "next_action_at": None,
            "details_submitted": True,
            "direct_debit": None,
            "bank_details_policy": "adviser",
            "mandate_route": None,
            "gates": gates,
            "holders": [_holder(ELEANOR), _holder(TOBIAS)],
            "documents": [one.model_dump() for one in self._in_force()],
            "change_requests": [
                {
                    "person_id": ELEANOR,
                    "requested_at": MORNING,
                    "corrections": [{"field": "email", "old": ADDRESS, "new": "e@example.com"}],
                }
            ],
            "records": {"platform_account": "acc-1", "plannr_plan": "plan-1"},
            "timeline": self.timeline,
        }
        return Progress.model_validate({**values, **changes})

    def _in_force(self) -> list[PlatformDocument]:
        return [one for of in (None, Wrapper.GIA) for one in self.library.in_force(of)]


def straight() -> Story:
    """Return the story in which both accept everything, the first with a mandate."""
    story = Story()
    story.note(1, "client details submitted", by="adviser")
    story.accept(PLATFORM, ELEANOR, 10)
    story.accept(PRODUCT, ELEANOR, 11)
    story.accept(PLATFORM, TOBIAS, 20)
    story.accept(PRODUCT, TOBIAS, 21)
    story.note(30, "account active")
    return story


def _holder(person: str) -> dict[str, object]:
    return {
        "person_id": person,
        "plannr_account": f"account-of-{person}",
        "platform_client": f"client-of-{person}",
        "details_confirmed_at": None,
        "platform_terms_accepted_before": False,
        "bank_details_given": True,
        "identity_check": "passed",
        "bank_verification": "passed",
    }


def _email() -> EmailRow:
    return EmailRow(
        message_id="<1@onward.example>",
        journey_id="journey-1",
        event="account_created",
        template="account_created",
        recipient_role="holder",
        person_id=ELEANOR,
        state=EmailState.SENT,
        reply=f"250 accepted for {ADDRESS}",
        created_at=minute(5),
        sent_at=minute(5),
        subject="Your account",
    )


def _command() -> AuditRow:
    return AuditRow(
        audit_id="audit-1",
        journey_id="journey-1",
        firm="harbour",
        actor_kind="adviser",
        actor_id="harbour-priya",
        action="submit_application",
        reason="agreed in the meeting",
        at=minute(2),
        details={"update": "u-1"},
    )
