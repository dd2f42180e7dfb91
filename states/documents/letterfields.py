"""What a letter can say: its fields by their Chinese names, and the sentences of the letters that duban makes itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from states.dates import parse_offset

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MEASURES = {"wd": "个工作日", "d": "日", "w": "周", "m": "个月", "h": "小时"}
FIELDS: Mapping[str, str] = {
    "文书": "文书名称，如 约谈通知书",
    "文号": "如 〔2026〕1号",
    "发文单位": "组织这次专项行动的单位",
    "主送": "收到文书的单位",
    "抄送": "抄送谁；没有则空",
    "专项行动": "专项行动名称",
    "依据": "方案的标题和文号；没有写明则为专项行动名称",
    "事项": "逾期未办结的事项",
    "期限": "如 2026年3月12日18:00",
    "逾期": "逾期几个工作日；没有期限则空",
    "情况": "一句话：什么事项应于何时办结，逾期多久",
    "措施": "方案规定的这一级，如 约谈",
    "对象": "文书发给哪些人（岗位）",
    "回复": "如 收到之日起3个工作日内；不要求回复则空",
    "理由": "决定人写明的理由",
    "决定人": "确认发文的人",
    "日期": "如 2026年3月19日",
    "颜色": "蓝、黄或红；没有则空",
}
COLOURS: Mapping[str, tuple[str, str]] = {
    "blue": ("蓝", "2F75B5"),
    "yellow": ("黄", "FFC000"),
    "red": ("红", "C00000"),
}


@dataclass(frozen=True)
class Wording:
    """The body of a letter: paragraphs with tags; `asks` is said where a reply is wanted. `sheet`: a form to sign."""

    body: tuple[str, ...]
    asks: str = "请于{{ 回复 }}将整改情况书面回复我单位。"
    sheet: bool = False


GENERAL = Wording(
    ("根据{{ 依据 }}，现就“{{ 专项行动 }}”中的有关事项通知如下：", "{{ 情况 }}。请立即办理。"),
)
WORDINGS: Mapping[str, Wording] = {
    "约谈通知书": Wording(
        (
            "在“{{ 专项行动 }}”中，{{ 情况 }}。经多次催办仍未办结。",
            "根据{{ 依据 }}，决定对你单位{{ 对象 }}进行约谈。约谈的时间、地点另行通知，请提前准备事项未按期办结的原因和下一步整改措施。",
        ),
        "请于{{ 回复 }}将整改情况书面回复我单位。",
    ),
    "通报": Wording(
        (
            "在“{{ 专项行动 }}”中，{{ 主送 }}承担的事项未按期办结：{{ 情况 }}。",
            "根据{{ 依据 }}，现予以通报。请立即组织办理，并对照检查，举一反三，防止类似问题再次发生。",
        ),
    ),
    "督办单": Wording((), "请于{{ 回复 }}书面反馈办理结果。", sheet=True),
    "提醒敦促函": Wording(
        (
            "在“{{ 专项行动 }}”中，{{ 情况 }}。",
            "根据{{ 依据 }}，特此提醒，并敦促你单位主要负责同志亲自过问，抓紧办理。",
        ),
    ),
    "整改通知书": Wording(
        (
            "在“{{ 专项行动 }}”中，{{ 情况 }}。",
            "根据{{ 依据 }}，责令你单位立即整改，逐条明确整改措施、责任人和完成时限。",
        ),
    ),
}


def reply_words(reply: str) -> str:
    """`+3wd` → 3个工作日."""
    offset = parse_offset(reply)
    return f"{offset.n}{MEASURES[offset.unit]}"


def wording(name: str) -> Wording:
    """The sentences for letters of that name; of a name ending alike (挂牌督办单) those of the known one."""
    alike = (words for known, words in WORDINGS.items() if name.endswith(known))
    return WORDINGS.get(name) or next(alike, GENERAL)


def example(name: str = "约谈通知书") -> dict[str, str]:
    """Every field filled with something plainly invented, to try a form."""
    return {
        "文书": name,
        "文号": "〔2026〕1号",
        "发文单位": "示例市卫生健康委员会",
        "主送": "示例甲县人民医院",
        "抄送": "示例甲县卫生健康局",
        "专项行动": "示例专项整治",
        "依据": "《示例专项整治方案》（示卫发〔2026〕2号）",
        "事项": "自查报告",
        "期限": "2026年3月12日18:00",
        "逾期": "5个工作日",
        "情况": "“自查报告”应于2026年3月12日18:00前办结，截至2026年3月19日已逾期5个工作日",
        "措施": "约谈",
        "对象": "主要负责人、分管领导",
        "回复": "收到之日起3个工作日内",
        "理由": "三次催办没有回音",
        "决定人": "王示例",
        "日期": "2026年3月19日",
        "颜色": "",
    }
