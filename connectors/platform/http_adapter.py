"""The investment platform over HTTP, as `sandbox/CONTRACT.md` has it."""

from connectors.platform.accounts import AccountsOverHttp
from connectors.platform.clients import ClientsOverHttp
from connectors.platform.mandates import MandatesOverHttp
from connectors.platform.publications import DocumentsOverHttp, WebhooksOverHttp
from connectors.platform.syncing import SyncingOverHttp


class HttpPlatformGateway(
    ClientsOverHttp, AccountsOverHttp, MandatesOverHttp, DocumentsOverHttp, WebhooksOverHttp, SyncingOverHttp
):
    """The platform's gateway; `aclose` it after use. Nothing is retried but a call whose token had expired.

    Every POST that writes carries an idempotency key made of the step and of our own reference, and a record is looked
    up by that reference before it is created: a call repeated after a lost answer meets what the first one made.
    """
