"""Where firms want their events delivered, and how far each of these addresses has got (P55)."""

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from models.tables import EventSubscriptionRow
from storage.upsert import insert_into


class EventSubscriptionRepository:
    """The subscriptions of firms' systems."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, row: EventSubscriptionRow) -> None:
        """Store a subscription, unless the one with its id is there already."""
        insert = insert_into(self._session, EventSubscriptionRow).values(**row.model_dump())
        await self._session.execute(insert.on_conflict_do_nothing(index_elements=["subscription_id"]))

    async def get(self, subscription_id: str, *, firm: str) -> EventSubscriptionRow | None:
        """Return the subscription; None when there is none, or none of this firm."""
        query = select(EventSubscriptionRow).where(
            col(EventSubscriptionRow.subscription_id) == subscription_id, col(EventSubscriptionRow.firm) == firm
        )
        return (await self._session.scalars(query.execution_options(populate_existing=True))).one_or_none()

    async def of_firm(self, firm: str) -> list[EventSubscriptionRow]:
        """Return a firm's subscriptions, the oldest first."""
        query = (
            select(EventSubscriptionRow)
            .where(col(EventSubscriptionRow.firm) == firm)
            .order_by(col(EventSubscriptionRow.created_at), col(EventSubscriptionRow.subscription_id))
        )
        return list(await self._session.scalars(query))

    async def active(self) -> list[EventSubscriptionRow]:
        """Return every firm's subscriptions that are not paused."""
        query = select(EventSubscriptionRow).where(col(EventSubscriptionRow.active).is_(True))
        return list(await self._session.scalars(query.order_by(col(EventSubscriptionRow.subscription_id))))

    async def change(
        self,
        subscription_id: str,
        *,
        url: str | None = None,
        types: list[str] | None = None,
        active: bool | None = None,
        secrets: list[str] | None = None,
    ) -> None:
        """Change what is given; None leaves it as it is."""
        given = {"url": url, "types": types, "active": active, "secrets": secrets}
        values = {name: value for name, value in given.items() if value is not None}
        if values:
            await self._session.execute(
                update(EventSubscriptionRow)
                .where(col(EventSubscriptionRow.subscription_id) == subscription_id)
                .values(**values)
            )

    async def remove(self, subscription_id: str, *, firm: str) -> bool:
        """Remove a subscription with its deliveries; False when the firm has none with this id."""
        removed = await self._session.execute(
            delete(EventSubscriptionRow)
            .where(col(EventSubscriptionRow.subscription_id) == subscription_id, col(EventSubscriptionRow.firm) == firm)
            .returning(col(EventSubscriptionRow.subscription_id))
        )
        return removed.first() is not None

    async def advance(self, subscription_id: str, *, begun_at: int, reached: int) -> None:
        """Note up to where deliveries were begun, unless somebody has moved the place since it was read."""
        await self._session.execute(
            update(EventSubscriptionRow)
            .where(
                col(EventSubscriptionRow.subscription_id) == subscription_id,
                col(EventSubscriptionRow.dispatched) == begun_at,
            )
            .values(dispatched=reached)
        )

    async def rewind(self, subscription_id: str, *, after: int) -> None:
        """Let deliveries begin again after this place; one that lies ahead changes nothing."""
        await self._session.execute(
            update(EventSubscriptionRow)
            .where(
                col(EventSubscriptionRow.subscription_id) == subscription_id,
                col(EventSubscriptionRow.dispatched) > after,
            )
            .values(dispatched=after)
        )
