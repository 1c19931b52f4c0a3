"""The composition root: the one place where settings become the real connectors, the database and Temporal."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client

from activities.emails import EmailPolicy
from activities.registry import Registry, build_registry
from connectors.bank_details.port import BankDetailsChecker
from connectors.bank_details.uk_mod_check_adapter import UkModCheckAdapter
from connectors.mail.port import MailGateway
from connectors.mail.rendering import Brand as MailBrand
from connectors.mail.smtp_adapter import SmtpConfig, SmtpMailGateway
from connectors.plannr.http_adapter import HttpPlannrGateway
from connectors.plannr.port import PlannrGateway
from connectors.platform.http_adapter import HttpPlatformGateway
from connectors.platform.port import PlatformGateway
from runtime.brand import Brand, load_brand
from runtime.settings import Settings
from runtime.temporal import connect
from storage.database import Database, migrate


@dataclass(frozen=True)
class Services:
    """Everything a process needs to do its work; built once per process, replaced piecewise in tests."""

    settings: Settings
    database: Database
    plannr: PlannrGateway
    platform: PlatformGateway
    mail: MailGateway
    bank_details: BankDetailsChecker
    temporal: Client


@asynccontextmanager
async def build_services(settings: Settings) -> AsyncIterator[Services]:
    """Open the database (migrated), the connectors and Temporal, and close them in reverse order."""
    async with AsyncExitStack() as stack:
        await migrate(settings.database_url)
        database = Database(settings.database_url)
        stack.push_async_callback(database.dispose)
        plannr = HttpPlannrGateway(
            base_url=settings.plannr_url,
            token=settings.plannr_token.get_secret_value(),
            tenants=settings.tenants,
            link_tag=settings.link_tag,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
        )
        stack.push_async_callback(plannr.aclose)
        platform = HttpPlatformGateway(
            base_url=settings.platform_url,
            client_id=settings.platform_client_id,
            client_secret=settings.platform_client_secret.get_secret_value(),
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
        )
        stack.push_async_callback(platform.aclose)
        yield Services(
            settings=settings,
            database=database,
            plannr=plannr,
            platform=platform,
            mail=SmtpMailGateway(
                SmtpConfig(
                    host=settings.smtp_host,
                    port=settings.smtp_port,
                    security=settings.smtp_security,
                    username=settings.smtp_username,
                    password=settings.smtp_password,
                    from_address=settings.mail_from,
                    from_name=settings.mail_from_name,
                    reply_to=settings.mail_reply_to,
                )
            ),
            bank_details=UkModCheckAdapter(weights=settings.bank_weights, substitutions=settings.bank_substitutions),
            temporal=await connect(settings.temporal_address, settings.temporal_namespace),
        )


def build_activities(services: Services) -> Registry:
    """Return every activity bound to these services."""
    settings = services.settings
    return build_registry(
        plannr=services.plannr,
        platform=services.platform,
        mail=services.mail,
        database=services.database,
        email_policy=EmailPolicy(
            public_url=settings.public_url,
            secret=settings.secret_key.get_secret_value().encode(),
            domain=settings.mail_from.rpartition("@")[2],
            brand=mail_brand(load_brand(settings.brand)),
        ),
    )


def mail_brand(brand: Brand) -> MailBrand:
    """Return the part of the brand that e-mails carry."""
    palette = brand.palette
    return MailBrand(
        name=brand.name,
        contact_line=brand.contact_line,
        regulatory_footer=brand.regulatory_footer,
        accent=palette.brand,
        on_accent=palette.on_brand,
        ink=palette.ink,
        muted=palette.muted,
        paper=palette.paper,
        surround=palette.surround,
    )
