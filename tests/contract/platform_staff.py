"""What the platform's own staff do, on the system behind the gateway that is tested."""

from connectors.platform.port import AccountStatus
from tests.contract.platform_rigs import ADVISER, FakeRig, PlatformRig, SandboxRig


async def open_account(rig: PlatformRig, clients: list[str], wrapper: str, name: str = "Account") -> str:
    """Open a pending account of any wrapper without a journey, and return its id."""
    if isinstance(rig, FakeRig):
        return rig.fake.open_staff_account(clients, wrapper, name=name, status="pending", adviser=ADVISER)
    assert isinstance(rig, SandboxRig)
    form = {"client_ids": clients, "wrapper": wrapper, "name": name, "adviser_reference": ADVISER}
    opened = await rig.call("POST /accounts", {**form, "investment_strategy": {"name": "Balanced Growth"}})
    return str(opened["id"])


async def set_account_status(rig: PlatformRig, account: str, status: AccountStatus) -> None:
    """Give an account another status."""
    if isinstance(rig, FakeRig):
        rig.fake.set_account_status(account, status)
    else:
        assert isinstance(rig, SandboxRig)
        await rig.control("POST", f"accounts/{account}/status", {"status": status})


async def rename_account(rig: PlatformRig, account: str, name: str) -> None:
    """Give an account another name."""
    if isinstance(rig, FakeRig):
        rig.fake.rename_account(account, name)
    else:
        assert isinstance(rig, SandboxRig)
        await rig.call(f"PATCH /accounts/{account}", {"name": name})


async def edit_client(rig: PlatformRig, client: str, **fields: str | None) -> None:
    """Change details of a client that both spell alike."""
    if isinstance(rig, FakeRig):
        rig.fake.edit_client(client, **fields)
    else:
        assert isinstance(rig, SandboxRig)
        await rig.call(f"PATCH /clients/{client}", fields)
