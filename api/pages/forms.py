"""Forms for people over the shapes of the API: the same refusals in the same words, beside the fields; nothing typed is lost.

A form works without scripts: it is posted, does what it says in one transaction, and leads on (303). Each carries a token
that is good for doing it once, so that a second click does nothing more and leads to the same place.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Generic, TypeVar
from urllib.parse import parse_qsl

from fastapi import Depends, Request
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from api import answers, problems
from api.deps import Desk
from api.pages import flash
from api.pages.gate import AtPage
from api.pages.nesting import nested
from api.shapes import Sent
from states.errors import (
    DubanError,
    Fault,
    Faulty,
    KeyReused,
    NoRoom,
    NotAllowed,
    NotKnown,
    Refused,
    TooLarge,
    TooMany,
)
from states.records import once

Shape = TypeVar("Shape", bound=Sent)
Found = TypeVar("Found")

ONCE = "_once"  # the field with the token; names that begin with a line are no part of the shape
LONGEST_TOKEN = 64
FIELDS = 1_000
TOKEN_MISSING = "这张表不完整，请重新打开这一页再填"  # noqa: S105  (a sentence)
DONE_ALREADY = "这张表已经提交过一次，内容与这次不同。请先看看上次是否已经办好；仍要办理，请再次提交。"
TOO_MANY = f"表单最多 {FIELDS} 栏"


@dataclass(frozen=True)
class Typed:
    """What somebody typed: the values of each field, as they came."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    path: str = ""

    def text(self, name: str) -> str:
        """The value of a field with one."""
        return self.values.get(name, ("",))[0]

    @property
    def token(self) -> str:
        """Raises Refused where the form lost it."""
        found = self.text(ONCE)
        if not (0 < len(found) <= LONGEST_TOKEN and found.isascii() and found.isprintable()):
            raise Refused(TOKEN_MISSING)
        return found

    def shaped(self, shape: type[Shape]) -> Shape:
        """As the API takes it (see `nesting`). Raises Faulty."""
        try:
            return shape.model_validate(nested(self.values, shape))
        except ValidationError as error:
            raise problems.faulty(error.errors()) from error

    def digest(self) -> str:
        """The same for the same content."""
        kept = sorted((name, values) for name, values in self.values.items() if name != ONCE)
        return hashlib.sha256(json.dumps([self.path, kept]).encode()).hexdigest()


@dataclass(frozen=True)
class Form(Generic[Shape]):
    """A form: the shape that the API takes, and what its fields are called, in the order in which they are shown."""

    shape: type[Shape]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """A form as it is shown: with what was typed, and what was wrong with it. `errors`: field ("" for none) → sentences."""

    labels: Mapping[str, str]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    errors: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    token: str = ""

    def text(self, name: str) -> str:
        return self.values.get(name, ("",))[0]

    def has(self, name: str, value: str) -> bool:
        """Whether a box is ticked, a choice made."""
        return value in self.values.get(name, ())

    def label(self, name: str) -> str:
        return self.labels.get(name, "")

    @property
    def said(self) -> Iterator[tuple[str, str]]:
        """All that was wrong, in the order of the fields: name of the field and sentence."""
        known = [*self.labels, *(name for name in self.errors if name not in self.labels)]
        for name in known:
            for says in self.errors.get(name, ()):
                yield name if self.labels.get(name) else "", says


@dataclass(frozen=True)
class Done:
    """What was done, in a sentence, and where to go on."""

    says: str
    to: str


def blank(form: Form[Any], **defaults: str | None) -> Sheet:
    """A form to be filled in."""
    values = {name: (value,) for name, value in defaults.items() if value is not None}
    return Sheet(form.labels, values, token=fresh())


def refused(form: Form[Any], typed: Typed, error: DubanError) -> Sheet:
    """The form as it was typed, with what was said against it."""
    token = fresh() if isinstance(error, KeyReused) else typed.text(ONCE)[:LONGEST_TOKEN] or fresh()
    return Sheet(form.labels, typed.values, _placed(form, error), token)


def fresh() -> str:
    """A token for one form."""
    return secrets.token_urlsafe(18)


def _placed(form: Form[Any], error: DubanError) -> dict[str, tuple[str, ...]]:
    """Sentences by fields; those about no field of this form under ""."""
    if isinstance(error, KeyReused):
        return {"": (DONE_ALREADY,)}
    if isinstance(error, Refused):
        return {"": tuple(error.refusals)}
    if not isinstance(error, Faulty):
        return {"": (error.detail,)}
    made: dict[str, tuple[str, ...]] = {}
    for one in error.faults:
        name = _field(form, one.place)
        says = one.says if name or not one.place else f"{one.place}：{one.says}"
        made[name] = (*made.get(name, ()), says)
    return made


def _field(form: Form[Any], place: str) -> str:
    """The field that a place names: `reason`, `body.reason`, `codes.3`, `tally.done`."""
    parts = place.removeprefix("body.").split(".")
    for length in range(len(parts), 0, -1):
        if (name := ".".join(parts[:length])) in form.labels:
            return name
    return ""


# -- reading ---------------------------------------------------------------------------------------------


async def read(request: Request) -> Typed:
    """A form without files. Raises Faulty."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(body, keep_blank_values=True, max_num_fields=FIELDS)
    except ValueError as error:
        raise Faulty([Fault("", TOO_MANY)]) from error
    return typed(pairs, request.url.path)


def typed(pairs: list[tuple[str, str]], path: str) -> Typed:
    """From names and values; line ends as we keep them."""
    made: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        made[name] = (*made.get(name, ()), value.replace("\r\n", "\n"))
    return Typed(made, path)


async def _at_gate(desk: AtPage) -> Typed:
    """Only once the gate has let somebody in is anything read."""
    return await read(desk.request)


AtForm = Annotated[Typed, Depends(_at_gate)]


# -- doing -----------------------------------------------------------------------------------------------


def act(
    desk: Desk,
    form: Form[Shape],
    sent: Typed,
    work: Callable[[Session, Shape], Done],
    again: Callable[[Sheet, int], Response],
    *,
    wrong: DubanError | None = None,
) -> Response:
    """Do `work` in one transaction, once, and lead on; or show the form `again` (with a status) and what was wrong.

    `wrong`: what was found while it came in. Raises what is no matter of the form: NotAllowed, NotFound.
    """
    try:
        if wrong is not None:
            raise wrong
        asked = sent.shaped(form.shape)
        done = _once(desk, sent, lambda session: work(session, asked))
    except DubanError as error:
        if not about_form(error):
            raise
        return again(refused(form, sent, error), status(error))
    return lead(desk.request, done)


def try_out(
    desk: Desk,
    form: Form[Shape],
    sent: Typed,
    work: Callable[[Session, Shape], Found],
    show: Callable[[Sheet, Found | None, int], Response],
) -> Response:
    """What `work` would do: shown above the same form; nothing of it stays."""
    try:
        asked = sent.shaped(form.shape)
        desk.scope.check_write()
        with desk.house.store.trial() as session:
            found = work(session, asked)
    except DubanError as error:
        if not about_form(error):
            raise
        return show(refused(form, sent, error), None, status(error))
    return show(replace(refused(form, sent, Refused()), errors={}), found, 200)


def about_form(error: DubanError) -> bool:
    """Whether typing something else may help."""
    return isinstance(error, (Faulty, Refused, NotKnown, TooMany, TooLarge, NoRoom)) and not isinstance(
        error, NotAllowed
    )


def status(error: DubanError) -> int:
    """Of the page that shows the form again. Nobody is asked for a key there."""
    return 422 if isinstance(error, NotKnown) else problems.status_of(error)


def lead(request: Request, done: Done) -> Response:
    """On to another page, which says what was done."""
    answer = RedirectResponse(done.to, 303)
    if done.says:
        flash.tell(answer, request, request.app.state.settings, done.says)
    return answer


def _once(desk: Desk, sent: Typed, work: Callable[[Session], Done]) -> Done:
    """Raises KeyReused where the token was good for something else."""
    key, token = desk.scope.key_id, sent.token
    with desk.write() as session:
        before = once.begin(session, key, token, sent.digest(), desk.now)
        if before is not None:
            return Done(**json.loads(before.body))
        done = work(session)
        once.finish(session, key, token, 303, answers.dumped({"says": done.says, "to": done.to}))
    return done
