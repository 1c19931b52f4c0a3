"""Sessions of advisers in the workbench, and their sign-ins that are still on their way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003_adviser_sessions"
down_revision = "0002_imports_and_eligibility"
branch_labels = None
depends_on = None

JSON_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "adviser_session",
        sa.Column("session_hash", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("adviser_id", sa.String(), nullable=False),
        sa.Column("adviser", JSON_DOCUMENT, nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("session_hash", name=op.f("pk_adviser_session")),
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("attempt_hash", sa.String(), nullable=False),
        sa.Column("sealed", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("attempt_hash", name=op.f("pk_sign_in_attempt")),
    )
    op.create_index(op.f("ix_sign_in_attempt_expires_at"), "sign_in_attempt", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_sign_in_attempt_expires_at"), table_name="sign_in_attempt")
    op.drop_table("sign_in_attempt")
    op.drop_table("adviser_session")
