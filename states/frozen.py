"""What every part of a template is made of: frozen models that know no unknown field, and the shapes of their words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]*$")]
Words = Annotated[str, Field(min_length=1, max_length=200, description="期限，照方案原文书写")]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, str_strip_whitespace=True)


class Source(Frozen):
    """Where a fact comes from: document, place in it, and the sentence."""

    doc: str
    place: str
    text: str | None = None
