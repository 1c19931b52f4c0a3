"""The configuration files of the official server and Web UI for one machine (JSON, which is YAML too)."""

import json
from pathlib import Path
from typing import Any

from engine.ports import LOOPBACK, free_ports

DATABASE = "temporal.db"
_SERVICES = ("frontend", "matching", "history", "worker")

# For one machine: per-workflow time skipping, and a namespace and its search attributes usable right after the start.
DYNAMIC_SETTINGS: dict[str, Any] = {
    "frontend.WorkflowTimeSkippingEnabled": True,
    "system.forceSearchAttributesCacheRefreshOnRead": True,
    "system.namespaceCacheRefreshInterval": "200ms",
}


def write_server_configuration(directory: Path, port: int) -> Path:
    """Write the server's configuration with fresh internal ports; returns its path."""
    dynamic = directory / "dynamic.yaml"
    _write(dynamic, {name: [{"value": value}] for name, value in DYNAMIC_SETTINGS.items()})
    internal = free_ports(2 * len(_SERVICES))
    rpc_ports = [port, *internal[1 : len(_SERVICES)]]
    services = {
        service: {"rpc": {"grpcPort": rpc_port, "membershipPort": membership_port, "bindOnLocalHost": True}}
        for service, rpc_port, membership_port in zip(_SERVICES, rpc_ports, internal[len(_SERVICES) :], strict=True)
    }
    cluster = {
        "enabled": True,
        "initialFailoverVersion": 1,
        "rpcName": "frontend",
        "rpcAddress": f"{LOOPBACK}:{port}",
    }
    path = directory / "server.yaml"
    _write(
        path,
        {
            "log": {"stdout": True, "level": "warn"},
            "persistence": {
                "defaultStore": "store",
                "visibilityStore": "store",
                "numHistoryShards": 1,
                "datastores": {"store": {"sql": _sqlite(directory / DATABASE)}},
            },
            "global": {"membership": {"maxJoinDuration": "30s", "broadcastAddress": LOOPBACK}},
            "services": services,
            "clusterMetadata": {
                "enableGlobalNamespace": False,
                "failoverVersionIncrement": 10,
                "masterClusterName": "active",
                "currentClusterName": "active",
                "clusterInformation": {"active": cluster},
            },
            "dcRedirectionPolicy": {"policy": "noop"},
            "dynamicConfigClient": {"filepath": str(dynamic), "pollInterval": "10s"},
        },
    )
    return path


def write_ui_configuration(directory: Path, port: int, server_port: int, namespace: str) -> Path:
    """Write the Web UI's configuration; returns the folder it reads."""
    folder = directory / "ui"
    origin = f"http://{LOOPBACK}:{port}"
    _write(
        folder / "base.yaml",
        {
            "temporalGrpcAddress": f"{LOOPBACK}:{server_port}",
            "host": LOOPBACK,
            "port": port,
            "enableUi": True,
            "cors": {"cookieInsecure": True, "allowOrigins": [origin], "unsafeAllowAllOrigins": False},
            "defaultNamespace": namespace,
            "disableNewsFetch": True,
            "notifyOnNewVersion": False,
            "refreshInterval": "1m",
            "hideLogs": True,
        },
    )
    return folder


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "pluginName": "sqlite",
        "databaseName": str(path),
        "connectAddr": "localhost",
        "connectProtocol": "tcp",
        # WAL with full synchronisation: what the server acknowledged survives a power cut, not only a crash.
        "connectAttributes": {
            "cache": "private",
            "setup": "true",
            "journal_mode": "wal",
            "synchronous": "2",
            "busy_timeout": "10000",
        },
        "maxConns": 1,
        "maxIdleConns": 1,
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2))
