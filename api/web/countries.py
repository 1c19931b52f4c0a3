"""The names of countries in English, for codes that the systems keep."""

from functools import cache

from phonenumbers.geodata.locale import LOCALE_DATA


def country_name(code: str) -> str:
    """Return `Ireland` for `IE`; the code itself when it names no country."""
    return _names().get(code, code)


def countries() -> list[tuple[str, str]]:
    """Return every country as its code and its name, the United Kingdom first and the others by name."""
    return sorted(_names().items(), key=lambda country: (country[0] != "GB", country[1]))


@cache
def _names() -> dict[str, str]:
    return {code: _english(names) for code, names in LOCALE_DATA.items()}


def _english(names: dict[str, str]) -> str:
    found = names["en"]
    # The table names a language in place of a word that is the same in that language.
    while found.startswith("*"):
        found = names[found[1:]]
    return found
