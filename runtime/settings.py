"""Every setting, read once from the environment by the entry points; nothing else reads the environment."""

from datetime import timedelta
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.journey import BankDetailsPolicy
from domain.reminders import ReminderPolicy


class Firm(BaseModel):
    """An adviser firm and its tenant in Plannr."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    name: str
    plannr_account_uuid: str
    platform_advisers: dict[str, str] = Field(
        default={}, description="each adviser's reference on the platform, with the employee in Plannr it stands for"
    )


class DevelopmentUser(BaseModel):
    """An adviser whom the built-in issuer signs in; only for machines without an identity provider."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    id: str
    firm: str
    email: str
    password: SecretStr
    first_name: str
    display_name: str
    plannr_account: str
    scope: str = "journeys:read journeys:write"


class Settings(BaseSettings):
    """Settings of every process, `ONWARD_…` in the environment (`TEMPORAL_ADDRESS` keeps its own name)."""

    model_config = SettingsConfigDict(
        env_prefix="ONWARD_",
        frozen=True,
        hide_input_in_errors=True,
        extra="ignore",
        populate_by_name=True,
    )

    database_url: str
    secret_key: SecretStr = Field(min_length=32, description="derives invitation links and signs cursors")
    public_url: str = Field(description="origin of the API and the portal, e.g. https://onboarding.example.com")
    api_port: int = 8080
    log_format: Literal["json", "console"] = "json"

    temporal_address: str = Field(validation_alias="TEMPORAL_ADDRESS", default="127.0.0.1:7233")
    temporal_namespace: str = "onward"
    temporal_ui_url: str | None = None
    split_queues: bool = False
    worker_graceful_shutdown: timedelta = timedelta(seconds=10)
    sticky_timeout: timedelta = timedelta(seconds=2)

    firms: list[Firm] = []
    development_users: list[DevelopmentUser] = Field(
        default=[],
        description="turns the built-in issuer on; leave empty in production and set `oidc_issuer`",
    )
    oidc_issuer: str | None = None
    oidc_audience: str = "onward"
    oidc_client_id: str | None = Field(
        default=None, description="our own name at the provider, where advisers sign in to the workbench through it"
    )
    oidc_client_secret: SecretStr | None = Field(default=None, description="none for a public client")
    oidc_scope: str = Field(
        default="openid profile email journeys:read journeys:write", description="what the workbench asks for"
    )

    plannr_url: str
    plannr_token: SecretStr
    platform_url: str
    platform_client_id: str
    platform_client_secret: SecretStr
    connect_timeout: timedelta = timedelta(seconds=3)
    read_timeout: timedelta = timedelta(seconds=10)
    link_tag: str = "Platform client"

    smtp_host: str
    smtp_port: int = 25
    smtp_security: Literal["none", "starttls", "tls"] = "none"
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    brand: Path | None = Field(default=None, description="the brand file; the bundled brand when left out")
    mail_from: str = "onboarding@onward.example"
    mail_from_name: str = "Onward"
    mail_reply_to: str = "support@onward.example"

    bank_details: BankDetailsPolicy = BankDetailsPolicy.ADVISER
    bank_weights: Path | None = Field(default=None, description="a newer modulus weight table (valacdos)")
    bank_substitutions: Path | None = Field(default=None, description="its sort code substitutions (scsubtab)")
    allow_test_identifiers: bool = False
    check_poll: timedelta = timedelta(hours=1)
    retry_refused: timedelta = timedelta(hours=1)
    invitation_valid: timedelta = timedelta(days=30)
    reminder_days: list[int] = Field(default=[3, 7, 14, 21], description="days of a client's quiet on which to remind")
    reminder_cap: int = Field(default=4, ge=0, description="reminders a person gets at most on one journey")
    adviser_notice_day: int = Field(default=14, description="day of quiet on which the adviser is told")
    expiry_day: int = Field(default=30, description="day of quiet at the end of which the journey expires")
    reminder_hour: int = Field(default=10, description="London hour at which reminders go out")
    mandate_watch: timedelta = Field(default=timedelta(days=60), description="a failing mandate is followed up so long")
    statement_window: timedelta = Field(default=timedelta(days=30), description="a statement can be corrected so long")
    portal_session: timedelta = timedelta(minutes=30)
    adviser_session: timedelta = timedelta(minutes=60)
    sweep_interval: timedelta = timedelta(seconds=5)

    sync_settle: timedelta = Field(
        default=timedelta(seconds=2), description="how long a record must be quiet before it is compared"
    )
    poll_interval: timedelta = Field(default=timedelta(seconds=60), description="how often changes are asked for")
    webhook_patience: timedelta = Field(
        default=timedelta(days=3), description="a delivery that cannot be handled is given up after so long"
    )
    reconcile_at: str = Field(default="02:30", description="London time of the nightly reconciliation, HH:MM")
    event_delivery_patience: timedelta = Field(
        default=timedelta(days=3), description="an event is offered to a firm's system for so long"
    )
    event_urls_private: bool = Field(
        default=False, description="allows plain http and private addresses for events; for one machine only"
    )

    @model_validator(mode="after")
    def _one_way_to_sign_in(self) -> Self:
        if self.oidc_issuer is not None and self.development_users:
            message = "set either ONWARD_OIDC_ISSUER or ONWARD_DEVELOPMENT_USERS, not both"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _days_that_rise(self) -> Self:
        ReminderPolicy(tuple(self.reminder_days), self.adviser_notice_day, self.expiry_day, self.reminder_hour)
        return self

    def firm(self, firm_id: str) -> Firm | None:
        """Return the firm with this id, if it is one of ours."""
        return next((firm for firm in self.firms if firm.id == firm_id), None)

    def firm_of_adviser(self, reference: str) -> Firm | None:
        """Return the firm whose adviser has this reference on the platform, if it is one of ours (P5b)."""
        return next((firm for firm in self.firms if reference in firm.platform_advisers), None)

    @property
    def tenants(self) -> dict[str, str]:
        """Map each firm's id to its Plannr tenant."""
        return {firm.id: firm.plannr_account_uuid for firm in self.firms}
