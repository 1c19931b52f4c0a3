"""Another firm's brand by one setting: logo, colours, typefaces, words; a bad one stops the start with a sentence."""

import re
import shutil
import tomllib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.client import Client

from api.app import create_app
from runtime.brand import DEFAULT_BRAND, BrandError, load_brand
from tests.api.office import Office, open_office

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><circle cx="20" cy="20" r="18" fill="#fff"/></svg>'
COLOURS = {"brand": "#4a1d33", "brand_dark": "#32101f", "accent": "#8a6d3b", "link": "#6b2447"}


def _brand_file(folder: Path, **replaced: str) -> Path:
    """Copy the bundled brand, as its first line tells a firm to, and change it."""
    shutil.copytree(DEFAULT_BRAND.parent, folder, dirs_exist_ok=True)
    folder.joinpath("crest.svg").write_text(LOGO)
    # The other way round than in the bundled brand, so that the files really differ by role.
    folder.joinpath("serif.woff2").write_bytes(folder.joinpath("inter.woff2").read_bytes())
    text = DEFAULT_BRAND.read_text(encoding="utf-8")
    changes = {
        'name = "Onward"': 'name = "Alder Private"',
        'strapline = "Client onboarding"': 'strapline = "Wealth since 1871"',
        'logo = "logo.svg"': 'logo = "crest.svg"',
        'family = "Source Serif 4"': 'family = "Alder Serif"',
        'file = "source-serif-4.woff2"': 'file = "serif.woff2"',
        **{
            f'{name} = "{tomllib.loads(text)["palette"][name]}"': f'{name} = "{colour}"'
            for name, colour in COLOURS.items()
        },
        **replaced,
    }
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "brand.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
async def alder(adviser_temporal: Client, migrated_database: Path, tmp_path: Path) -> AsyncIterator[Office]:
    """Yield an office of a firm with a brand of its own, by the setting alone."""
    brand = _brand_file(tmp_path / "alder")
    async with open_office(adviser_temporal, migrated_database, tmp_path, brand=brand) as office:
        yield office


@pytest.mark.parametrize("path", ["/portal/sign-in", "/portal/invitations/any", "/workbench/sign-in"])
async def test_c18_one_setting_swaps_the_brand_of_every_page(office: Office, alder: Office, path: str) -> None:
    """Name, words, colours, typefaces and logo are the firm's, and nothing of the bundled brand is left."""
    ours, theirs = (await office.http.get(path)).text, (await alder.http.get(path)).text
    (sheet,) = re.findall(r'href="(/brand/[^"]+/brand.css)"', theirs)
    css = (await alder.http.get(sheet)).text
    folder = sheet.rpartition("/")[0]

    assert "Onward" in ours
    assert "Onward" not in theirs
    assert "Alder Private" in theirs
    assert COLOURS["brand"] in theirs
    for name, colour in COLOURS.items():
        assert f"--onward-{name.replace('_', '-')}:{colour};" in css
    assert '"Alder Serif"' in css
    assert (await alder.http.get(f"{folder}/logo.svg")).text == LOGO
    assert (await alder.http.get(f"{folder}/heading.woff2")).content == DEFAULT_BRAND.with_name(
        "inter.woff2"
    ).read_bytes()
    assert sheet not in ours


async def test_c18_the_files_of_a_brand_are_kept_for_ever_and_only_under_their_own_address(alder: Office) -> None:
    """A changed brand has other addresses, so no browser shows an old logo; nothing but the brand's files is served."""
    folder = load_brand(alder.services.settings.brand).digest()
    kept = await alder.http.get(f"/brand/{folder}/logo.svg")

    assert "immutable" in kept.headers["Cache-Control"]
    assert (await alder.http.get("/brand/0000000000000000/logo.svg")).status_code == 404
    assert (await alder.http.get(f"/brand/{folder}/brand.toml")).status_code == 404


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('muted = "#566166"', 'muted = "#b9c0c3"', "`muted` (#b9c0c3) on `paper` (#ffffff) has a contrast of"),
        ('error = "#a3262a"', 'error = "red"', "`error` is 'red'; write it as #rrggbb."),
        ('logo = "logo.svg"', 'logo = "missing.svg"', "missing.svg"),
        ('strapline = "Client onboarding"', 'strapline = "<b>Wealth</b>"', "strapline"),
        ("[palette]", "[palette", "brand.toml"),
        ('focus = "#c08a2d"', 'focuss = "#c08a2d"', "focuss"),
    ],
)
async def test_c18_a_bad_brand_is_refused_at_the_start_with_a_sentence(
    office: Office, tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    """What is wrong and what is needed stands in one sentence that names the file; no page is served with it."""
    path = tmp_path / "brand.toml"
    shutil.copytree(DEFAULT_BRAND.parent, tmp_path, dirs_exist_ok=True)
    path.write_text(DEFAULT_BRAND.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrandError) as refused:
        load_brand(path)
    said = str(refused.value)
    settings = office.services.settings.model_copy(update={"brand": path})
    with pytest.raises(BrandError):
        create_app(type(office.services)(**{**vars(office.services), "settings": settings}))

    assert said.startswith("The brand file brand.toml cannot be used: ")
    assert sentence in said
    assert "\n" not in said
    assert "pydantic" not in said
