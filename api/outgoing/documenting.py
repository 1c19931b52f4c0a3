"""What is written about the events that go out, from the catalogue itself: OpenAPI's `webhooks` and `docs/events.md`.

`python -m api.outgoing.documenting > docs/events.md` writes the page anew.
"""

import json
import sys
from typing import Any, Final

from domain.outgoing import TEST_EVENT, TOLD, EventType
from models.schemas.forms import Answer
from models.schemas.outgoing import EVENT_DATA, OutgoingEvent

_REF: Final = "#/components/schemas/{model}"
_EVENT_ID: Final = "0b9f6a52-1c7e-5d8e-8f0e-2f4f0c6f7d11"
_MOMENT: Final = "2026-11-23T09:30:00Z"
_SEQ: Final = 412
_HEADERS: Final = {
    "webhook-id": "The event's id, the same at every delivery of it.",
    "webhook-timestamp": "When this delivery was made, in seconds since 1970; refuse one that is minutes away.",
    "webhook-signature": "`v1,` and the signature in base64; two of them, with a space between, during a rotation.",
}


def example_data(model: type[Answer]) -> dict[str, Any]:
    """Return an example of what an event holds, made of the examples of its fields."""
    return {
        name: field.examples[0] if field.examples else field.get_default() for name, field in model.model_fields.items()
    }


def example_event(kind: EventType) -> dict[str, Any]:
    """Return an example of a whole event."""
    return {
        "type": kind.value,
        "timestamp": _MOMENT,
        "id": _EVENT_ID,
        "seq": _SEQ,
        "data": example_data(EVENT_DATA[kind]),
    }


def add_webhooks(document: dict[str, Any]) -> None:
    """Put every event that goes out into an OpenAPI document, with the schemas it refers to."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    models: tuple[type[Answer], ...] = (OutgoingEvent, *EVENT_DATA.values())
    for model in models:
        schema = model.model_json_schema(ref_template=_REF)
        schemas.update(schema.pop("$defs", {}))
        schemas[model.__name__] = schema
    document["webhooks"] = {kind.value: {"post": _operation(kind)} for kind in EventType}


def _operation(kind: EventType) -> dict[str, Any]:
    narrowed = {
        "type": "object",
        "properties": {
            "type": {"const": kind.value},
            "data": {"$ref": _REF.format(model=EVENT_DATA[kind].__name__)},
        },
    }
    return {
        "operationId": "event_" + kind.value.replace(".", "_"),
        "tags": ["events"],
        "summary": kind.value,
        "description": f"{TOLD[kind]} Signed as Standard Webhooks describe it.",
        "parameters": [
            {"name": name, "in": "header", "required": True, "description": words, "schema": {"type": "string"}}
            for name, words in _HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"allOf": [{"$ref": _REF.format(model=OutgoingEvent.__name__)}, narrowed]},
                    "example": example_event(kind),
                }
            },
        },
        "responses": {
            "2XX": {"description": "Taken. Every other answer, and none in time, is asked again later."},
            "410": {"description": "No more events here: the subscription is paused."},
        },
    }


def events_page() -> str:
    """Return the page that explains the events to whoever builds the receiving side."""
    parts = [_INTRODUCTION, "## The events", ""]
    parts += ["| type | told when |", "|---|---|"]
    parts += [f"| [`{kind}`](#{kind.value.replace('.', '')}) | {TOLD[kind]} |" for kind in EventType]
    for kind in EventType:
        parts += ["", f"### {kind}", "", TOLD[kind], "", *_fields(EVENT_DATA[kind]), "", "```json"]
        parts += [json.dumps(example_event(kind), indent=2), "```"]
    return "\n".join(parts) + "\n"


def _fields(model: type[Answer]) -> list[str]:
    schema = model.model_json_schema()
    rows = ["| field of `data` | holds | |", "|---|---|---|"]
    for name, field in schema["properties"].items():
        rows.append(f"| `{name}` | {_kind(field, schema)} | {field.get('description', '')} |")
    return rows


def _kind(field: dict[str, Any], schema: dict[str, Any]) -> str:
    if "$ref" in field:
        values = schema["$defs"][field["$ref"].rpartition("/")[2]]["enum"]
        return "one of " + ", ".join(f"`{value}`" for value in values)
    if "anyOf" in field:
        return " or ".join(_kind(each, schema) for each in field["anyOf"])
    if field.get("type") == "array":
        return f"list of {_kind(field['items'], schema)}"
    return str(field["type"])


_INTRODUCTION: Final = f"""\
# Events

<!-- Written by `python -m api.outgoing.documenting > docs/events.md`; a test checks that it is current. -->

A firm's own systems hear of what happens on its journeys and in the sync (P55). An event is stored in the transaction
of what it tells of, so nothing is told that did not happen, and nothing that happened is left out. It holds ids and
states and no personal data; who needs more asks the API with its own rights.

There are two ways to get the same events: have them **delivered** to an address, or **read** them from a cursor.

## Delivered

`POST /api/v1/event-subscriptions` with a `url` (https, on the public internet) and the `types` that are wanted; none
means all. The answer holds the `secret`, once. From then on each event is posted there:

```http
POST /onward-events HTTP/1.1
content-type: application/json
webhook-id: {_EVENT_ID}
webhook-timestamp: 1795426200
webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
```

It is signed as [Standard Webhooks](https://www.standardwebhooks.com) describe it. Check it with one of their libraries:

```python
from standardwebhooks import Webhook

event = Webhook(secret).verify(body, headers)  # raises when it is not ours, or too old
```

- **Answer 2xx within seconds** and do the work afterwards. Any other answer, a redirect too, is asked again: after
  5 seconds, then less and less often, at last once an hour, for three days. `Retry-After` is kept to, an hour at most.
  After that the delivery is `failed`. `410 Gone` pauses the subscription.
- **An event may come twice**, and a late one after its successors. Know a repeated one by `id`, put them in order by
  `seq`, which rises within the firm and has gaps.
- **Rotate the secret** with `POST …/{{id}}/secrets`: from then on both sign, separated by a space. When your side knows
  the new one, end the other with `DELETE …/{{id}}/secrets/previous`.
- **Try it** with `POST …/{{id}}/test`, which posts a `{TEST_EVENT}` at once and says what came of it.
- **See every delivery** in `GET /api/v1/event-deliveries?state=failed`; send one again with `POST` to its `resend`.
- **Replay** everything after a place with `POST …/{{id}}/replay` and `{{"after": seq}}`.
- **Pause** with `PATCH` and `{{"active": false}}`. What is on its way is `failed` at its next attempt; what happens
  meanwhile is delivered when `active` is true again.
- At most 50 events are on their way to one address at a time, so that one that is away holds up no other.

## Read

`GET /api/v1/events?after=0` gives the firm's events in order, and with `next_after` where to go on. The same as a
stream: `GET /api/v1/events/stream` (server-sent events). Its first event, `position`, says where it begins; each
further one has its type as `event` and its `seq` as `id`. Come again with `Last-Event-ID` and nothing is lost or
doubled.

A `seq` that was passed is never filled in later: the list ends before an event whose predecessors are still being
written.

## Versions

The name of a type ends in its version. Fields are only ever added to one. A change that could break a reader makes a
new version beside the old one. Ignore types and fields that you do not know.
"""


if __name__ == "__main__":
    sys.stdout.write(events_page())
