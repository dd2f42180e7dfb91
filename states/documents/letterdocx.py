"""The docx of letters as duban makes them itself: plain official papers, to be used as they are or edited in Word, WPS.

After the look of GB/T 9704: A4, its margins, 小标宋 for the heading, 仿宋 of size 三号 on a fixed line of 28 pt for the
text. No seal and no red head: both are the issuer's.
"""

from __future__ import annotations

from xml.sax.saxutils import escape

from states.documents.letterfields import COLOURS, Wording, wording
from states.documents.zipping import fixed

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
HEADING, TEXT, BOLD = "方正小标宋简体", "仿宋_GB2312", "黑体"
WIDTH = 8_844  # twentieths of a point between the margins

_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>"""
_RELS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties" Target="docProps/core.xml"/></Relationships>"""
_PARTS = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"""
_CORE = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title></dc:title><dcterms:created xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:created><dcterms:modified xsi:type="dcterms:W3CDTF">2026-01-01T00:00:00Z</dcterms:modified></cp:coreProperties>"""
_STYLES = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="{W}"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="{TEXT}" w:cs="Times New Roman" w:hint="eastAsia"/><w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:line="560" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style></w:styles>"""
_PAGE = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="992" w:gutter="0"/></w:sectPr>'
)


def default(name: str, colour: str | None = None) -> bytes:
    """The form for letters of that name; the same bytes every time."""
    words = wording(name)
    body = _head(colour) + (_sheet(words) if words.sheet else _text(words)) + _foot()
    document = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:document xmlns:w="{W}"><w:body>{body}{_PAGE}</w:body></w:document>'
    return fixed(
        {
            "[Content_Types].xml": _TYPES.encode(),
            "_rels/.rels": _RELS.encode(),
            "word/document.xml": document.encode(),
            "word/_rels/document.xml.rels": _PARTS.encode(),
            "word/styles.xml": _STYLES.encode(),
            "docProps/core.xml": _CORE.encode(),
        }
    )


def _head(colour: str | None) -> str:
    band = _band(*COLOURS[colour]) if colour else ""
    rule = '<w:pBdr><w:bottom w:val="single" w:sz="12" w:space="6" w:color="auto"/></w:pBdr>'
    return (
        band
        + _p("{{ 发文单位 }}", align="center", font=HEADING, size=36, line=800)
        + _p("{{ 文书 }}", align="center", font=HEADING, size=44, line=900)
        + _p("{{ 文号 }}", align="center", border=rule)
        + _p("", line=400)
    )


def _band(word: str, fill: str) -> str:
    """The grade of a 督办单 as a coloured strip."""
    ink = "000000" if word == "黄" else "FFFFFF"
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>'
    return _p(f"{word}色督办", align="center", font=BOLD, size=28, border=shade, colour=ink)


def _text(words: Wording) -> str:
    asks = _p("{%p if 回复 %}") + _p(words.asks, indent=True) + _p("{%p endif %}")
    body = "".join(_p(one, indent=True) for one in words.body)
    return _p("{{ 主送 }}：") + body + asks


def _sheet(words: Wording) -> str:
    """A form with a row to sign."""
    rows = [
        ("被督办单位", "{{ 主送 }}"),
        ("专项行动", "{{ 专项行动 }}"),
        ("督办依据", "{{ 依据 }}"),
        ("督办事项", "{{ 事项 }}"),
        ("原定期限", "{{ 期限 }}"),
        ("逾期情况", "{{ 情况 }}"),
        ("办理要求", "请立即办理。{% if 回复 %}" + words.asks + "{% endif %}"),
        ("签收人", ""),
        ("签收日期", "　　　　年　　月　　日"),
    ]
    lines = "".join(
        f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="600" w:hRule="atLeast"/></w:trPr>{_cell(2_200, name, BOLD)}{_cell(WIDTH - 2_200, text, TEXT)}</w:tr>'
        for name, text in rows
    )
    edges = "".join(
        f'<w:{side} w:val="single" w:sz="6" w:space="0" w:color="auto"/>'
        for side in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    grid = f'<w:tblGrid><w:gridCol w:w="2200"/><w:gridCol w:w="{WIDTH - 2_200}"/></w:tblGrid>'
    return f'<w:tbl><w:tblPr><w:tblW w:w="{WIDTH}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>{edges}</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="60" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="60" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr>{grid}{lines}</w:tbl>'


def _cell(width: int, text: str, font: str) -> str:
    shape = f'<w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
    align = "center" if font == BOLD else "left"
    return f"<w:tc>{shape}{_p(text, align=align, font=font, size=28, line=420)}</w:tc>"


def _foot() -> str:
    return (
        _p("", line=300)
        + _p("{{ 发文单位 }}", align="right", keep=True)
        + _p("{{ 日期 }}", align="right")
        + _p("{%p if 抄送 %}")
        + _p("抄送：{{ 抄送 }}", size=28)
        + _p("{%p endif %}")
    )


def _p(
    text: str,
    *,
    align: str = "both",
    font: str = TEXT,
    size: int = 32,
    line: int = 560,
    indent: bool = False,
    border: str = "",
    colour: str = "",
    keep: bool = False,
) -> str:
    """A paragraph; `size` in half points, `line` in twentieths of a point, `indent`: two characters, `keep`: on the page of the
    next one.
    """
    first = '<w:ind w:firstLineChars="200" w:firstLine="640"/>' if indent else ""
    ink = f'<w:color w:val="{colour}"/>' if colour else ""
    fonts = f'<w:rFonts w:eastAsia="{font}" w:hint="eastAsia"/>'
    run = f'<w:r><w:rPr>{fonts}{ink}<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    together = "<w:keepNext/>" if keep else ""
    shape = f'<w:pPr>{together}{border}<w:spacing w:line="{line}" w:lineRule="exact"/>{first}<w:jc w:val="{align}"/></w:pPr>'
    return f"<w:p>{shape}{run if text else ''}</w:p>"
