"""Ages and birthdays (P33). Whoever is born on 29 February comes of age on 1 March of a year that has no such day."""

from datetime import date

from domain.rules import Rules


def birthday(born: date, age: int) -> date:
    """Return the day on which a person reaches an age in whole years."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_on(born: date, day: date) -> int:
    """Return a person's age in whole years on a day; negative before birth."""
    age = day.year - born.year
    return age if birthday(born, age) <= day else age - 1


def earliest_pension_access(born: date, on_or_after: date, rules: Rules) -> date:
    """Return the first day from `on_or_after` on that a pension may be drawn, by the normal minimum pension age.

    The age rises on a day, so a person can be old enough, and later too young again for a while. A protected
    pension age is not considered.
    """
    key = "pension.minimum_access_age"
    turns = [row.valid_from for row in rules.rows.get(key, ()) if row.valid_from > on_or_after]
    spans = zip([on_or_after, *turns], [*turns, date.max], strict=True)
    return next(
        day
        for first, following in spans
        if (day := max(first, birthday(born, rules.whole(key, first)))) < following or following == date.max
    )
