"""The certificate as one HTML file that needs nothing beside itself, on the screen and on paper."""

from base64 import b64encode
from dataclasses import asdict
from functools import cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from api.evidence_pack.certificate import Certificate
from runtime.brand import Brand

_TYPEFACES: Final = ("heading", "text")


def render_html(certificate: Certificate, brand: Brand) -> bytes:
    """Return the file."""
    page = _environment().get_template("certificate.html")
    return page.render(certificate=certificate, brand=brand, brand_style=_style(brand), logo=_logo(brand)).encode()


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("api.evidence_pack"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style(brand: Brand) -> Markup:
    """Return the brand's typefaces and colours; the brand's own rules leave nothing in them that could end a style."""
    faces, names = "", ""
    for role in _TYPEFACES:
        face = getattr(brand, role)
        source = f"data:font/woff2;base64,{b64encode(brand.asset(f'{role}.woff2')).decode()}"
        faces += f'@font-face{{font-family:"{face.family}";font-weight:100 900;src:url("{source}") format("woff2")}}'
        names += f'--{role}:"{face.family}",{face.fallback};'
    colours = "".join(f"--{name.replace('_', '-')}:{value};" for name, value in asdict(brand.palette).items())
    return Markup(f"{faces}:root{{{names}{colours}}}")  # noqa: S704 - every part is held to a pattern by `Brand`


def _logo(brand: Brand) -> str:
    return f"data:image/svg+xml;base64,{b64encode(brand.asset('logo.svg')).decode()}"
