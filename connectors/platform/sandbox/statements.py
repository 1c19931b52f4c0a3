"""The statement of data and declarations that the administrator of a pension makes for each member."""

import hashlib
from datetime import date, datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import select

from connectors.platform.sandbox.database import AccountDocumentVersion, timestamp
from connectors.platform.sandbox.envelope import not_found
from connectors.platform.sandbox.resources import Account, AccountDocument, Client
from connectors.platform.sandbox.store import Store

DOCUMENT_ID = "sipp-statement"
CORRECTION_DAYS = 30
_TITLE = "Self-invested personal pension: statement of your application"
_LONGEST_NUMBER = 9


async def issue(store: Store, account: Account) -> None:
    """Make the next version of an active pension's statement, unless the newest one says the same."""
    if account.wrapper != "sipp" or account.status != "active":
        return
    client = await store.get(Client, account.client_ids[0])
    latest = await newest(store, account.id)
    if latest is not None and latest.content == _content(account, client, latest.version, _moment(latest)):
        return
    number, now = (1 if latest is None else latest.version + 1), store.now()
    content = _content(account, client, number, now)
    store.session.add(
        AccountDocumentVersion(
            account_id=account.id,
            document_id=DOCUMENT_ID,
            version=number,
            sha256=hashlib.sha256(content).hexdigest(),
            issued_at=timestamp(now),
            content=content,
        )
    )
    await store.session.flush()


async def correct(store: Store, client: Client) -> None:
    """Make the next version of the statements that show a client whose details have changed."""
    for account in await store.held_by(Account, client.id):
        await issue(store, account)


async def newest(store: Store, account_id: str) -> AccountDocumentVersion | None:
    """Return the newest version of an account's statement, if it has one."""
    query = (
        select(AccountDocumentVersion)
        .where(AccountDocumentVersion.account_id == account_id)
        .order_by(AccountDocumentVersion.version.desc())
        .limit(1)
    )
    return await store.session.scalar(query)


async def version(store: Store, account_id: str, document_id: str, number: str) -> AccountDocumentVersion:
    """Return one version of a document of an account.

    Raises:
        PlatformError: 404, there is none.
    """
    is_number = number.isascii() and number.isdigit() and len(number) <= _LONGEST_NUMBER
    key = (account_id, document_id, int(number) if is_number else 0)
    found = await store.session.get(AccountDocumentVersion, key)
    if found is None:
        raise not_found("version of a document of this account")
    return found


def describe(found: AccountDocumentVersion) -> AccountDocument:
    """Describe a version as the platform answers it."""
    return AccountDocument(
        id=found.document_id,
        account_id=found.account_id,
        title=_TITLE,
        version=str(found.version),
        sha256=found.sha256,
        bytes=len(found.content),
        issued_at=_moment(found),
    )


def _moment(found: AccountDocumentVersion) -> datetime:
    return datetime.fromisoformat(found.issued_at)


def _content(account: Account, client: Client, number: int, issued_at: datetime) -> bytes:
    templates = Environment(
        loader=PackageLoader("connectors.platform.sandbox"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    home = client.address
    page = templates.get_template("sipp-statement.html").render(
        account=account,
        client=client,
        address=[] if home is None else [home.line1, home.line2, home.town_city, home.county, home.postcode],
        title=_TITLE,
        version=number,
        issued_on=_day(issued_at),
        correction_days=CORRECTION_DAYS,
        accepted=[(_day(item.accepted_at), item.evidence_reference) for item in account.product_terms],
        day=_day,
        pounds=_pounds,
        words=_words,
    )
    return page.encode()


def _day(moment: date) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _pounds(pence: int) -> str:
    return f"£{pence / 100:,.2f}"


def _words(value: str) -> str:
    return value.replace("_", " ")
