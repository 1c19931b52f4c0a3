"""The namespace every cluster needs before the first journey, ensured by whoever starts."""

import asyncio
import time
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    UpdateNamespaceRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from engine.errors import EngineNotReady

RETENTION = timedelta(days=90)

SEARCH_ATTRIBUTES = {
    "Firm": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Adviser": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Wrapper": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "JourneyStage": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "WaitingOn": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "Attention": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "StageSince": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    "DueAt": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
}

_USES_ALL = " OR ".join(f"{name} IS NOT NULL" for name in SEARCH_ATTRIBUTES)


async def ensure_namespace(temporal_address: str, namespace: str, retention: timedelta = RETENTION) -> None:
    """Create the namespace, set its retention, add its search attributes, and wait until all of it is usable.

    Safe to call at every start, from several processes at once, and on any cluster.

    Args:
        temporal_address: host:port of the frontend.
        namespace: its name.
        retention: how long a closed workflow stays readable.

    Raises:
        EngineNotReady: the cluster does not take the namespace or its search attributes into use within 30 s.
    """
    temporal = await Client.connect(temporal_address, namespace=namespace)
    await _register(temporal, namespace, retention)
    await _add_search_attributes(temporal, namespace)
    await _wait_until_usable(temporal, namespace)


async def _register(temporal: Client, namespace: str, retention: timedelta) -> None:
    keep = Duration()
    keep.FromTimedelta(retention)
    try:
        found = await temporal.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=namespace))
    except RPCError as error:
        if error.status != RPCStatusCode.NOT_FOUND:
            raise
    else:
        if found.config.workflow_execution_retention_ttl != keep:
            change = UpdateNamespaceRequest(namespace=namespace)
            change.config.workflow_execution_retention_ttl.CopyFrom(keep)
            await temporal.workflow_service.update_namespace(change)
        return
    try:
        await temporal.workflow_service.register_namespace(
            RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=keep),
        )
    except RPCError as refusal:
        # Somebody else who starts at the same time was quicker.
        if refusal.status != RPCStatusCode.ALREADY_EXISTS:
            raise


async def _add_search_attributes(temporal: Client, namespace: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            listed = await temporal.operator_service.list_search_attributes(
                ListSearchAttributesRequest(namespace=namespace),
            )
            missing = {k: v for k, v in SEARCH_ATTRIBUTES.items() if k not in listed.custom_attributes}
            if missing:
                await temporal.operator_service.add_search_attributes(
                    AddSearchAttributesRequest(namespace=namespace, search_attributes=missing),
                )
        except RPCError as error:
            # A namespace made a moment ago, or one that two starts change at once, settles within seconds.
            if time.monotonic() > deadline:
                raise EngineNotReady(
                    f"The Temporal cluster does not take the search attributes of namespace {namespace}: "
                    f"{error.message}. Check the rights of the account that starts Onward, then start again.",
                ) from error
            await asyncio.sleep(0.2)
        else:
            return


async def _wait_until_usable(temporal: Client, namespace: str) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            await temporal.count_workflows(_USES_ALL)
        except RPCError as error:
            if time.monotonic() > deadline:
                raise EngineNotReady(
                    f"Namespace {namespace} is not usable 30 s after it was made: {error.message}. "
                    "Look at the Temporal server's log, then start again.",
                ) from error
            await asyncio.sleep(0.1)
        else:
            return
