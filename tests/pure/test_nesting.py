"""Names of fields become places of a shape: lists, what lies within, mappings whose keys have dots."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from api.pages.nesting import nested
from api.shapes import Act, Launch, Sent


def shaped(shape: type[Sent], **values: tuple[str, ...]) -> Any:
    return shape.model_validate(nested({name.replace("__", "."): one for name, one in values.items()}, shape))


def test_a_start_is_read_from_plain_fields() -> None:
    values = {
        "start": ("2026-03-02",),
        "template": ("standard-four-phase",),
        "set.rectify.until": ("2026-12-31",),
        "set.ledger.a.b": ("12月底前",),
        "units.under": ("A", "B", " "),
        "units.kinds": ("hospital",),
        "title": ("  ",),
        "_once": ("x",),
    }
    found = Launch.model_validate(nested(values, Launch))
    assert found.fills == {"rectify.until": "2026-12-31", "ledger.a.b": "12月底前"}
    assert (found.units.under, found.units.kinds, found.units.codes) == (("A", "B"), ("hospital",), ())
    assert (found.title, str(found.start)) == (None, "2026-03-02")


def test_what_lies_within_another_shape_is_put_there() -> None:
    assert shaped(Act, tally__done=("3",), tally__expected=("4",)).tally.done == 3
    assert shaped(Act, figures__cases=("7",)).figures == {"cases": "7"}
    assert shaped(Act, earlier=("a", "b")).earlier == ("a", "b")


@pytest.mark.parametrize(
    "values",
    [
        {"nothing": ("x",)},
        {"nothing.here": ("x",)},
        {"units": ("x",)},
        {"units": ("x",), "units.under": ("A",)},
        {"units.under": ("A",), "units": ("x",)},
        {"units.nothing.deep": ("x",)},
        {"set": ("x",)},
        {"set": ("x",), "set.rectify.until": ("y",)},
        {"start.day": ("1",)},
        {"fills.rectify.until": ("y",)},
        {".": ("x",)},
    ],
)
def test_fields_that_fit_nowhere_are_refused_and_break_nothing(values: dict[str, tuple[str, ...]]) -> None:
    usual = {"template": ("standard-four-phase",), "start": ("2026-03-02",)}
    for sent in ({**usual, **values}, {**values, **usual}):
        with pytest.raises(ValidationError):
            Launch.model_validate(nested(sent, Launch))
