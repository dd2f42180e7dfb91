"""The names of a form's fields as places in a shape: `a.b` is field b within a; of a mapping the rest is the key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from api.shapes import Sent


def nested(values: Mapping[str, tuple[str, ...]], shape: type[Sent]) -> dict[str, Any]:
    """What was typed as the shape takes it. What was left empty is not sent, nor what begins with a line."""
    made: dict[str, Any] = {}
    for name in sorted(values):  # a plain name comes before those under it
        given = tuple(one for one in values[name] if one.strip())
        if not name.startswith("_") and given:
            _put(made, shape, name, given)
    return made


def _put(made: dict[str, Any], shape: type[Sent] | None, name: str, given: tuple[str, ...]) -> None:
    first, _, rest = name.partition(".")
    annotation = _annotation(shape, first)
    if not rest:
        made[first] = given if "tuple" in str(annotation) else given[0]
    elif not isinstance(within := made.setdefault(first, {}), dict):
        made[name] = given[
            0
        ]  # something plain was sent under the first name: no shape has this one, and refuses it
    elif _mapping(annotation):
        within[rest] = given[0]
    else:
        _put(within, _inner(annotation), rest, given)


def _annotation(shape: type[Sent] | None, name: str) -> Any:
    """What a field takes, by the name under which it is sent; None for a field there is not."""
    fields = shape.model_fields if shape is not None else {}
    return next((one.annotation for key, one in fields.items() if name == (one.alias or key)), None)


def _inner(annotation: Any) -> type[Sent] | None:
    """The shape within an annotation, perhaps among others."""
    if isinstance(annotation, type) and issubclass(annotation, Sent):
        return annotation
    return next((found for one in get_args(annotation) if (found := _inner(one)) is not None), None)


def _mapping(annotation: Any) -> bool:
    return get_origin(annotation) is dict or any(_mapping(one) for one in get_args(annotation))
