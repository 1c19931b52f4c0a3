"""What each e-mail told, so that it can be shown again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005_email_facts"
down_revision = "0004_passkeys"
branch_labels = None
depends_on = None

JSON_DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.add_column("email", sa.Column("facts", JSON_DOCUMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("email", "facts")
