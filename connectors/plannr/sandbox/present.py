"""How records look in answers: the published field names, money as amount, currency and formatted text."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.plannr.sandbox.seed import derived_uuid
from connectors.plannr.sandbox.store import Document, Store

Answer = dict[str, Any]

FIRM_FIELDS = (
    "uuid", "name", "created_at", "updated_at", "slug", "address_1", "address_2", "town_city", "county", "postcode",
    "country", "regulatory_text", "logo_icon", "brand_colours",
)  # fmt: skip
BRIEF_FIELDS = ("uuid", "created_at", "updated_at", "type", "role", "first_name", "last_name", "name", "email")
ACCOUNT_FIELDS = (
    "uuid", "created_at", "updated_at", "type", "role", "status", "title", "first_name", "middle_name", "last_name",
    "maiden_name", "entity_name", "nickname", "pronouns", "email", "phone", "gender", "date_of_birth", "ni_number",
    "nationality", "residential_status", "country_of_residence", "marital_status", "employment_status",
    "target_retirement_age", "smoker_status", "is_vulnerable", "is_prospect", "prospect_converted_at", "has_will",
    "height", "weight", "assigned_adviser_uuid", "assigned_administrator_uuid", "assigned_paraplanner_uuid",
    "introduced_by_uuid", "first_contact_date", "next_review_date", "previous_review_date", "anniversary_review_date",
    "inactive_at",
)  # fmt: skip
ACCOUNT_INCLUDES = (
    "tags", "external_references", "primary_email", "primary_phone_number", "primary_address", "assigned_adviser",
    "assigned_administrator", "assigned_paraplanner", "introduced_by", "owners", "groups", "custom_fields", "firm",
    "circles", "joint_account_circle",
)  # fmt: skip
ADDRESS_FIELDS = (
    "uuid", "created_at", "updated_at", "name", "address_1", "address_2", "address_3", "address_4", "town_city",
    "county", "postcode", "country", "moved_in_month", "moved_in_year", "moved_out_month", "moved_out_year",
    "lived_in_months", "residential_status", "residential_status_other", "move_in_date",
)  # fmt: skip
TAG_FIELDS = ("uuid", "created_at", "updated_at", "name", "slug", "colour")
STATUS_FIELDS = (
    "uuid", "created_at", "updated_at", "name", "colour", "position", "is_type_completed", "is_archived",
    "is_not_started",
)  # fmt: skip
DOCUMENT_FIELDS = (
    "uuid", "created_at", "updated_at", "version", "name", "status", "last_publishing_error", "required_dependants",
    "known_dependants", "public_docx_url", "public_sfdt_url", "public_pdf_url", "public_preview_url",
)  # fmt: skip
WEBHOOK_FIELDS = (
    "uuid", "created_at", "updated_at", "signing_secret", "url", "events", "last_outgoing_webhook_call_at",
)  # fmt: skip
APPLICATION_FIELDS = (
    "uuid", "created_at", "updated_at", "account_uuids", "illustration_uuid", "plan_uuid", "wrapper_type",
    "external_reference", "status", "closed_reason", "request_data",
)  # fmt: skip


def pick(document: Mapping[str, Any], fields: Iterable[str]) -> Answer:
    """The named fields, null where the document has none."""
    return {field: document.get(field) for field in fields}


def money(pence: int | None) -> Answer | None:
    """Money as the published pages print it; the amount is in pence."""
    if pence is None:
        return None
    sign = "-" if pence < 0 else ""
    pounds, rest = divmod(abs(pence), 100)
    return {"amount": pence, "currency": "GBP", "formatted": f"{sign}£{pounds:,}.{rest:02d}"}


def full_name(account: Mapping[str, Any]) -> str:
    """The name under which an account is listed."""
    parts = (account.get("title"), account.get("first_name"), account.get("last_name"))
    return account.get("entity_name") or " ".join(part for part in parts if part)


class Presenter:
    """Builds answers for one firm, reading related records when they are asked for."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store = store
        self._tenant = tenant

    def firm(self) -> Answer:
        """The caller's firm."""
        return pick(self._store.get("firm", self._tenant, self._tenant) or {}, FIRM_FIELDS)

    def brief(self, uuid: str | None) -> Answer | None:
        """An account as it appears inside other records."""
        account = self._store.get("account", self._tenant, uuid) if uuid else None
        if account is None:
            return None
        references = [self.reference(item) for item in account.get("external_references", ())]
        named = {**account, "name": full_name(account)}
        return {**pick(named, BRIEF_FIELDS), "photo_url": None, "external_references": references}

    def briefs(self, uuids: Iterable[str]) -> list[Answer]:
        """Several accounts as they appear inside other records."""
        return [found for found in map(self.brief, uuids) if found is not None]

    @staticmethod
    def reference(item: Mapping[str, Any]) -> Answer:
        """An external reference."""
        return pick(item, ("uuid", "created_at", "updated_at", "source", "reference"))

    def tags(self, uuids: Iterable[str]) -> list[Answer]:
        """The tags of a record."""
        found = (self._store.get("tag", self._tenant, uuid) for uuid in uuids)
        return [pick(tag, TAG_FIELDS) for tag in found if tag is not None]

    def account(self, account: Document, includes: frozenset[str] = frozenset()) -> Answer:
        """An account with the relations asked for; the firm is always there."""
        answer = pick(account, ACCOUNT_FIELDS)
        answer.update(name=full_name(account), photo_url=None, value=money(account.get("value")), firm=self.firm())
        answer["is_child_account"] = bool(account.get("is_child_account"))
        answer.update({name: self._relation(account, name) for name in includes})
        return answer

    def _relation(self, account: Document, name: str) -> Any:
        if name.startswith("assigned_") or name == "introduced_by":
            return self.brief(account.get(f"{name}_uuid"))
        if name.startswith("primary_"):
            return self._primary(account, name.removeprefix("primary_"))
        related = {
            "tags": lambda: self.tags(account.get("tag_uuids", ())),
            "external_references": lambda: [self.reference(item) for item in account.get("external_references", ())],
            "owners": lambda: self.briefs(account.get("owners", ())),
            "groups": lambda: [{"uuid": uuid} for uuid in account.get("groups") or ()],
            "firm": self.firm,
            "custom_fields": list,
            "circles": list,
        }
        return related[name]() if name in related else None

    def _primary(self, account: Document, name: str) -> Answer | None:
        if name == "address":
            addresses = self._store.find("address", self._tenant, account=account["uuid"])
            primary = [item for item in addresses if account["uuid"] in item.get("primary_account_uuids", ())]
            return self.address(primary[-1]) if primary else None
        field = "email" if name == "email" else "phone"
        value = account.get(field)
        if value is None:
            return None
        times = pick(account, ("created_at", "updated_at"))
        return {"uuid": derived_uuid(f"{field}/{account['uuid']}"), **times, "name": "Primary", name: value}

    def login_account(self, account: Document) -> Answer:
        """An account as the list of logins prints it, with every relation in place."""
        answer = self.account(account, frozenset(ACCOUNT_INCLUDES))
        answer.update(
            current_time_entry=None,
            can_be_deleted=False,
            with_login=True,
            has_joint_account=False,
            ownership_percentage=100,
        )
        return answer

    def address(self, address: Document, includes: frozenset[str] = frozenset()) -> Answer:
        """An address."""
        answer = pick(address, ADDRESS_FIELDS)
        if "accounts" in includes:
            answer["accounts"] = self.briefs(address["account_uuids"])
        if "primary_accounts" in includes:
            answer["primary_accounts"] = self.briefs(address.get("primary_account_uuids", ()))
        return answer

    def bank_account(self, bank_account: Document) -> Answer:
        """A bank account with its owners."""
        fields = (
            "uuid", "created_at", "updated_at", "account_name", "account_holders", "account_number", "sort_code",
        )  # fmt: skip
        return {**pick(bank_account, fields), "accounts": self.briefs(bank_account["account_uuids"])}

    def illustration(self, illustration: Document) -> Answer:
        """An illustration; it counts as generated once its time has come."""
        ready = illustration.get("generation_ready_at")
        generated = ready is not None and ready <= self._store.now(ahead_seconds=1e-6)
        answer = pick(illustration, ("uuid", "created_at", "updated_at", "name", "platform", "is_draft"))
        plan = illustration.get("plan_uuid")
        found = self._store.get("plan", self._tenant, plan) if plan else None
        answer.update(
            status="generated_illustration" if generated else "generating_illustration" if ready else "created",
            generated_at=ready if generated else None,
            client=self.brief(illustration["accounts"][0]),
            accounts=self.briefs(illustration["accounts"]),
            plan=pick(found, ("uuid", "created_at", "updated_at", "name", "type", "sub_type", "status"))
            if found
            else None,
            requested_by=self.brief(illustration["requested_by_uuid"]),
            request_data=illustration.get("request_data") or {},
            platform_illustration_id=illustration["platform_illustration_id"] if generated else None,
            account_opening_allowed=generated and not illustration["is_draft"],
        )
        application = self._store.find("application", self._tenant, illustration=illustration["uuid"])
        if application:
            answer["application"] = pick(application[-1], APPLICATION_FIELDS)
        return answer

    def task(self, task: Document) -> Answer:
        """A task with its status, subject and author."""
        status = self._store.get("task_status", self._tenant, task["task_status_uuid"])
        fields = (
            "uuid", "created_at", "updated_at", "name", "description", "priority", "position", "due_at",
            "parent_task_uuid", "taskable_type", "completed_at",
        )  # fmt: skip
        kind = "plan" if task["taskable_type"] == "plan" else "account"
        subject = self._store.get(kind, self._tenant, task["taskable_uuid"])
        return {
            **pick(task, fields),
            "status": pick(status or {}, STATUS_FIELDS),
            "taskable": {"uuid": task["taskable_uuid"], "type": task["taskable_type"]} if subject else {},
            "author": self.brief(task["author_uuid"]),
            "assigned_to": self.briefs(task.get("assigned_to_uuids") or ()),
            "custom_fields": task.get("custom_fields") or [],
        }

    def mandate(self, mandate: Document) -> Answer:
        """A direct debit mandate."""
        return {**pick(mandate, ("uuid", "created_at", "updated_at", "completed_at")), "firm": self.firm()}
