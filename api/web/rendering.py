"""Renders pages: Jinja with GOV.UK Frontend's components under the firm's brand, no script and no style inline."""

from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from jinja2 import (
    ChainableUndefined,
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.utils import missing

from api.web import wording
from api.web.forms import FieldError, error_for, summary_of
from runtime.brand import Brand

_STATIC: Final = Path(__file__).parent.parent / "static"


class Pages:
    """The pages of one application under one brand."""

    def __init__(self, brand: Brand) -> None:
        self.brand = brand
        self.brand_path = f"/brand/{brand.digest()}"
        self._environment = _environment()

    def render(
        self,
        request: Request,
        template: str,
        *,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        errors: list[FieldError] | None = None,
        **context: Any,
    ) -> HTMLResponse:
        """Return a page.

        Args:
            request: The request that is answered.
            template: Below `api/templates`, e.g. `portal/hub.html`.
            status_code: 422 for a form that comes back with `errors`.
            headers: Further headers.
            errors: What is wrong with the form; the layout shows the summary, fields ask `error_of(name)`.
            context: What the template shows; a missing name is an error, never an empty place.
        """
        found = errors or []
        page = self._environment.get_template(template).render(
            {
                "request": request,
                "brand": self.brand,
                "brand_path": self.brand_path,
                "errors": summary_of(found),
                "error_of": lambda name: error_for(found, name),
                **context,
            }
        )
        return HTMLResponse(page, status_code=status_code, headers=dict(headers or {}))

    def fragment(self, template: str, block: str, **context: Any) -> str:
        """Return one block of a page's template, for what is refreshed while the page stands."""
        found = self._environment.get_template(template)
        return "".join(found.blocks[block](found.new_context(context)))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("api", "templates"),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=select_autoescape(["html", "svg"]),
        undefined=_Missing,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["static"] = static_address
    environment.filters |= wording.FILTERS
    return environment


# Names that the components ask for themselves, to see whether anything was given.
_OF_COMPONENTS: Final = frozenset({"caller", "null", "successBanner", "typeClass", "undefined"})


class _Missing(ChainableUndefined):
    """A name that was never given is an error; a parameter that a component was not given is simply left out."""

    def __new__(cls, hint: str | None = None, obj: Any = missing, name: str | None = None, *rest: Any) -> Any:
        """Return what stands for the missing name."""
        if obj is missing and name not in _OF_COMPONENTS:
            return StrictUndefined(hint, obj, name, *rest)
        return super().__new__(cls)


@cache
def static_address(path: str) -> str:
    """Return where a file of `api/static` is served, with its hash, so that browsers may keep it for ever."""
    digest = sha256((_STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def _pages(request: Request) -> Pages:
    return cast("Pages", request.app.state.pages)


PagesDep = Annotated[Pages, Depends(_pages)]
"""The pages of this application."""
