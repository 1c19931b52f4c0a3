"""What each write accepts, as rule tables; enums and required flags are those of the published pages.

``partial`` derives the table of a change from that of a creation: same fields, none required.
"""

from collections.abc import Mapping

GENDERS = "male,female,non-binary,transgender,intersex,other,unknown"
MARITAL = (
    "single,cohabiting,married,divorced,civil-partnership,dissolved-civil-partnership,widowed,separated,engaged,"
    "in-relationship,other,unknown"
)
ROLES = "individual,joint,trust,business,member,owner,admin,introducer"
PLAN_TYPES = (
    "annuity,cash_account,fixed_asset,general_insurance,group_protection,investment,loan_credit,mortgage,pension,"
    "protection_policy"
)
INACTIVE_REASONS = (
    "accepted,agency_transferred,cancelled,claimed,complete,death_event,deferred,drawdown,expired,full_drawdown,issued,"
    "lapsed,matured,not_proceeded_with,not_taken_up,offered,paid_up,partial_drawdown,partial_surrender,proposed,"
    "prospect,refunded,refused,surrendered,transfer,transferred,underwriting,vested,declined,encashment,left_service,"
    "premium_holiday,other"
)
TRANSACTION_TYPES = (
    "adjustment,adviser_fee,contribution,corporate_action,distribution,fee,income,payment,provider_fee,rebate,trade,"
    "transfer,withdrawal,other"
)
FREQUENCIES = "daily,weekly,fortnightly,four_weekly,monthly,bimonthly,quarterly,biannually,annually,adhoc,one_off"
WRAPPERS = "ISA,JISA,PENSION,GIA"
EVENTS = (
    "account.created,account.updated,account.deleted,account.annual-review-date-occurred,circle.created,"
    "circle.updated,circle.deleted,plan.created,plan.updated,plan.deleted,case.created,case.updated,case.deleted,"
    "task.created,task.updated,task.deleted,task.completed,fact-find.completed,fact-find.completed-v3,"
    "form-submission.completed,bank-account.created,bank-account.updated,bank-account.deleted,bank-statement.created,"
    "bank-statement.updated,bank-statement.deleted,bank-transaction.created,bank-transaction.updated,"
    "bank-transaction.deleted,provider-statement.created,provider-statement.updated,provider-statement.deleted,"
    "transaction.created,transaction.updated,transaction.deleted,transaction.reconciled,transaction.unreconciled,"
    "statement.lock-status,conversation.message.created,conversation.message.updated,conversation.message.deleted,"
    "client-portal-document.uploaded,client-portal-document.updated,client-portal-document.deleted"
)


def partial(table: Mapping[str, str]) -> dict[str, str]:
    """The same fields, none of them required."""
    return {
        name: "|".join(rule for rule in rules.split("|") if not rule.startswith("required"))
        for name, rules in table.items()
    }


_ADDRESS_LINES = {
    "name": "required|string|max:255",
    "address_1": "required|string|max:255",
    "address_2": "string|max:255",
    "address_3": "string|max:255",
    "address_4": "string|max:255",
    "town_city": "string|max:255",
    "county": "string|max:255",
    "postcode": "string|max:255",
    "country": "string|max:255",
    "moved_in_month": "integer|min:1|max:12",
    "moved_in_year": "integer",
    "moved_out_month": "integer|min:1|max:12",
    "moved_out_year": "integer",
    "residential_status": "in:homeowner,renting,living_with_parents,other",
    "residential_status_other": "string|prohibited_unless:residential_status,other",
}
ADDRESS_V1 = {**_ADDRESS_LINES, "primary": "boolean", "residential_status": "string"}
ADDRESS_V2 = {
    "account_uuids": "required|list",
    "account_uuids.*": "uuid|exists:client",
    "primary_account_uuids": "list",
    "primary_account_uuids.*": "uuid|exists:client",
    "is_primary": "boolean",
    "move_in_date": "date",
    **_ADDRESS_LINES,
}
_PERSON = {
    "title": "string|max:255",
    "first_name": "string|max:255",
    "middle_name": "string|max:255",
    "last_name": "string|max:255",
    "maiden_name": "string|max:255",
    "email": "email|max:255",
    "phone": "string|max:255",
    "value": "integer",
    "gender": f"in:{GENDERS}",
    "groups": "list",
    "groups.*": "uuid",
    "height": "integer",
    "weight": "integer",
    "entity_name": "string|max:255",
    "nickname": "string|max:255",
    "pronouns": "string|max:255",
    "ni_number": "string|max:255",
    "residential_status": "string",
    "country_of_residence": "string",
    "assigned_adviser_uuid": "uuid|exists:employee",
    "assigned_administrator_uuid": "uuid|exists:employee",
    "assigned_paraplanner_uuid": "uuid|exists:employee",
    "introduced_by_uuid": "uuid|exists:account",
    "date_of_birth": "date",
    "target_retirement_age": "integer",
    "smoker_status": "in:smoker,non-smoker,vaper,ex-smoker,never-smoked,unknown",
    "marital_status": f"in:{MARITAL}",
    "is_vulnerable": "in:yes,no,possibly",
    "is_prospect": "boolean",
    "prospect_converted_at": "date",
    "has_will": "boolean",
    "nationality": "string|max:255",
    "employment_status": "string|max:255",
}
ACCOUNT_CREATE = {
    "type": "in:client,employee,external",
    "role": f"in:{ROLES}",
    "send_welcome_email": "boolean",
    "address": "array",
    **_PERSON,
}
ACCOUNT_UPDATE = {**_PERSON, "inactive_at": "date"}
EXTERNAL_REFERENCE = {"source": "required|string|max:255", "reference": "required|string|max:255"}
OWNERS = {
    "mode": "required|in:attach,detach,sync",
    "owners": "required|list",
    "owners.*": "uuid|exists:client",
}
BANK_ACCOUNT_CREATE = {
    "account_uuids": "required|list",
    "account_uuids.*": "uuid|exists:client",
    "account_name": "required|string|max:255",
    "account_holders": "required|string|max:255",
    "account_number": "required|string",
    "sort_code": "required|string",
}
BANK_ACCOUNT_UPDATE = {**BANK_ACCOUNT_CREATE, "account_holders": "string|max:255"}

PLAN_CREATE = {
    "name": "string|max:255",
    "client_uuid": "uuid|exists:client",
    "accounts": "list",
    "type": f"required|in:{PLAN_TYPES}",
    "sub_type": "required|string|max:255",
    "provider_uuid": "required|uuid|exists:provider",
    "policy_number": "string|max:255",
    "proposal_reference": "string|max:255",
    "opened_at": "date",
    "status": "required|in:active,inactive,proposed",
    "inactive_at": "date",
    "inactive_reason": f"in:{INACTIVE_REASONS}",
    "agency_in_your_name": "boolean",
    "agency_in_your_name_from": "date",
    "originally_sold_by_firm": "boolean",
    "under_advice": "boolean",
    "visible_on_client_portal": "boolean",
    "include_in_client_valuation": "boolean",
}
PLAN_OWNERSHIP = {"accounts": "required|list"}
SUB_ACCOUNT_CREATE = {
    "name": "required|string|max:255",
    "policy_number": "string|max:255",
    "proposal_reference": "string|max:255",
}
SUB_ACCOUNT_UPDATE = {**partial(SUB_ACCOUNT_CREATE), "active_portfolio_uuid": "uuid"}
CONTRIBUTION = {
    "type": "required|in:recurring,adhoc",
    "contributor_type": "in:self,employer,family,government,salary_sacrifice,other",
    "frequency": f"required_if:type,recurring|in:{FREQUENCIES}",
    "started_at": "required_if:type,recurring|date",
    "ended_at": "required_if:type,recurring|date",
    "paid_at": "required_if:type,adhoc|date",
    "value": "integer",
    "notes": "string",
}
TRANSACTION = {
    "sub_account_uuid": "uuid|exists:sub_account",
    "holding_uuid": "uuid",
    "type": f"required|in:{TRANSACTION_TYPES}",
    "sub_type": "string|max:255",
    "value": "integer",
    "date": "date",
    "frequency": f"in:{FREQUENCIES}",
    "started_at": "date",
    "ended_at": "date",
}

ILLUSTRATION = {
    "name": "required|string|max:255",
    "client_uuid": "uuid|exists:client",
    "accounts": "required|list",
    "accounts.*": "uuid|exists:client",
    "requested_by_uuid": "uuid|exists:employee",
    "plan_uuid": "uuid|exists:plan",
    "request_data": "array",
    "is_draft": "required|boolean",
    "platform": "required|string|max:255",
    "generate": "boolean",
}
APPLICATION = {
    "account_uuids": "required|list",
    "account_uuids.*": "uuid|exists:client",
    "illustration_uuid": "uuid|exists:illustration",
    "plan_uuid": "uuid|exists:plan",
    "wrapper_type": f"required|in:{WRAPPERS}",
    "external_reference": "required|string|max:255",
    "status": "in:draft,pending,complete,closed",
    "closed_reason": "required_if:status,closed|string|max:255|prohibited_unless:status,closed",
    "request_data": "array",
}

TAG = {
    "mode": "required|in:attach,sync,detach,create",
    "taggable_type": "required|in:account,board,board_task,case,conversation,file,note,plan",
    "taggable_uuid": "required|uuid",
    "tags": "required|list",
}
TASK_STATUS = {"name": "required|string|max:255", "colour": "string|max:255"}
TASK = {
    "name": "required|string|max:255",
    "description": "string",
    "priority": "in:low,medium,high,highest",
    "due_at": "date",
    "taskable_type": "required|in:client,case,plan",
    "taskable_uuid": "required|uuid",
    "task_status_uuid": "required|uuid|exists:task_status",
    "parent_task_uuid": "uuid|exists:task",
    "assigned_to_uuids": "list",
    "assigned_to_uuids.*": "uuid|exists:employee",
    "custom_fields": "array",
    "group_uuids": "list",
    "group_uuids.*": "uuid",
}
DOCUMENT = {
    "name": "string|max:255",
    "client_uuids": "list",
    "client_uuids.*": "uuid|exists:client",
    "template_uuid": "uuid",
    "known_dependants": "array",
}
WEBHOOK_EVENTS = {"events": "required|list", "events.*": f"in:{EVENTS}"}
WEBHOOK = {"url": "required|url|max:2048", **WEBHOOK_EVENTS}

_SECCL_PERSON = {
    "title": "in:Dr,Professor,Mrs,Miss,Mr,Ms,Mx",
    "first_name": "string|max:255",
    "surname": "string|max:255",
    "email": "email",
    "nationality": "string|min:2|max:2",
    "nationalities": "list",
    "nationalities.*.code": "required|string|min:2|max:2",
    "nationalities.*.identifiers": "list",
    "nationalities.*.identifiers.*.name": "required|string",
    "nationalities.*.identifiers.*.available": "required|boolean",
    "nationalities.*.identifiers.*.value": "string",
    "national_insurance_no": "string",
    "flat_number": "string",
    "building_name": "string",
    "building_number": "string",
    "address_1": "string",
    "address_2": "string",
    "country": "string",
    "postcode": "string",
    "date_of_birth": "date",
    "tax_domicile": "in:GB",
    "marital_status": "in:Single,Married,Divorced,Widowed",
    "retirement_age": "integer|min:0|max:120",
    "vulnerability": "array",
}
SECCL_CLIENT = {
    **_SECCL_PERSON,
    "client_type": "required|in:Individual,Individual Minor",
    "node_id": "required_if:client_type,Individual|string",
    "parent_id": "required_if:client_type,Individual Minor|string",
    "title": "required_if:client_type,Individual|in:Dr,Professor,Mrs,Miss,Mr,Ms,Mx",
    "first_name": "required|string|max:255",
    "surname": "required|string|max:255",
    "email": "required_if:client_type,Individual|email",
    "nationality": "required|string|min:2|max:2",
    "account_uuid": "uuid|exists:client",
}
SECCL_CLIENT_UPDATE = {
    **_SECCL_PERSON,
    "application_uuid": "uuid|exists:application",
    "mobile": "string",
    "employment_status": "string",
    "bank_details": "array",
    "bank_details.sort_code": "digits:6",
    "bank_details.account_number": "digits:8",
    "requires_debit_mandate": "boolean",
    "employers": "list",
    "marketing_consent": "boolean",
    "platform_terms_accepted": "boolean",
}
SECCL_BANK_DETAILS = {"sort_code": "required|digits:6", "account_number": "required|digits:8"}
SECCL_NODES = {
    "associations": "required|list",
    "associations.*.adviser_uuid": "required|uuid|exists:employee",
    "associations.*.node_ids": "list",
}
