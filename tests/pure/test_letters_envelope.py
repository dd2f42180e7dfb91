"""A letter as an e-mail: headers that nobody can add to, bodies and attachments that come out as they went in."""

import email
import email.policy
from dataclasses import replace
from datetime import date, datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.errors import Faulty
from states.letters import (
    Attachment,
    Letter,
    Line,
    Message,
    check_address,
    message_id,
    plain,
    render,
    to_email,
)
from states.letters.cleaning import file_name

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 12, 3, 9, tzinfo=ZONE)
SENDER = "duban@example.org"
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
}
LETTER = Letter(
    "wang@example.org", "王示例", "督办提醒", "正文\n", "<p>正文</p>\n", message_id("k", SENDER), NOW
)


def sent(letter: Letter) -> EmailMessage:
    """The mail as a receiver's program reads it."""
    return email.message_from_bytes(to_email(letter, SENDER).as_bytes(), policy=email.policy.default)


def receivers(mail: EmailMessage) -> list[tuple[str, str]]:
    return [(address.display_name, address.addr_spec) for address in mail["To"].addresses]


def body(mail: EmailMessage, kind: str) -> str:
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def test_the_headers_are_these_and_no_others() -> None:
    mail = sent(LETTER)
    assert set(mail.keys()) == HEADERS
    assert str(mail["From"]) == "督办提醒 <duban@example.org>"
    assert receivers(mail) == [("王示例", "wang@example.org")]
    assert mail["Date"].datetime == NOW
    assert mail["Message-ID"] == LETTER.message_id
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"


@pytest.mark.parametrize(
    "name", ["王示例\r\nBcc: x@example.org", "王\nBcc: x@example.org", "王\x85\u2028\x00\x0bBcc: x@y"]
)
def test_a_line_break_in_a_name_or_subject_makes_no_header(name: str) -> None:
    mail = sent(replace(LETTER, name=name, subject=name))
    assert set(mail.keys()) == HEADERS
    assert [address for _, address in receivers(mail)] == ["wang@example.org"]
    assert str(mail["Subject"]).startswith("王")
    assert "Bcc: x@" in str(mail["Subject"])


def test_a_line_break_in_a_template_title_reaches_the_subject_as_a_space() -> None:
    line = Line("示例", "示例县医院", "报告\r\nBcc: x@example.org", None, "", "催办", "原因")
    message = Message(
        "k", "urgent", "wang@example.org", "王\r\nCc: y@example.org", date(2026, 12, 3), (line,)
    )
    letter = render(message, sender=SENDER, base_url="http://duban.example.test", now=NOW, zone=ZONE)
    assert letter.subject == "督办急件（催办）：报告 Bcc: x@example.org（12月3日）"
    assert letter.name == "王 Cc: y@example.org"


@pytest.mark.parametrize(
    "name",
    [
        '王, 示例 <evil@example.org>, "q" (c)',
        "a, b <evil@example.org>",
        "王示例, 组长",
        "\\",
        '"',
        "",
        "=?utf-8?q?x?=",
    ],
)
def test_punctuation_in_a_name_adds_no_receiver(name: str) -> None:
    assert [address for _, address in receivers(sent(replace(LETTER, name=name)))] == ["wang@example.org"]


@given(st.text(max_size=300))
def test_whatever_the_name_and_subject_there_is_one_receiver_and_no_new_header(text: str) -> None:
    mail = sent(replace(LETTER, name=text, subject=text))
    assert set(mail.keys()) <= HEADERS
    assert [address for _, address in receivers(mail)] == ["wang@example.org"]


def test_a_name_of_ten_thousand_characters_is_cut() -> None:
    mail = to_email(replace(LETTER, name="王" * 10_000, subject="督" * 10_000), SENDER)
    assert len(mail["To"].addresses[0].display_name) == 60
    assert len(mail["Subject"]) == 150
    assert mail["Subject"].endswith("督…")


def test_a_very_long_line_of_a_plan_does_not_make_a_very_long_mail() -> None:
    line = Line(
        "行" * 10_000, "单" * 10_000, "报" * 10_000, None, "限" * 10_000, "催" * 10_000, "因" * 10_000
    )
    message = Message("k", "urgent", "wang@example.org", "王" * 10_000, date(2026, 12, 3), (line,))
    letter = render(message, sender=SENDER, base_url="http://duban.example.test", now=NOW, zone=ZONE)
    assert len(letter.text) < 1_200
    assert len(letter.subject) < 200


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("王\u202e例示", "王例示"),
        ("\u200f王\u200b\ufeff示\u2066例", "王示例"),
        ("  王 \t 示例\r\n", "王 示例"),
        ("王\ud800示", "王示"),
        ("王示例", "王示例"),
        ("𠮷野家", "𠮷野家"),
        ("王示例王示例王", "王示例王示例王"),
        ("王示例王示例王示", "王示例王示例…"),
    ],
)
def test_invisible_characters_go_and_the_rest_stays(raw: str, clean: str) -> None:
    assert plain(raw, 7) == clean


@given(st.text(max_size=200), st.integers(2, 40))
def test_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    once = plain(text, limit)
    assert plain(once, limit) == once
    assert len(once) <= limit


def test_both_bodies_come_out_as_they_went_in() -> None:
    text, html = "第一行\n\n.以点开头\n" + "长" * 3000 + "\n", "<p>" + "长" * 3000 + "</p>\n"
    mail = sent(replace(LETTER, text=text, html=html))
    assert body(mail, "plain") == text
    assert body(mail, "html") == html


def test_every_line_on_the_wire_is_ascii_and_short() -> None:
    letter = replace(
        LETTER,
        name="王" * 60,
        subject="督" * 150,
        text="长" * 5000,
        attachments=(Attachment("长" * 70, b"x" * 999, "text/csv"),),
    )
    lines = to_email(letter, SENDER).as_bytes().split(b"\r\n")
    assert all(line.isascii() and len(line) <= 100 and b"\n" not in line for line in lines)


def test_an_attachment_keeps_its_chinese_name_and_its_bytes() -> None:
    name = "示例县督办情况统计表（各单位逾期明细）12月3日.xlsx"
    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    sheet = Attachment(name, bytes(range(256)), media)
    mail = to_email(
        replace(LETTER, attachments=(sheet, replace(sheet, filename="b.csv", media="text/csv"))), SENDER
    )
    assert b"filename*0*=utf-8''" in mail.as_bytes()
    received = email.message_from_bytes(mail.as_bytes(), policy=email.policy.default)
    first, second = received.iter_attachments()
    assert first.get_filename() == name
    assert first.get_content_type() == media
    assert first.get_content() == bytes(range(256))
    assert second.get_filename() == "b.csv"
    assert body(received, "plain") == "正文\n"


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("../../etc/passwd", "_.._etc_passwd"),
        ("统计\u202excod.exe", "统计xcod.exe"),
        ("a\r\nb.xlsx", "a b.xlsx"),
        ("", "attachment"),
        ("长" * 300 + ".xlsx", "长" * 74 + "….xlsx"),
        ("没有后缀", "没有后缀"),
        ("一份.不是后缀的很长结尾文字", "一份.不是后缀的很长结尾文字"),
    ],
)
def test_a_file_name_is_only_a_name(raw: str, clean: str) -> None:
    assert file_name(raw) == clean


def test_a_media_type_that_is_none_is_a_mistake_of_ours() -> None:
    for media in ("nonsense", "", "a/b\r\nBcc: x@example.org"):
        with pytest.raises(ValueError, match="not a media type"):
            Attachment("a", b"", media)


def test_the_message_id_depends_on_the_key_alone() -> None:
    first, again, other = message_id("甲", SENDER), message_id("甲", SENDER), message_id("乙", SENDER)
    assert first == again
    assert first != other
    assert first.endswith("@example.org>")
    assert message_id("甲", "duban@例子.example").endswith("@xn--fsqu00a.example>")


def test_a_message_id_with_a_long_domain_stays_whole() -> None:
    whole = message_id("k", "d@" + ".".join(["a" * 50] * 4) + ".example.org")
    assert sent(replace(LETTER, message_id=whole))["Message-ID"] == whole


@pytest.mark.parametrize(
    ("address", "ascii_domain"),
    [
        ("wang@example.org", "wang@example.org"),
        ("wang.li+du-ban@mail.example.org", "wang.li+du-ban@mail.example.org"),
        ("wang@localhost", "wang@localhost"),
        ("wang@例子.example", "wang@xn--fsqu00a.example"),
        ("王示例@example.org", "王示例@example.org"),
    ],
)
def test_addresses_that_can_be_written_to(address: str, ascii_domain: str) -> None:
    assert check_address(address) == ascii_domain


@pytest.mark.parametrize(
    "address",
    [
        "",
        "wang",
        "wang@",
        "@example.org",
        "wang@a@b",
        "wang@example.org\r\nBcc: x@example.org",
        "wang@example.org\n",
        "wang li@example.org",
        "<wang@example.org>",
        "wang@example.org, li@example.org",
        "wang@exa\u202emple.org",
        "w" * 65 + "@example.org",
        "w@" + "a" * 64 + ".org",
        "w@" + ".".join(["a" * 60] * 5),
        "王" * 64 + "@" + "a" * 60 + ".example.org",
        "w@a..b",
        "wang\u3000@example.org",
        "w\ud800@example.org",
    ],
)
def test_what_is_no_address_gets_no_mail(address: str) -> None:
    with pytest.raises(Faulty, match=r"收件地址：“.*在单位联系人中更正"):
        to_email(replace(LETTER, to=address), SENDER)


def test_an_address_in_chinese_keeps_its_headers_in_utf8() -> None:
    mail = to_email(replace(LETTER, to="王示例@例子.example"), SENDER)
    assert "To: 王示例 <王示例@xn--fsqu00a.example>\r\n".encode() in mail.as_bytes()
