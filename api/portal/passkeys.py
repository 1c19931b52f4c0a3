"""Passkeys: signing in with the screen lock of a device instead of a password (P20, WCAG 2.2 criterion 3.3.8).

A passkey belongs to this portal's host and proves that its device checked who holds it, so it stands for a password.
Each answer of a browser uses up a challenge that was made here for exactly this purpose.
"""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from secrets import token_bytes
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from api.portal.cross_site import own_origin
from api.portal.sessions import Visit, open_session
from api.problem_types import PASSKEY_NOT_ACCEPTED
from api.problems import Problem
from models.tables import PasskeyRow, PersonRow, PortalSessionRow
from runtime.services import Services
from runtime.settings import Settings
from storage.passkeys import NewPasskey, PasskeyRepository
from storage.people import PersonRepository

MOST_PASSKEYS: Final = 10
LONGEST_NAME: Final = 40
UNNAMED: Final = "This device"

_CHALLENGE_VALID: Final = timedelta(minutes=5)
_NOT_KNOWN: Final = "This passkey is not known here, or was removed. Sign in with your password."
_NOT_USABLE: Final = "Your device's answer could not be checked, or came too late. Try again."
_TOO_MANY: Final = f"You have {MOST_PASSKEYS} passkeys already. Remove one that you no longer use."
_KNOWN: Final = "This device has a passkey here already."
_NO_NAME: Final = "Passkeys cannot be used at this address, which has no name. Go on with your password."
# What the library raises for an answer that no browser would give, whatever is wrong with it.
_MALFORMED: Final = (WebAuthnException, ValueError, TypeError, AttributeError, KeyError, RecursionError)


def relying_party(settings: Settings) -> str:
    """Return the host that passkeys belong to.

    Raises:
        Problem: `passkey-not-accepted`, when the portal is reached by an IP address, which no passkey can belong to.
    """
    host = urlsplit(settings.public_url).hostname or ""
    try:
        ip_address(host)
    except ValueError:
        return host
    raise Problem(PASSKEY_NOT_ACCEPTED, _NO_NAME)


async def creation_options(services: Services, visit: Visit, site_name: str, now: datetime) -> str:
    """Return what the browser needs to make a passkey for this person, as JSON.

    Raises:
        Problem: `passkey-not-accepted` when the person has too many.
    """
    host, challenge, person = relying_party(services.settings), token_bytes(32), visit.person
    async with services.database.transaction() as database:
        passkeys = PasskeyRepository(database)
        known = await passkeys.of_person(person.person_id)
        _refuse_too_many(known)
        await passkeys.keep_challenge(_hash(challenge), person.person_id, now, now + _CHALLENGE_VALID)
    options = generate_registration_options(
        rp_id=host,
        rp_name=site_name,
        user_id=_user_handle(services.settings, person.person_id),
        user_name=person.email,
        user_display_name=person.first_name,
        challenge=challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id)) for passkey in known
        ],
    )
    return options_to_json(options)


async def add_passkey(services: Services, visit: Visit, name: str, answer: str, now: datetime) -> None:
    """Keep the passkey that the browser made.

    Raises:
        Problem: `passkey-not-accepted`, with the reason in words for the person.
    """
    person_id = visit.person.person_id
    with _malformed_is_refused():
        credential = parse_registration_credential_json(answer)
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
    await _use_up(services, challenge, person_id, now)
    with _malformed_is_refused():
        made = verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying_party(services.settings),
            expected_origin=own_origin(services.settings.public_url),
            require_user_verification=True,
        )
    passkey = NewPasskey(
        person_id=person_id,
        credential_id=bytes_to_base64url(made.credential_id),
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        name=name[:LONGEST_NAME] or UNNAMED,
    )
    async with services.database.transaction() as database:
        passkeys = PasskeyRepository(database)
        _refuse_too_many(await passkeys.of_person(person_id))
        if not await passkeys.add(passkey, now):
            raise Problem(PASSKEY_NOT_ACCEPTED, _KNOWN)


async def sign_in_options(services: Services, now: datetime) -> str:
    """Return what the browser needs to sign someone in with whichever passkey they choose, as JSON."""
    host, challenge = relying_party(services.settings), token_bytes(32)
    async with services.database.transaction() as database:
        await PasskeyRepository(database).keep_challenge(_hash(challenge), None, now, now + _CHALLENGE_VALID)
    options = generate_authentication_options(
        rp_id=host, challenge=challenge, user_verification=UserVerificationRequirement.REQUIRED
    )
    return options_to_json(options)


async def sign_in_with_passkey(
    services: Services, request: Request, answer: str, now: datetime
) -> tuple[str, PersonRow, PortalSessionRow]:
    """Open a session for whoever holds the passkey.

    Raises:
        Problem: `passkey-not-accepted`, with the reason in words for the person.
    """
    with _malformed_is_refused():
        credential = parse_authentication_credential_json(answer)
        challenge = parse_client_data_json(credential.response.client_data_json).challenge
    await _use_up(services, challenge, None, now)
    passkey, person = await _holder(services, bytes_to_base64url(credential.raw_id))
    handle = credential.response.user_handle
    if handle is not None and not hmac.compare_digest(handle, _user_handle(services.settings, person.person_id)):
        raise Problem(PASSKEY_NOT_ACCEPTED, _NOT_KNOWN)
    with _malformed_is_refused():
        checked = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=relying_party(services.settings),
            expected_origin=own_origin(services.settings.public_url),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    async with services.database.transaction() as database:
        await PasskeyRepository(database).used(passkey.passkey_id, checked.new_sign_count, now)
        session_id, row = await open_session(
            database, services.settings, request, person.person_id, now, authentication="passkey"
        )
    return session_id, person, row


async def _holder(services: Services, credential_id: str) -> tuple[PasskeyRow, PersonRow]:
    async with services.database.reading() as database:
        passkey = await PasskeyRepository(database).by_credential(credential_id)
        person = await PersonRepository(database).get(passkey.person_id) if passkey is not None else None
    if passkey is None or person is None:
        raise Problem(PASSKEY_NOT_ACCEPTED, _NOT_KNOWN)
    return passkey, person


async def _use_up(services: Services, challenge: bytes, person_id: str | None, now: datetime) -> None:
    async with services.database.transaction() as database:
        taken = await PasskeyRepository(database).take_challenge(_hash(challenge), person_id, now)
    if not taken:
        raise Problem(PASSKEY_NOT_ACCEPTED, _NOT_USABLE)


def _refuse_too_many(known: list[PasskeyRow]) -> None:
    if len(known) >= MOST_PASSKEYS:
        raise Problem(PASSKEY_NOT_ACCEPTED, _TOO_MANY)


@contextmanager
def _malformed_is_refused() -> Iterator[None]:
    try:
        yield
    except _MALFORMED:
        raise Problem(PASSKEY_NOT_ACCEPTED, _NOT_USABLE) from None


def _hash(challenge: bytes) -> str:
    return hashlib.sha256(challenge).hexdigest()


def _user_handle(settings: Settings, person_id: str) -> bytes:
    """Return what authenticators know the person by: the same for all their passkeys, of use to nobody else."""
    key = settings.secret_key.get_secret_value().encode()
    return hmac.new(key, f"passkey:{person_id}".encode(), hashlib.sha256).digest()
