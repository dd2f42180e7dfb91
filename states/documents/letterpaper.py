"""A letter's docx, made of its form and its facts: the same bytes for the same facts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from states.documents.letterfields import FIELDS
from states.documents.zipping import fixed, parts_of
from states.errors import Fault, Faulty

MOST_BYTES = 4_000_000


def made(form: bytes, facts: Mapping[str, str], day: datetime) -> bytes:
    """The letter. `form` has been through `lettercheck.check`; raises Faulty where it still can't be filled."""
    document = DocxTemplate(BytesIO(form))
    words = {name: facts.get(name, "") for name in FIELDS}
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=True)
    try:
        document.render(words, jinja_env=environment, autoescape=True)
    except TemplateError as error:
        raise Faulty(
            [Fault(words["文书"], f"格式文件填不了（{error}），请用 duban letter template check 检查")]
        ) from error
    properties = document.docx.core_properties
    properties.title = f"{words['文书']}{words['文号']}"[:255]
    properties.author = properties.last_modified_by = words["发文单位"][:255]
    properties.created = properties.modified = day.replace(tzinfo=None, microsecond=0)
    saved = BytesIO()
    document.save(saved)
    content = fixed(parts_of(saved.getvalue()))
    if len(content) > MOST_BYTES:
        raise Faulty([Fault(words["文书"], "做成的文书过大；请压缩格式文件中的图片")])
    return content
