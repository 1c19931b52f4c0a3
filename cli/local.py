"""The parts of Onward on one machine: engine, both sandboxes, inbox, API and worker."""

import sys
from datetime import datetime, timedelta

from cli.development import firms_setting, people, users_setting
from cli.home import CLONE
from cli.parts import Context, Part, Plan, python_part_environment
from cli.probes import answers, listens, namespace_usable, worker_polls
from engine.obtain import obtain
from engine.process import Process
from engine.server import GRACE, SERVER_NAME, UI_NAME, TemporalServer
from runtime.temporal import JOURNEYS_QUEUE

NAMESPACE = "onward"

ENGINE = SERVER_NAME
TEMPORAL_UI = UI_NAME
PLANNR = "plannr-sandbox"
PLATFORM = "platform-sandbox"
INBOX = "inbox"
API = "api"
WORKER = "worker"

_SERVERS = {
    PLANNR: ("Plannr sandbox", "connectors.plannr.sandbox"),
    PLATFORM: ("Platform sandbox", "connectors.platform.sandbox"),
    INBOX: ("Mail inbox", "connectors.mail.inbox"),
}

# A worker that polled a moment before it was killed was seen by the server at most this much after its end.
_CLOCK_GRAIN = timedelta(milliseconds=1)


def plan_onward(context: Context) -> Plan:
    """Say what a local Onward consists of; obtains the engine, which takes minutes the first time on a machine.

    Raises:
        EngineUnavailable: no Temporal server is to be had.
    """
    binaries = obtain(context.report)
    ports = {
        name: context.port(name, preferred)
        for name, preferred in (
            ("api", 8080),
            ("temporal", 7233),
            ("temporal_ui", 8233),
            ("plannr", 8091),
            ("platform", 8092),
            ("inbox", 8025),
            ("smtp", 1025),
        )
    }
    engine = TemporalServer(
        binaries,
        context.home.path / "engine",
        port=ports["temporal"],
        ui_port=ports["temporal_ui"],
        namespace=NAMESPACE,
    )
    urls = {
        "api": _local(ports["api"]),
        "docs": _local(ports["api"], "/docs"),
        "workbench": _local(ports["api"], "/workbench"),
        "portal": _local(ports["api"], "/portal"),
        "inbox": _local(ports["inbox"], "/dev/inbox"),
        "plannr": _local(ports["plannr"]),
        "platform": _local(ports["platform"]),
        "temporal_address": engine.address,
    }
    if engine.ui_url:
        urls["temporal_ui"] = f"{engine.ui_url}/namespaces/{NAMESPACE}/workflows"
    environment = _environment(context, ports, engine)
    parts = [
        *_engine_parts(engine),
        _server(context, environment, PLANNR, http_port=ports["plannr"]),
        _server(context, environment, PLATFORM, http_port=ports["platform"]),
        _server(context, environment, INBOX, http_port=ports["inbox"], other_port=ports["smtp"]),
        _api(context, environment, ports["api"]),
        _worker(context, environment, engine),
    ]
    return Plan(parts, urls, people(), binaries.source)


def _engine_parts(engine: TemporalServer) -> list[Part]:
    def usable(_: datetime) -> bool:
        return namespace_usable(engine.address, NAMESPACE)

    server = next((process for process in engine.processes if process.name == ENGINE), None)
    pages = [process for process in engine.processes if process.name == TEMPORAL_UI]
    return [
        Part(ENGINE, "Temporal server", server, usable, grace=GRACE),
        *(Part(TEMPORAL_UI, "Temporal Web UI", page, lambda _: answers(f"{engine.ui_url}/healthz")) for page in pages),
    ]


def _server(
    context: Context,
    environment: dict[str, str | None],
    name: str,
    *,
    http_port: int,
    other_port: int | None = None,
) -> Part:
    title, module = _SERVERS[name]

    def ready(_: datetime) -> bool:
        return answers(_local(http_port, "/health/live")) and (other_port is None or listens(other_port))

    return Part(name, title, _python(context, environment, name, "-m", module), ready)


def _api(context: Context, environment: dict[str, str | None], port: int) -> Part:
    def ready(_: datetime) -> bool:
        return answers(_local(port, "/health/live")) and answers(_local(port, "/health/ready"))

    return Part(API, "API and portal", _python(context, environment, API, "-m", "api"), ready, needs=(ENGINE,))


def _worker(context: Context, environment: dict[str, str | None], engine: TemporalServer) -> Part:
    def ready(started_at: datetime) -> bool:
        return worker_polls(engine.address, NAMESPACE, JOURNEYS_QUEUE, started_at + _CLOCK_GRAIN)

    process = _python(context, environment, WORKER, "worker.py")
    return Part(WORKER, "Worker", process, ready, needs=(ENGINE,), grace=12.0)


def _python(context: Context, environment: dict[str, str | None], name: str, *arguments: str) -> Process:
    command = [sys.executable, *arguments]
    return Process(name, command, log=context.home.log(name), environment=environment, directory=CLONE)


def _local(port: int, path: str = "") -> str:
    return f"http://127.0.0.1:{port}{path}"


def _environment(context: Context, ports: dict[str, int], engine: TemporalServer) -> dict[str, str | None]:
    home, secrets = context.home.path, context.secrets
    return {
        **python_part_environment(CLONE),
        "ONWARD_HOME": str(home),
        "ONWARD_DATABASE_URL": f"sqlite+aiosqlite:///{home / 'onward.db'}",
        "ONWARD_SECRET_KEY": secrets.secret_key.get_secret_value(),
        "ONWARD_API_PORT": str(ports["api"]),
        "ONWARD_PUBLIC_URL": _local(ports["api"]),
        "TEMPORAL_ADDRESS": engine.address,
        "ONWARD_TEMPORAL_NAMESPACE": NAMESPACE,
        "ONWARD_TEMPORAL_UI_URL": engine.ui_url,
        "ONWARD_FIRMS": firms_setting(),
        "ONWARD_DEVELOPMENT_USERS": users_setting(secrets.adviser_password.get_secret_value()),
        "ONWARD_OIDC_ISSUER": None,
        "ONWARD_PLANNR_URL": _local(ports["plannr"]),
        "ONWARD_PLANNR_TOKEN": secrets.plannr_token.get_secret_value(),
        "ONWARD_PLANNR_SANDBOX_PORT": str(ports["plannr"]),
        "ONWARD_PLANNR_SANDBOX_DATABASE": str(home / "plannr-sandbox.db"),
        "ONWARD_PLATFORM_URL": _local(ports["platform"]),
        "ONWARD_PLATFORM_CLIENT_ID": secrets.platform_client_id,
        "ONWARD_PLATFORM_CLIENT_SECRET": secrets.platform_client_secret.get_secret_value(),
        "ONWARD_PLATFORM_SANDBOX_PORT": str(ports["platform"]),
        "ONWARD_PLATFORM_SANDBOX_DATABASE": str(home / "platform-sandbox.db"),
        "ONWARD_SMTP_HOST": "127.0.0.1",
        "ONWARD_SMTP_PORT": str(ports["smtp"]),
        "ONWARD_SMTP_SECURITY": "none",
        "ONWARD_SMTP_USERNAME": None,
        "ONWARD_SMTP_PASSWORD": None,
        "ONWARD_INBOX_PORT": str(ports["inbox"]),
        "ONWARD_INBOX_DATABASE": str(home / "inbox.db"),
    }
