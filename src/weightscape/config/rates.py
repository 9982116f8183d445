"""Which doses are rates: values of factors that are declared to lie between 0 and 1."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic.fields import FieldInfo

from weightscape.config.augmentation import Augmentation
from weightscape.config.condition import Condition
from weightscape.config.derived import Combination, DerivedEntry
from weightscape.config.plugins import find_plugin
from weightscape.config.recipe import Recipe


def find_rates(conditions: Iterable[Condition]) -> dict[str, bool]:
    """Return by name whether the dose of a condition is a rate.

    The factor that a family varies is that whose value is the dose in all of its conditions. One
    that varies none, or several of which not all are declared to lie between 0 and 1, has no rates.
    What is made of runs and keeps their dose has the factor that they have.
    """
    by_name = {condition.name: condition for condition in conditions}
    families: dict[tuple[str, str], list[Condition]] = {}
    for condition in by_name.values():
        families.setdefault((condition.family, condition.reference), []).append(condition)

    def of_trained(condition: Condition) -> Condition:
        if isinstance(condition, Combination) and "share" not in condition.factors:
            return by_name.get(condition.members[0], condition)
        return condition

    found: dict[str, bool] = {}
    for members in families.values():
        dosed = [member for member in members if member.dose is not None]
        keys = [
            {key for key, value in _flatten(of_trained(member).factors) if value == member.dose}
            for member in dosed
        ]
        varied = set.intersection(*keys) if keys else set()
        is_rate = bool(varied) and all(map(is_share, varied))
        found |= {member.name: is_rate and member.dose is not None for member in members}
    return found


def is_share(key: str) -> bool:
    """Return whether a factor is declared to lie between 0 and 1.

    Parameters
    ----------
    key : str
        A key of the recipe, such as ``dropout``; an option of an augmentation, such as
        ``augment.random_erasing.p``; or ``share``, that of an interpolation.
    """
    parts = key.split(".")
    if key == "share":
        # The items of a list, of which each is a dose.
        return _is_bounded(get_args(get_args(DerivedEntry.model_fields["over"].annotation)[0])[1:])
    if len(parts) == 3 and parts[0] == "augment":
        fields: Mapping[str, FieldInfo] = find_plugin(Augmentation, parts[1]).model_fields
        return parts[2] in fields and _is_bounded(fields[parts[2]].metadata)
    return key in Recipe.model_fields and _is_bounded(Recipe.model_fields[key].metadata)


def _is_bounded(declared: Iterable[Any]) -> bool:
    # A bound stands by itself, or among those of a field.
    bounds = [each for one in declared for each in (*getattr(one, "metadata", ()), one)]
    least = [getattr(each, name, -1.0) for each in bounds for name in ("ge", "gt")]
    most = [getattr(each, name, 2.0) for each in bounds for name in ("le", "lt")]
    return max(least, default=-1.0) >= 0 and min(most, default=2.0) <= 1


def _flatten(factors: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in factors.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value
