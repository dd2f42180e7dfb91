"""The templates that come with the product: what a campaign can be started from."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel
from starlette.responses import Response

from api.deps import AtDesk
from states import machine, reading
from states.errors import Fault, Faulty, NotFound
from states.template import Template

router = APIRouter(prefix="/api/v1/templates", tags=["方案模板"])

Key = Annotated[str, Path(max_length=100)]


class TemplateLine(BaseModel):
    """A template in a list."""

    key: str
    version: int
    title: str
    summary: str | None
    phases: list[str]


class TemplateList(BaseModel):
    """All templates; there are few, so `next` is always null."""

    items: list[TemplateLine]
    next: None = None


class TemplateShown(BaseModel):
    """A template with its machines as a mermaid diagram and its own text."""

    template: Template
    diagram: str
    text: str


@router.get("", summary="模板列表", response_model=TemplateList)
def templates(desk: AtDesk) -> Response:
    """随产品提供的方案模板。"""
    return desk.tell({"items": listed(), "next": None})


@router.get("/{key}", summary="一个模板", response_model=TemplateShown)
def template(desk: AtDesk, key: Key) -> Response:
    """阶段、要求、梯次、台账，和状态机图（mermaid）。"""
    if key not in _shipped():
        raise NotFound(f"没有“{key}”这个模板；现有 {'、'.join(_shipped())}")
    return desk.tell(_shown(key))


def listed() -> list[dict[str, Any]]:
    """Those that are shipped, a line each."""
    return [_line(_loaded(key)) for key in _shipped()]


def read(key: str | None, text: str | None) -> Template:
    """A shipped template, or the one that was sent. Raises Faulty with everything that is wrong with it."""
    found = text_of(key, text)
    return reading.load(found) if key is None else _loaded(key)


def text_of(key: str | None, text: str | None) -> str:
    """The text of a shipped template, or the one that was sent. Raises Faulty unless it is one of the two."""
    if (key is None) == (text is None):
        raise Faulty([Fault("template", "请写 template（模板的键）或 text（模板全文），只写一个")])
    if text is not None:
        return text
    if key not in _shipped():
        raise Faulty([Fault("template", f"没有“{key}”这个模板；现有 {'、'.join(_shipped())}")])
    return _shipped()[key]


@cache
def _shipped() -> dict[str, str]:
    return dict(reading.shipped())


@cache
def _loaded(key: str) -> Template:
    return reading.load(_shipped()[key])


def _line(one: Template) -> dict[str, Any]:
    phases = [phase.name for phase in one.phases]
    return TemplateLine(
        key=one.key, version=one.version, title=one.title, summary=one.summary, phases=phases
    ).model_dump(mode="json")


@cache
def _shown(key: str) -> dict[str, Any]:
    loaded = _loaded(key)
    shown = TemplateShown(template=loaded, diagram=machine.diagram(loaded), text=_shipped()[key])
    return shown.model_dump(mode="json", by_alias=True)
