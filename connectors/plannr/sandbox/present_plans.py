"""How plans, their sub accounts and what is paid into them look in answers."""

from typing import Any

from connectors.plannr.sandbox.present import Answer, Presenter, money, pick
from connectors.plannr.sandbox.store import Document, Store

PLAN_FIELDS = (
    "uuid", "created_at", "updated_at", "opened_at", "name", "type", "sub_type", "abstract_type", "policy_number",
    "proposal_reference", "status", "inactive_at", "inactive_reason", "agency_in_your_name_from",
    "agency_in_your_name", "originally_sold_by_firm", "under_advice", "show_on_joint", "shown_on_circles", "on_panel",
    "is_group_scheme", "is_sub_group_scheme", "is_group_scheme_member", "visible_on_client_portal",
    "include_in_client_valuation", "review_date", "advice_area",
)  # fmt: skip
PLAN_DEFAULTS: dict[str, Any] = {
    "agency_in_your_name": False,
    "originally_sold_by_firm": False,
    "under_advice": False,
    "show_on_joint": True,
    "shown_on_circles": True,
    "on_panel": False,
    "is_group_scheme": False,
    "is_sub_group_scheme": False,
    "is_group_scheme_member": False,
    "visible_on_client_portal": True,
    "include_in_client_valuation": True,
}
PLAN_INCLUDES = ("client", "cases", "tags", "sub_accounts", "external_references", "custom_fields", "accounts")
_PROTECTION = frozenset({"protection_policy", "group_protection", "general_insurance"})
_LIABILITY = frozenset({"loan_credit", "mortgage"})


def abstract_type(plan_type: str) -> str:
    """Asset, protection or liability, as the page of a plan names them."""
    if plan_type in _PROTECTION:
        return "protection"
    return "liability" if plan_type in _LIABILITY else "asset"


def sub_account_answer(sub_account: Document) -> Answer:
    """A sub account; this sandbox values nothing, so valuation and portfolio are null."""
    fields = ("uuid", "created_at", "updated_at", "name", "policy_number", "proposal_reference", "is_main_account")
    portfolio = sub_account.get("active_portfolio_uuid")
    return {
        **pick(sub_account, fields),
        "latest_valuation": None,
        "active_portfolio": {"uuid": portfolio} if portfolio else None,
        "statistics": {"recent_growth": 0},
    }


def payment_answer(payment: Document) -> Answer:
    """A contribution or transaction with its value as money."""
    hidden = {"value", "plan_uuid", "schedule"}
    return {**{k: v for k, v in payment.items() if k not in hidden}, "value": money(payment.get("value"))}


def plan_answer(store: Store, tenant: str, plan: Document, includes: frozenset[str] = frozenset()) -> Answer:
    """A plan with its accounts, provider and sub accounts."""
    presenter = Presenter(store, tenant)
    subs = [sub_account_answer(item) for item in store.find("sub_account", tenant, plan=plan["uuid"])]
    provider = store.get("provider", tenant, plan["provider_uuid"])
    owners = [
        {**(presenter.brief(owner["uuid"]) or {"uuid": owner["uuid"]}), "percentage": owner["percentage"]}
        for owner in plan["accounts"]
    ]
    answer = {
        **pick({**plan, "abstract_type": abstract_type(plan["type"])}, PLAN_FIELDS),
        "main_account": next((sub for sub in subs if sub["is_main_account"]), None),
        "sub_accounts": [sub for sub in subs if not sub["is_main_account"]],
        "provider": pick(provider or {}, ("uuid", "name", "created_at", "updated_at")),
        "accounts": owners,
    }
    if "tags" in includes:
        answer["tags"] = presenter.tags(plan.get("tag_uuids", ()))
    if "client" in includes:
        answer["client"] = presenter.brief(plan["accounts"][0]["uuid"]) if plan["accounts"] else None
    answer.update({name: [] for name in ("cases", "external_references", "custom_fields") if name in includes})
    return answer
