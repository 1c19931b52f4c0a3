"""What this sandbox does that Plannr's published pages do not say; also served at ``/_sandbox/assumptions``."""

ASSUMPTIONS: tuple[str, ...] = (
    (
        "Applications live at /api/v1/applications: POST (201), GET list, GET one, PUT (partial). Fields: "
        "account_uuids, illustration_uuid, plan_uuid, wrapper_type (ISA, JISA, PENSION, GIA), external_reference, "
        "status (draft, pending, complete, closed), closed_reason, request_data. The external reference is unique in "
        "a firm; a second application with it answers 409 with the uuid of the first."
    ),
    (
        "PUT /api/v1/plans/{uuid} takes the fields of the published POST, all optional; DELETE /api/v1/plans/{uuid} "
        "starts a deletion, during which changes answer the published 409."
    ),
    ("GET /api/v1/plans lists plans, with filters for proposal_reference, policy_number, account_uuids, status, type."),
    (
        "POST /api/v1/account/{uuid}/external-references {source, reference} sets one reference per source; repeating "
        "it changes nothing. External references are {uuid, source, reference, created_at, updated_at}."
    ),
    ("GET /api/v2/bank-accounts (filter account_uuids), GET one and DELETE exist beside the published POST and PUT."),
    (
        "GET of an account returns title, date_of_birth, ni_number, nationality, marital_status, employment_status, "
        "email, phone and the other fields of the published update; nationality, employment_status, email and phone "
        "can be written with that update."
    ),
    "DELETE /api/v1/account/{uuid} answers 204 and fires account.deleted.",
    "GET /api/v1/providers lists providers; the platform is seeded as one.",
    (
        "GET, PUT and DELETE of tasks and GET of task statuses exist beside the published routes; a task in a status "
        "with is_type_completed fires task.completed."
    ),
    (
        "Lists also filter on updated_after and updated_before; accounts also on uuids, ni_number, date_of_birth, "
        "is_child_account, external_reference, tags and assigned_adviser_uuid (the pages name the first of these "
        "without spelling them); tags are given by name or uuid, and every filter of ids takes several with commas."
    ),
    "A filter, sort or include that a list does not know answers 400; per_page beyond 500 is cut to 500.",
    ("A missing X-PLANNR-ACCOUNT-UUID answers 400, an unknown one 403; every route but the list of logins needs it."),
    (
        "422 has Laravel's body {message, errors}; null and blank texts count as absent; a body that is not JSON is "
        "empty."
    ),
    "429 carries Retry-After in seconds; the window of a minute starts with the user's first call.",
    "Links of a list are first, last, prev, next; meta has Laravel's names.",
    "preferred_account_uuid stands in each entry of the logins and equals account.uuid.",
    (
        "An illustration's new plan is typed from request_data.wrapper_type: PENSION or SIPP gives pension, anything "
        "else investment. requested_by_uuid may be absent when the lead client has an assigned adviser."
    ),
    (
        "Generation takes a moment, during which the status is generating_illustration; an illustration's number on "
        "the platform and account_opening_allowed appear with its end."
    ),
    "Lists of illustrations and of client products use the data envelope, though their pages print one object.",
    "accounts inside addresses and bank accounts is a list, though the pages print one object.",
    "Plan accounts[] entries are a uuid or {uuid, percentage}; PUT ownership takes the same accounts[].",
    "Transactions and schedules also take value (pence), date, frequency, started_at and ended_at.",
    (
        "The add-on's instance id is soderberg_partners; its client create also takes account_uuid, and its update "
        "platform_terms_accepted (the page cuts the name). Bank details given twice, or before AML is passed, and a "
        "mandate without bank details answer 409. The surname Referred does not pass AML."
    ),
    (
        "A webhook's body is {id, event, resource, uuid, firm_uuid, occurred_at}; id stays the same in repeats. A "
        "subscriber that does not answer 2xx in 5 seconds is tried again after 0.2, 1, 5 and 20 seconds."
    ),
    "Applying a tag or storing an external reference fires no event and does not move the account's updated_at.",
    (
        "Publishing a document fires client-portal-document.uploaded and gives it a public preview; no PDF or DOCX is "
        "built, so those links are null."
    ),
    "PUT /api/v1/client/{uuid} (deprecated by Plannr) does the same as PUT /api/v1/account/{uuid}.",
    (
        "Tags can be applied to accounts and plans only, since the sandbox keeps none of the other taggable records; "
        "for the same reason tasks can be about clients and plans only."
    ),
)
