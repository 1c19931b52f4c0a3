"""Imports of journeys from files, and what was found about each journey's eligibility."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002_imports_and_eligibility"
down_revision = "0001_foundation"
branch_labels = None
depends_on = None

JSON_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "eligibility",
        sa.Column("journey_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("answers", JSON_DOCUMENT, nullable=False),
        sa.Column("warnings", JSON_DOCUMENT, nullable=False),
        sa.Column("assessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("journey_id", name=op.f("pk_eligibility")),
    )
    op.create_table(
        "journey_import",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("firm", sa.String(), nullable=False),
        sa.Column("firm_name", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("adviser", JSON_DOCUMENT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("import_id", name=op.f("pk_journey_import")),
    )
    op.create_table(
        "journey_import_row",
        sa.Column("import_id", sa.String(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("external_reference", sa.String(), nullable=False),
        sa.Column("form", JSON_DOCUMENT, nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("journey_id", sa.String(), nullable=True),
        sa.Column("problems", JSON_DOCUMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["journey_import.import_id"],
            name=op.f("fk_journey_import_row_import_id_journey_import"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("import_id", "row", name=op.f("pk_journey_import_row")),
    )
    op.create_index(
        op.f("ix_journey_import_row_import_id_state"), "journey_import_row", ["import_id", "state"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_journey_import_row_import_id_state"), table_name="journey_import_row")
    op.drop_table("journey_import_row")
    op.drop_table("journey_import")
    op.drop_table("eligibility")
