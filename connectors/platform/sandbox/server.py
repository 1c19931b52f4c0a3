"""What one running sandbox holds: its database, settings, faults and the alarm of its background work."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from connectors.platform.sandbox.config import SandboxConfig
from connectors.platform.sandbox.database import Base, IdempotentAnswer, Setting, create_tables, make_engine, timestamp
from connectors.platform.sandbox.faults import FaultBoard
from connectors.platform.sandbox.store import Store

IDEMPOTENCY_LIFE = timedelta(hours=72)


class Settings(BaseModel):
    """What the controls may change while the sandbox runs."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    verification_delay_seconds: float = Field(ge=0, le=86_400)
    mandate_delay_seconds: float = Field(ge=0, le=86_400)
    rate_limit_per_minute: int = Field(ge=1, le=10_000_000)


class SettingsChange(BaseModel):
    """New values for some settings."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    verification_delay_seconds: float | None = Field(default=None, ge=0, le=86_400)
    mandate_delay_seconds: float | None = Field(default=None, ge=0, le=86_400)
    rate_limit_per_minute: int | None = Field(default=None, ge=1, le=10_000_000)


class Sandbox:
    """One running platform sandbox. `open` before use, `close` after."""

    def __init__(self, config: SandboxConfig) -> None:
        self.config = config
        self.faults = FaultBoard()
        self.settings = self._configured()
        self.timers_changed = asyncio.Event()
        self.deliveries_changed = asyncio.Event()
        self.in_flight: set[str] = set()
        self._writing = asyncio.Lock()
        self._engine: AsyncEngine | None = None

    def now(self) -> datetime:
        """The present moment by the configured clock."""
        return self.config.now()

    async def open(self) -> None:
        """Open the database, make what is missing, forget idempotency keys past their time."""
        self._engine = make_engine(self.config.database)
        async with self._engine.begin() as connection:
            await connection.run_sync(create_tables)
        async with self.writing() as store:
            await store.publish_first_editions()
            kept = {row.name: row.value for row in await store.session.scalars(select(Setting))}
            self.settings = Settings.model_validate({**self._configured().model_dump(), **kept})
            outdated = timestamp(self.now() - IDEMPOTENCY_LIFE)
            await store.session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < outdated))

    async def close(self) -> None:
        """Close the database."""
        if self._engine is not None:
            await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Store]:
        """Give a store to read from."""
        async with self._sessions() as session:
            yield Store(session, self.now, self.faults)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[Store]:
        """Give a store whose changes are committed together at the end, one writer at a time."""
        async with self._writing, self._sessions() as session, session.begin():
            store = Store(session, self.now, self.faults)
            yield store
        if store.set_timers:
            self.timers_changed.set()
        if store.queued_deliveries:
            self.deliveries_changed.set()

    async def change_settings(self, change: SettingsChange) -> Settings:
        """Set values and keep them over a restart."""
        values = change.model_dump(exclude_none=True)
        async with self.writing() as store:
            for name, value in values.items():
                await store.session.merge(Setting(name=name, value=value))
        self.settings = self.settings.model_copy(update=values)
        return self.settings

    async def reset(self, *, keep_subscriptions: bool) -> None:
        """Empty everything and begin anew."""
        async with self.writing() as store:
            subscriptions = await store.subscriptions() if keep_subscriptions else []
            for table in Base.metadata.sorted_tables:
                await store.session.execute(delete(table))
            store.session.expunge_all()
            await store.publish_first_editions()
            for subscription in subscriptions:
                await store.restore(subscription)
        self.faults.clear()
        self.settings = self._configured()
        self.timers_changed.set()
        self.deliveries_changed.set()

    def _configured(self) -> Settings:
        return Settings.model_validate({name: getattr(self.config, name) for name in Settings.model_fields})

    def _sessions(self) -> AsyncSession:
        assert self._engine is not None, "open the sandbox first"
        return async_sessionmaker(self._engine, expire_on_commit=False, autoflush=False)()


def sandbox_of(request: Request) -> Sandbox:
    """Return the sandbox that serves this request."""
    sandbox = request.app.state.sandbox
    assert isinstance(sandbox, Sandbox)
    return sandbox


def store_of(request: Request) -> Store:
    """Return the store opened for this request."""
    store = request.state.store
    assert isinstance(store, Store)
    return store


SandboxDep = Annotated[Sandbox, Depends(sandbox_of)]
StoreDep = Annotated[Store, Depends(store_of)]
