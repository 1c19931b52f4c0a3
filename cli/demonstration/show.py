"""What a person sees at the end of a demonstration."""

from typing import Any

from rich import box
from rich.console import Console
from rich.table import Column, Table


def show(console: Console, document: dict[str, Any]) -> None:
    """Print a table of what was read back, every difference to the rules, and the verdict."""
    console.print()
    if journeys := document.get("journeys"):
        console.print(_straight(journeys))
    if cases := document.get("cases"):
        console.print(_unhappy(cases))
        for seen in cases:
            for sentence in seen["differs"]:
                console.print(f"{seen['name']}: {sentence}", style="red")
    if synced := document.get("sync"):
        console.print(_synced(synced))
        for seen in synced:
            for sentence in seen["differs"]:
                console.print(f"{seen['case']}: {sentence}", style="red")
    verdict = "as the rules say" if document["ok"] else "NOT as the rules say: compare with docs/process.md"
    console.print(f"Read back from both systems and the inbox: {verdict}.", style="green" if document["ok"] else "red")


def _straight(journeys: list[dict[str, Any]]) -> Table:
    table = Table("journey", "Plannr: application", "plan", "platform: client", "account", "e-mails", "s", "events")
    for seen in journeys:
        table.add_row(
            seen["wrapper"].upper(),
            str(seen["plannr"]["application"]),
            str(seen["plannr"]["plan"]),
            str(seen["platform"]["client"]),
            str(seen["platform"]["account"]),
            str(len(seen["emails"])),
            f"{seen['seconds']:.1f}",
            str(seen["history_events"]),
        )
    return table


def _unhappy(cases: list[dict[str, Any]]) -> Table:
    case, stage = Column("case", no_wrap=True), Column("stage", no_wrap=True)
    table = Table("", case, stage, "Plannr", "platform", "e-mails", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for seen in cases:
        plannr, platform = seen["plannr"], seen["platform"]
        table.add_row(
            "[green]✓[/]" if seen["ok"] else "[red]✗[/]",
            seen["name"],
            _words(seen["stage"]),
            f"{_words(plannr['application'])}, {_words(plannr['plan'])}",
            ", ".join([f"{_words(platform['client'])}, {_words(platform['account'])}", *platform["mandates"]]),
            str(len(seen["emails"])),
        )
    return table


def _synced(cases: list[dict[str, Any]]) -> Table:
    table = Table("", Column("case", no_wrap=True), "read back", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for seen in cases:
        facts = ", ".join(f"{name.replace('_', ' ')}: {_fact(value)}" for name, value in seen["seen"].items())
        table.add_row("[green]✓[/]" if seen["ok"] else "[red]✗[/]", seen["case"], facts)
    return table


def _fact(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return " / ".join(str(part) for part in value.values())
    return ", ".join(str(part) for part in value) if isinstance(value, list) else str(value)


def _words(status: str | None) -> str:
    return "none" if status is None else status.replace("_", " ")
