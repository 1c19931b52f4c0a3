"""Why the workflow refuses a command: the failure types that the API turns into problems."""

from enum import StrEnum


class Refusal(StrEnum):
    """The type of the failure an update's validator answers with; stored in histories, so names never change."""

    WRONG_STAGE = "WrongStage"
    STALE_VERSION = "StaleVersion"
    DETAILS_INCOMPLETE = "DetailsIncomplete"
    BANK_DETAILS_REQUIRED = "BankDetailsRequired"
    UNKNOWN_PERSON = "UnknownPerson"
    NOT_SERVED = "NotServed"
    REJECTED_BY_SYSTEM = "RejectedBySystem"
