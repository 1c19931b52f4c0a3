"""The foundation: journeys' projection, people, evidence, audit, e-mails, idempotency and webhooks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001_foundation"
down_revision = None
branch_labels = None
depends_on = None

JSON_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
REFUSAL = "evidence is append-only"
IMMUTABLE = (
    "evidence_id",
    "journey_id",
    "position",
    "person_id",
    "capacity",
    "kind",
    "document_id",
    "version",
    "sha256",
    "documents",
    "statement",
    "dedupe",
    "occurred_at",
    "session_ref",
    "ip",
    "user_agent",
    "authentication",
    "previous_hash",
    "record_hash",
)


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("audit_id", sa.String(), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=True),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("actor_kind", sa.String(), nullable=False),
        sa.Column("actor_id", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("details", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("audit_id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_journey_id"), "audit", ["journey_id"], unique=False)
    op.create_table(
        "email",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("recipient_role", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reply", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subject", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_email")),
        sa.UniqueConstraint(
            "journey_id",
            "event",
            "recipient_role",
            "person_id",
            name=op.f("uq_email_journey_id_event_recipient_role_person_id"),
        ),
    )
    op.create_table(
        "evidence",
        sa.Column("evidence_id", sa.String(), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("capacity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("document_id", sa.String(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("documents", JSON_DOCUMENT, nullable=False),
        sa.Column("statement", sa.String(), nullable=True),
        sa.Column("payload", JSON_DOCUMENT, nullable=True),
        sa.Column("dedupe", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("session_ref", sa.String(), nullable=True),
        sa.Column("ip", sa.String(), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=True),
        sa.Column("authentication", sa.String(), nullable=True),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("record_hash", sa.String(), nullable=False),
        sa.Column("signalled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_evidence")),
        sa.UniqueConstraint(
            "journey_id", "person_id", "kind", "dedupe", name=op.f("uq_evidence_journey_id_person_id_kind_dedupe")
        ),
        sa.UniqueConstraint("journey_id", "position", name=op.f("uq_evidence_journey_id_position")),
    )
    op.create_index(op.f("ix_evidence_signalled_at"), "evidence", ["signalled_at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("caller", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=True),
        sa.Column("response", JSON_DOCUMENT, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("caller", "key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "journey",
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("adviser_id", sa.String(), nullable=False),
        sa.Column("external_reference", sa.String(), nullable=False),
        sa.Column("wrapper", sa.String(length=40), nullable=False),
        sa.Column("stage", sa.String(length=40), nullable=False),
        sa.Column("waiting_on", sa.String(length=40), nullable=False),
        sa.Column("needs_attention", sa.Boolean(), nullable=False),
        sa.Column("waiting_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage_since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("progress", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("journey_id", name=op.f("pk_journey")),
    )
    op.create_index(op.f("ix_journey_firm_stage"), "journey", ["firm", "stage"], unique=False)
    op.create_index(
        op.f("ix_journey_firm_updated_at_journey_id"), "journey", ["firm", "updated_at", "journey_id"], unique=False
    )
    op.create_index(op.f("ix_journey_firm_waiting_on"), "journey", ["firm", "waiting_on"], unique=False)
    op.create_table(
        "person",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("plannr_account", sa.String(), nullable=False),
        sa.Column("platform_client", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("event_type", sa.String(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", JSON_DOCUMENT, nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("source", "event_id", name=op.f("pk_webhook_delivery")),
    )
    op.create_index(op.f("ix_webhook_delivery_handled_at"), "webhook_delivery", ["handled_at"], unique=False)
    op.create_table(
        "webhook_secret",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("secrets", JSON_DOCUMENT, nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("ensured_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "tenant", name=op.f("pk_webhook_secret")),
    )
    op.create_table(
        "invitation",
        sa.Column("invitation_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_invitation_person_id_person")),
        sa.PrimaryKeyConstraint("invitation_id", name=op.f("pk_invitation")),
        sa.UniqueConstraint(
            "person_id", "journey_id", "sequence", name=op.f("uq_invitation_person_id_journey_id_sequence")
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    op.create_table(
        "journey_holder",
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("plannr_account", sa.String(), nullable=False),
        sa.Column("platform_client", sa.String(), nullable=True),
        sa.Column("checks_told", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["journey_id"],
            ["journey.journey_id"],
            name=op.f("fk_journey_holder_journey_id_journey"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("journey_id", "person_id", name=op.f("pk_journey_holder")),
    )
    op.create_index(op.f("ix_journey_holder_person_id"), "journey_holder", ["person_id"], unique=False)
    op.create_index(op.f("ix_journey_holder_platform_client"), "journey_holder", ["platform_client"], unique=False)
    op.create_table(
        "portal_session",
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("user_agent", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_portal_session_person_id_person")),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_portal_session")),
    )
    op.create_index(op.f("ix_portal_session_person_id"), "portal_session", ["person_id"], unique=False)
    _make_evidence_append_only()


def _make_evidence_append_only() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION evidence_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER evidence_no_change BEFORE UPDATE OF {', '.join(IMMUTABLE)} ON evidence "
            "FOR EACH ROW EXECUTE FUNCTION evidence_is_append_only()"
        )
        op.execute(
            "CREATE TRIGGER evidence_payload_only_cleared BEFORE UPDATE OF payload ON evidence "
            "FOR EACH ROW WHEN (NEW.payload IS NOT NULL) EXECUTE FUNCTION evidence_is_append_only()"
        )
        op.execute(
            "CREATE TRIGGER evidence_no_removal BEFORE DELETE OR TRUNCATE ON evidence "
            "FOR EACH STATEMENT EXECUTE FUNCTION evidence_is_append_only()"
        )
        return
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    op.execute(f"CREATE TRIGGER evidence_no_change BEFORE UPDATE OF {', '.join(IMMUTABLE)} ON evidence {refuse}")
    op.execute(
        "CREATE TRIGGER evidence_payload_only_cleared BEFORE UPDATE OF payload ON evidence "
        f"WHEN NEW.payload IS NOT NULL {refuse}"
    )
    op.execute(f"CREATE TRIGGER evidence_no_removal BEFORE DELETE ON evidence {refuse}")


def downgrade() -> None:
    for table in (
        "portal_session",
        "journey_holder",
        "invitation",
        "webhook_secret",
        "webhook_delivery",
        "person",
        "journey",
        "idempotency",
        "evidence",
        "email",
        "audit",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION evidence_is_append_only()")
