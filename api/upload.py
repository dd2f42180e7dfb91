"""A multipart form as it comes: small fields in memory, each file straight to the disk, never whole in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import Any

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from states.errors import DubanError, Fault, Faulty, NoRoom, TooLarge
from states.records.handing_in import MOST_FILES, Arrived, Whole, looked_at, whole
from states.records.vault import Incoming, Vault

FILE = "file"
NOT_CHOSEN = "\0"  # no field is called that
FIELD_BYTES = 200_000  # of all fields together
PARTS = 3 * MOST_FILES
HELD = 256 << 10  # bytes gathered before they go to a thread
NO_FORM = "应为 multipart/form-data 表单，文件放在名为 file 的栏里"
BROKEN = "表单不完整或读不懂；请重新发送"


class Form:
    """What has come so far. Leave `received` and files that were not kept are gone."""

    def __init__(self, boundary: bytes, vault: Vault, most: int) -> None:
        self._vault, self._most = vault, most
        self._kept = ExitStack()
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers: dict[str, bytes] = {}
        self._name, self._value = "", bytearray()
        self._parts = self._bytes = 0
        self._file: Incoming | None = None
        self._ended = False
        self.fields: dict[str, list[str]] = {}
        self.files: list[tuple[str, Incoming]] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._header_end,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._whole,
            },
        )

    def feed(self, piece: bytes) -> None:
        """The next bytes of the body. Raises Faulty, TooLarge, NoRoom."""
        try:
            self._parser.write(piece)
        except FormParserError as error:
            raise Faulty([Fault("body", BROKEN)]) from error

    def arrived(self) -> tuple[Arrived, ...]:
        """The files, safe on the disk and looked at. Raises Faulty with every file that is not taken, NoRoom."""
        self._check_ended()
        found, faults = [], []
        for name, content in self.files:
            try:
                found.append(looked_at(content, name))
            except Faulty as error:
                faults += error.faults
        if faults:
            raise Faulty(faults)
        return tuple(found)

    def whole(self) -> tuple[Whole, ...]:
        """The files, safe on the disk, for who reads them at once and says himself what is wrong. Raises Faulty, NoRoom."""
        self._check_ended()
        return tuple(whole(content, name) for name, content in self.files)

    def digest(self, request: Request) -> str:
        """The same for the same request, whatever stands between its parts."""
        files = [(name, content.sha256) for name, content in self.files]
        asked: list[Any] = [request.method, request.scope["path"], sorted(self.fields.items()), files]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()

    def close(self) -> None:
        self._kept.close()

    def _check_ended(self) -> None:
        if not self._ended:
            raise Faulty([Fault("body", BROKEN)])

    # -- what the parser calls ------------------------------------------------------------------------

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS:
            raise Faulty([Fault("body", f"表单最多 {PARTS} 栏")])
        self._headers = {}

    def _header_end(self) -> None:
        name, value = self._header
        self._headers[name.decode("latin-1").lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get("content-disposition"))
        self._name, self._value, self._file = _text(options.get(b"name", b""), "name"), bytearray(), None
        if b"filename" not in options:
            return
        if self._name != FILE:
            raise Faulty([Fault(self._name, f"文件请放在名为 {FILE} 的栏里")])
        if not options[b"filename"]:  # what a browser sends where no file was chosen
            self._name = NOT_CHOSEN
            return
        if len(self.files) == MOST_FILES:
            raise Faulty([Fault(FILE, f"一次最多交 {MOST_FILES} 个文件；请打包后再报送")])
        self._file = self._kept.enter_context(self._vault.receive(self._most))
        self.files.append((_file_name(options[b"filename"]), self._file))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(data[start:end])
            return
        if self._name == NOT_CHOSEN:
            raise Faulty([Fault(FILE, "文件没有名字")])
        self._bytes += end - start
        if self._bytes > FIELD_BYTES:
            raise Faulty([Fault(self._name, "文字太长；长的说明请作为文件报送")])
        self._value.extend(data[start:end])

    def _end(self) -> None:
        if self._file is None and self._name != NOT_CHOSEN:
            self.fields.setdefault(self._name, []).append(_text(bytes(self._value), self._name))

    def _whole(self) -> None:
        self._ended = True


@asynccontextmanager
async def received(request: Request, vault: Vault, most: int) -> AsyncIterator[Form]:
    """The whole form of a request; `most`: bytes of one file. Raises Faulty, TooLarge, NoRoom."""
    form = begun(request, vault, most)
    try:
        await take(request, form)
        yield form
    finally:
        form.close()


def begun(request: Request, vault: Vault, most: int) -> Form:
    """A form of which nothing has come yet; whoever asks for it closes it. Raises Faulty."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Faulty([Fault("Content-Type", NO_FORM)])
    try:
        return Form(options[b"boundary"], vault, most)
    except FormParserError as error:
        raise Faulty([Fault("Content-Type", NO_FORM)]) from error


async def take(request: Request, form: Form, *, to_the_end: bool = False) -> None:
    """All of it. Raises Faulty, TooLarge, NoRoom; what had come by then is in the form.

    `to_the_end`: what still comes is passed over first, since a browser listens only once it has said everything.
    """
    wrong: DubanError | None = None
    async for piece in _gathered(request):
        try:
            if wrong is None:
                await to_thread.run_sync(form.feed, piece)
        except (Faulty, TooLarge, NoRoom) as error:
            if not to_the_end:
                raise
            wrong = error
    if wrong is not None:
        raise wrong


async def _gathered(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces that are worth a change of threads."""
    held = bytearray()
    try:
        async for piece in request.stream():
            held += piece
            if len(held) >= HELD:
                yield bytes(held)
                held.clear()
    except ClientDisconnect as error:
        raise HTTPException(400) from error  # nobody is there to read it
    if held:
        yield bytes(held)


def _text(value: bytes, place: str) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError as error:
        raise Faulty([Fault(place, "不是 UTF-8 编码的文字")]) from error


def _file_name(value: bytes) -> str:
    """Browsers write UTF-8 and a quotation mark as %22; some programs write in the encoding of the machine."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return value.decode(encoding).replace("%22", '"')
        except UnicodeDecodeError:
            continue
    return value.decode("latin-1")
