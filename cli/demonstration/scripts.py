"""What each demonstrated journey consists of, and the forms that its adviser fills in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cli.demonstration.people import Cast, NewClient, Role

BANK_DETAILS = {"sort_code": "20-00-00", "account_number": "55779911"}
CONTRIBUTIONS = [{"amount_pence": 5_000_00, "frequency": "once"}, {"amount_pence": 250_00, "frequency": "monthly"}]
CHARGES = {"initial_basis_points": 100, "ongoing_basis_points": 50}


@dataclass(frozen=True)
class Script:
    """What sets one demonstrated journey apart.

    Attributes:
        wrapper: the wrapper, as the API names it.
        name: what the account is called.
        direct_debit: whether a mandate is agreed.
        roles: who takes part.
        questions: what the start form asks for this wrapper alone.
        answers: what the details form asks for this wrapper alone, of everybody who owns the account.
        last_name: a name that decides how the platform's identity check ends; any name otherwise.
        bank_details: other bank details than usual, which decide how their verification ends.
    """

    wrapper: str
    name: str
    direct_debit: bool = False
    roles: tuple[Role, ...] = ("holder",)
    questions: Mapping[str, object] = field(default_factory=dict)
    answers: Mapping[str, object] = field(default_factory=dict)
    last_name: str | None = None
    bank_details: Mapping[str, str] = field(default_factory=lambda: BANK_DETAILS)

    @property
    def clients(self) -> int:
        """How many people act in the portal."""
        return sum(role != "child" for role in self.roles)

    @property
    def emails(self) -> list[tuple[str, str]]:
        """Who must have been told what, each exactly once (P11, P12, P15)."""
        to_client = ["client_setup_started", "account_created"]
        if self.direct_debit or self.wrapper == "sipp":
            to_client.append("new_documentation")
        told = [("client", template) for template in to_client for _ in range(self.clients)]
        return [*told, ("adviser", "adviser_plan_active")]


SCRIPTS = {
    "sipp": Script(
        "sipp",
        "Personal pension",
        questions={"relevant_earnings_pence": 60_000_00},
        answers={"marital_status": "married", "employment_status": "employed", "retirement_age": 67},
    ),
    "gia": Script("gia", "General investment account", direct_debit=True),
    "joint-gia": Script("gia", "Joint general investment account", direct_debit=True, roles=("holder", "holder")),
    "isa": Script("isa", "Stocks and shares ISA"),
    "jisa": Script(
        "jisa",
        "Junior stocks and shares ISA",
        roles=("child", "registered_contact"),
        questions={"child_trust_fund_held": False, "parental_responsibility": True, "already_holds_jisa": False},
    ),
}


def start_form(script: Script, cast: Cast, *, reference: str = "", illustrated: bool = True) -> dict[str, Any]:
    """Return what an adviser sends to start a journey."""
    form: dict[str, Any] = {
        "external_reference": reference or f"DEMO-{cast.people[0].plannr_account[:8]}",
        "wrapper": script.wrapper,
        "holders": [{"plannr_account": person.plannr_account} for person in cast.holders],
        **script.questions,
    }
    if cast.contact is not None:
        form["registered_contact"] = {"plannr_account": cast.contact.plannr_account}
    if illustrated:
        form["illustration"] = {
            "name": f"{script.name} illustration",
            "investment_strategy": "Balanced Growth",
            "contributions": CONTRIBUTIONS,
            "charges": CHARGES,
        }
    return form


def person_details_form(script: Script, person_id: str, client: NewClient) -> dict[str, Any]:
    """Return one person's part of the details form: what Plannr does not know, and bank details (P7, P22, P32)."""
    answers = dict(script.answers) if client.role != "registered_contact" else {}
    if not client.acts:
        return {"person_id": person_id, "details": answers}
    return {
        "person_id": person_id,
        "details": {"tax_residences": [{"country": "GB"}], "us_person": False, **answers},
        "bank_details": {"account_holder": client.name, **script.bank_details},
    }


def account_form(script: Script) -> dict[str, Any]:
    """Return what is opened and how it is paid for."""
    account: dict[str, Any] = {
        "name": script.name,
        "investment_strategy": "Balanced Growth",
        "contributions": CONTRIBUTIONS,
        "charges": CHARGES,
    }
    if script.direct_debit:
        account["direct_debit"] = {"amount_pence": 250_00, "frequency": "monthly", "collection_day": 7}
    return account


def application_form(script: Script, *, send_to_platform: bool = True) -> dict[str, Any]:
    """Return the account form."""
    return {"account": account_form(script), "send_to_platform": send_to_platform}
