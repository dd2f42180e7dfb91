"""The OpenAPI document: every refusal a problem, nothing that FastAPI adds by itself and we never send."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.problems import MEDIA_TYPE
from api.shapes import FaultShown, Problem

TITLE = "duban 督办"
ABOUT = """专项整治的状态接口。

- 密钥：`Authorization: Bearer duban_…`。只限一部分单位的密钥，处处只见这些单位。停用一个密钥，最迟 5 秒后生效。
- 登录：`POST /api/v1/session`，此后凭 Cookie；会改动内容的请求须带本站的 `Origin`。范围由角色、专项行动和单位决定，与密钥相同。
- 时刻：ISO 8601，带时区。键用英文，名称用中文。
- 逐页：回答中的 `next` 即下一页的 `cursor`，也写在 `Link` 头里。
- 读：`ETag` 和 `If-None-Match`，没有变化时回答 304。
- 写：`version` 是看到的版本，已被他人改动时回答 409；`Idempotency-Key` 相同的请求只办一次，回答相同。
- 次数：同一密钥或账号每分钟的请求有上限，查状态和推动一个单位不计；超过时回答 429 和 `Retry-After`。
- 出错：`application/problem+json`（RFC 9457）；`refusals` 是不能办的每一条理由，`faults` 是写错的每一处。
"""
READ = {
    "401": "没有登录或密钥，或已失效",
    "403": "在授权的范围之外",
    "404": "找不到",
    "422": "内容有误",
    "429": "请求过于频繁：Retry-After 秒后再试",
    "503": "数据库暂时用不了",
}
WRITE = {**READ, "400": "内容读不懂", "409": "不能办：规则不许，或已被他人改动", "413": "内容太大"}
WAITS = {"429", "503"}
RETRY = {"Retry-After": {"description": "几秒后再试", "schema": {"type": "integer", "minimum": 1}}}
OWN = ("HTTPValidationError", "ValidationError")


def document(app: FastAPI) -> dict[str, Any]:
    """Made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=TITLE, version=app.version, description=ABOUT, routes=app.routes, tags=app.openapi_tags
        )
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for name in OWN:
            schemas.pop(name, None)
        for shape in (Problem, FaultShown):
            schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
            schema.pop("$defs", None)
            schemas[shape.__name__] = schema
        for path, operations in made["paths"].items():
            for method, operation in operations.items():
                _refusals(path, method, operation)
        app.openapi_schema = made
        _give_back()
    return app.openapi_schema


def _refusals(path: str, method: str, operation: dict[str, Any]) -> None:
    answers = operation["responses"]
    answers.pop("422", None)
    if not path.startswith("/api/"):
        return
    shape = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, says in (READ if method == "get" else WRITE).items():
        answers[status] = {"description": says, "content": shape}
        if status in WAITS:
            answers[status]["headers"] = RETRY
    if method == "get":
        answers["304"] = {"description": "没有变化（If-None-Match）"}
    else:
        operation.setdefault("parameters", []).append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": False,
                "description": "相同的键和请求只办一次",
                "schema": {"type": "string", "maxLength": 200},
            }
        )


def _give_back() -> None:
    """Making the document takes some MB for a moment, and what came before the first page did: glibc would keep them."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
