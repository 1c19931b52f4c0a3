"""The sync's own record, discrepancies and reconciliations, polling cursors, and events for the firms' systems."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_sync"
down_revision = "0005_email_facts"
branch_labels = None
depends_on = None

JSON_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "discrepancy",
        sa.Column("discrepancy_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=True),
        sa.Column("subject", sa.String(length=40), nullable=False),
        sa.Column("platform_id", sa.String(), nullable=False),
        sa.Column("plannr_id", sa.String(), nullable=True),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("proposal", sa.String(length=40), nullable=False),
        sa.Column("platform_value", sa.String(), nullable=False),
        sa.Column("plannr_value", sa.String(), nullable=False),
        sa.Column("candidates", JSON_DOCUMENT, nullable=False),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("task", sa.String(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_as", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("discrepancy_id", name=op.f("pk_discrepancy")),
    )
    op.create_index(
        op.f("ix_discrepancy_firm_closed_at_first_seen_at_discrepancy_id"),
        "discrepancy",
        ["firm", "closed_at", "first_seen_at", "discrepancy_id"],
        unique=False,
    )
    op.create_index(op.f("ix_discrepancy_platform_id"), "discrepancy", ["platform_id"], unique=False)
    op.create_table(
        "event_subscription",
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("types", JSON_DOCUMENT, nullable=False),
        sa.Column("secrets", JSON_DOCUMENT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(), nullable=False),
        sa.Column("dispatched", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_event_subscription")),
    )
    op.create_index(op.f("ix_event_subscription_firm"), "event_subscription", ["firm"], unique=False)
    op.create_table(
        "outgoing_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_outgoing_event")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outgoing_event_event_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_outgoing_event_firm_seq"), "outgoing_event", ["firm", "seq"], unique=False)
    op.create_table(
        "poll_cursor",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("tenant", sa.String(), nullable=False),
        sa.Column("resource", sa.String(), nullable=False),
        sa.Column("position", sa.DateTime(timezone=True), nullable=False),
        sa.Column("polled_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("source", "tenant", "resource", name=op.f("pk_poll_cursor")),
    )
    op.create_table(
        "reconciliation",
        sa.Column("run_id", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("clients", sa.Integer(), nullable=False),
        sa.Column("clients_total", sa.Integer(), nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("accounts_total", sa.Integer(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("repaired", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("calls", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_reconciliation")),
    )
    op.create_index(op.f("ix_reconciliation_started_at"), "reconciliation", ["started_at"], unique=False)
    op.create_table(
        "sync_event",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("firm", sa.String(), nullable=True),
        sa.Column("platform_client", sa.String(), nullable=True),
        sa.Column("platform_account", sa.String(), nullable=True),
        sa.Column("plannr_account", sa.String(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("fields", JSON_DOCUMENT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_sync_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sync_event_kind"), "sync_event", ["kind"], unique=False)
    op.create_index(op.f("ix_sync_event_firm_seq"), "sync_event", ["firm", "seq"], unique=False)
    op.create_index(op.f("ix_sync_event_platform_client_seq"), "sync_event", ["platform_client", "seq"], unique=False)
    op.create_table(
        "synced_account",
        sa.Column("platform_account", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=True),
        sa.Column("plannr_plan", sa.String(), nullable=True),
        sa.Column("wrapper", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("platform_version", sa.Integer(), nullable=False),
        sa.Column("bases", JSON_DOCUMENT, nullable=False),
        sa.Column("stopped", JSON_DOCUMENT, nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform_account", name=op.f("pk_synced_account")),
    )
    op.create_index(op.f("ix_synced_account_firm"), "synced_account", ["firm"], unique=False)
    op.create_index(op.f("ix_synced_account_plannr_plan"), "synced_account", ["plannr_plan"], unique=False)
    op.create_table(
        "synced_client",
        sa.Column("platform_client", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=True),
        sa.Column("plannr_account", sa.String(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("platform_version", sa.Integer(), nullable=False),
        sa.Column("bases", JSON_DOCUMENT, nullable=False),
        sa.Column("held", JSON_DOCUMENT, nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform_client", name=op.f("pk_synced_client")),
    )
    op.create_index(op.f("ix_synced_client_firm"), "synced_client", ["firm"], unique=False)
    op.create_index(op.f("ix_synced_client_plannr_account"), "synced_client", ["plannr_account"], unique=False)
    op.create_table(
        "event_delivery",
        sa.Column("subscription_id", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["event_subscription.subscription_id"],
            name=op.f("fk_event_delivery_subscription_id_event_subscription"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "seq", name=op.f("pk_event_delivery")),
    )
    op.create_index(op.f("ix_event_delivery_firm_created_at"), "event_delivery", ["firm", "created_at"], unique=False)
    op.add_column("webhook_delivery", sa.Column("firm", sa.String(), nullable=True))
    op.add_column("webhook_delivery", sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("webhook_delivery", sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_webhook_delivery_dead_at"), "webhook_delivery", ["dead_at"], unique=False)
    op.create_index(op.f("ix_webhook_delivery_firm"), "webhook_delivery", ["firm"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_webhook_delivery_firm"), table_name="webhook_delivery")
    op.drop_index(op.f("ix_webhook_delivery_dead_at"), table_name="webhook_delivery")
    op.drop_column("webhook_delivery", "dead_at")
    op.drop_column("webhook_delivery", "next_attempt_at")
    op.drop_column("webhook_delivery", "firm")
    op.drop_index(op.f("ix_event_delivery_firm_created_at"), table_name="event_delivery")
    op.drop_table("event_delivery")
    op.drop_index(op.f("ix_synced_client_plannr_account"), table_name="synced_client")
    op.drop_index(op.f("ix_synced_client_firm"), table_name="synced_client")
    op.drop_table("synced_client")
    op.drop_index(op.f("ix_synced_account_plannr_plan"), table_name="synced_account")
    op.drop_index(op.f("ix_synced_account_firm"), table_name="synced_account")
    op.drop_table("synced_account")
    op.drop_index(op.f("ix_sync_event_kind"), table_name="sync_event")
    op.drop_index(op.f("ix_sync_event_platform_client_seq"), table_name="sync_event")
    op.drop_index(op.f("ix_sync_event_firm_seq"), table_name="sync_event")
    op.drop_table("sync_event")
    op.drop_index(op.f("ix_reconciliation_started_at"), table_name="reconciliation")
    op.drop_table("reconciliation")
    op.drop_table("poll_cursor")
    op.drop_index(op.f("ix_outgoing_event_firm_seq"), table_name="outgoing_event")
    op.drop_table("outgoing_event")
    op.drop_index(op.f("ix_event_subscription_firm"), table_name="event_subscription")
    op.drop_table("event_subscription")
    op.drop_index(op.f("ix_discrepancy_platform_id"), table_name="discrepancy")
    op.drop_index(op.f("ix_discrepancy_firm_closed_at_first_seen_at_discrepancy_id"), table_name="discrepancy")
    op.drop_table("discrepancy")
