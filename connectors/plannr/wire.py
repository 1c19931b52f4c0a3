"""Plannr's JSON as far as Onward reads it.

Members that a person types into the CRM are read leniently: of another type or blank, they count as absent.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict


def text_or_nothing(value: Any) -> str | None:
    """Return a text without blanks around it; anything else, and a blank one, is nothing."""
    return (value.strip() or None) if isinstance(value, str) else None


def _objects(value: Any) -> Any:
    """Return the objects of a list; one object stands for a list of one, as some pages print it."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, Mapping)]


def _object_or_nothing(value: Any) -> Any:
    return value if isinstance(value, Mapping) else None


def _whole_number_or_nothing(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


Number = Annotated[int | None, BeforeValidator(_whole_number_or_nothing)]
Text = Annotated[str | None, BeforeValidator(text_or_nothing)]


class Wire(BaseModel):
    """An answer of Plannr; what Onward does not read is ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)


WireT = TypeVar("WireT", bound=Wire)


class WirePages(Wire):
    """Where a list's page stands."""

    current_page: int = 1
    last_page: int = 1
    total: int = 0


class WirePage(Wire, Generic[WireT]):
    """One page of a list."""

    data: Annotated[list[WireT], BeforeValidator(_objects)]
    meta: WirePages = WirePages()


class WireRecord(Wire):
    """Any record, known by its uuid."""

    uuid: str


class WireTag(Wire):
    """A tag on a record."""

    name: Text = None


class WireReference(Wire):
    """Another system's id on a record."""

    source: Text = None
    reference: Text = None


class WireEmail(Wire):
    """An e-mail address of an account."""

    email: Text = None


class WirePhone(Wire):
    """A phone number of an account."""

    phone_number: Text = None


class WireAddress(Wire):
    """A postal address."""

    address_1: Text = None
    address_2: Text = None
    address_3: Text = None
    address_4: Text = None
    town_city: Text = None
    county: Text = None
    postcode: Text = None
    country: Text = None


class WireAccount(WireRecord):
    """A person's record with the relations that Onward asks for."""

    title: Text = None
    first_name: Text = None
    last_name: Text = None
    date_of_birth: Text = None
    ni_number: Text = None
    nationality: Text = None
    email: Text = None
    phone: Text = None
    marital_status: Text = None
    employment_status: Text = None
    target_retirement_age: Number = None
    primary_email: Annotated[WireEmail | None, BeforeValidator(_object_or_nothing)] = None
    primary_phone_number: Annotated[WirePhone | None, BeforeValidator(_object_or_nothing)] = None
    primary_address: Annotated[WireAddress | None, BeforeValidator(_object_or_nothing)] = None
    assigned_adviser: Annotated[WireRecord | None, BeforeValidator(_object_or_nothing)] = None
    tags: Annotated[list[WireTag], BeforeValidator(_objects)] = []
    external_references: Annotated[list[WireReference], BeforeValidator(_objects)] = []


class WireListedAccount(WireAccount):
    """A person's record in a list that is read on from its moment of creation."""

    created_at: AwareDatetime


class WireChanged(WireRecord):
    """A record of any kind by its newest change, with the clients whom it concerns where it names them."""

    updated_at: AwareDatetime
    accounts: Annotated[list[WireRecord], BeforeValidator(_objects)] = []


class WireBankAccount(WireRecord):
    """A bank account of one or several clients."""

    account_name: Text = None
    account_holders: Text = None
    accounts: Annotated[list[WireRecord], BeforeValidator(_objects)] = []

    sort_code: Text = None
    account_number: Text = None


class WireIllustration(WireRecord):
    """An illustration, with the plan if Plannr made one."""

    request_data: Any = None
    plan: Annotated[WireRecord | None, BeforeValidator(_object_or_nothing)] = None

    @property
    def journey_id(self) -> str | None:
        """The journey it was recorded for, if Onward recorded it."""
        given = self.request_data if isinstance(self.request_data, Mapping) else {}
        return text_or_nothing(given.get("external_reference"))


class WireApplication(WireRecord):
    """An application."""

    account_uuids: list[str] = []
    illustration_uuid: str | None = None
    plan_uuid: str | None = None
    wrapper_type: str | None = None
    status: str
    closed_reason: Text = None
    request_data: Any = None


class WirePlan(WireRecord):
    """A plan."""

    name: str | None = None
    type: str | None = None
    sub_type: str | None = None
    status: str
    policy_number: str | None = None
    proposal_reference: str | None = None
    accounts: Annotated[list[WireRecord], BeforeValidator(_objects)] = []
    opened_at: str | None = None


class WireTaskStatus(WireRecord):
    """A status of the firm's own that a task can have."""

    is_type_completed: bool | None = None
    is_archived: bool | None = None


class WireTask(WireRecord):
    """A task."""

    description: Text = None


class WireProvider(WireRecord):
    """A provider that plans are held with."""

    name: Text = None


class WireSubscription(WireRecord):
    """A webhook subscription."""

    url: str
    events: list[str] = []
    signing_secret: str
