"""A letter's docx, made of its form and its facts: the same bytes for the same facts."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import datetime
from io import BytesIO
from typing import Any

from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from states.documents import lettercheck
from states.documents.letterfields import FIELDS
from states.documents.zipping import fixed, parts_of
from states.errors import Fault, Faulty

MOST_BYTES = 4_000_000
HIDDEN = "图片说明、域、修订、批注或文档属性里有不能用的标签，请删去"

TORN = (
    "格式文件填好以后不是完整的 Word 文档：“if”和“endif”要放在同一段或同级的段里（不能一个在表格里、一个在表格外）；"
    "如不是这个原因，请用 Word 或 WPS 另存为 .docx 后再试"
)
UNSOUND = (
    etree.XMLSyntaxError,
    AttributeError,
    KeyError,
    ValueError,
)  # what the libraries say of such a file


class FieldsOnly(ImmutableSandboxedEnvironment):
    """Judges whatever is about to be filled, wherever it stands: `lettercheck` names what people see as text, but tags
    also lie in descriptions of pictures, field codes, deleted text and properties. What is not a field or `if` never runs.
    """

    def from_string(
        self,
        source: str | nodes.Template,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 (its name in jinja2)
        template_class: type[Template] | None = None,
    ) -> Template:
        """Raises SecurityError."""
        tree = self.parse(source) if isinstance(source, str) else source
        if not lettercheck.fields_alone(tree):
            raise SecurityError(HIDDEN)
        return super().from_string(tree, globals, template_class)


class Form(DocxTemplate):  # type: ignore[misc] # the library has no types
    """A form whose parts must still be XML when they are filled: the library mends them by leaving things out."""

    def render_xml_part(self, *given: Any, **more: Any) -> str:
        """Raises etree.XMLSyntaxError."""
        filled: str = super().render_xml_part(*given, **more)
        etree.fromstring(filled.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        return filled


def made(form: bytes, facts: Mapping[str, str], day: datetime) -> bytes:
    """The letter. `form` has been through `lettercheck.check`; raises Faulty where it still can't be filled."""
    document = Form(BytesIO(form))
    words = {name: facts.get(name, "") for name in FIELDS}
    environment = FieldsOnly(undefined=StrictUndefined, autoescape=True)
    try:
        document.render(words, jinja_env=environment, autoescape=True)
    except TemplateError as error:
        raise Faulty(
            [Fault(words["文书"], f"格式文件填不了（{error}），请用 duban letter template check 检查")]
        ) from error
    except UNSOUND as error:
        raise Faulty([Fault(words["文书"], TORN)]) from error
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
