"""A palette that is hard to read is named, pair by pair."""

from dataclasses import replace

import pytest

from domain.brand import Palette, contrast, palette_problems


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
    ],
)
def test_c18_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    """Known pairs have the ratio that WCAG 2.2 gives, whichever colour comes first."""
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


def test_c18_the_bundled_palette_can_be_read() -> None:
    """Every pair that pages and e-mails use is strong enough."""
    assert palette_problems(Palette()) == []


@pytest.mark.parametrize(
    ("role", "colour", "pairs"),
    [
        (
            "ink",
            "#8a9094",
            {"`ink` (#8a9094) on `paper`", "`ink` (#8a9094) on `surround`", "`ink` (#8a9094) on `focus`"},
        ),
        ("on_brand", "#3c5a61", {"`on_brand` (#3c5a61) on `brand`", "`on_brand` (#3c5a61) on `brand_dark`"}),
        ("link", "#6fb7c8", {"`link` (#6fb7c8) on `paper`", "`link` (#6fb7c8) on `surround`"}),
        ("error", "#ff8a8a", {"`error` (#ff8a8a) on `paper`", "`error` (#ff8a8a) on `surround`"}),
        ("muted", "#a0a0a0", {"`muted` (#a0a0a0) on `paper`", "`muted` (#a0a0a0) on `surround`"}),
        ("accent", "#e8d9b8", {"`accent` (#e8d9b8) on `paper`"}),
        ("focus", "#1d2528", {"`ink` (#1d2528) on `focus`"}),
    ],
)
def test_c18_a_bad_colour_is_named_with_what_it_is_bad_on(role: str, colour: str, pairs: set[str]) -> None:
    """Each role that carries text or an outline is checked where it is used, and the sentence says what is needed."""
    problems = palette_problems(replace(Palette(), **{role: colour}))

    assert {pair for pair in pairs if any(problem.startswith(pair) for problem in problems)} == pairs
    assert all(problem.endswith("to 1 is needed.") for problem in problems)


def test_c18_the_ratio_is_kept_to_the_hair() -> None:
    """Grey that just misses 4.5 to 1 on white fails; the next darker one passes."""
    just_missed, enough = (
        replace(Palette(), muted="#777777", surround="#ffffff"),
        replace(Palette(), muted="#767676", surround="#ffffff"),
    )

    assert len(palette_problems(just_missed)) == 2
    assert palette_problems(enough) == []
