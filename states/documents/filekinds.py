"""Kinds of files that are taken, told apart by their first bytes. A table of our own: what offices really send.

A library would know a thousand kinds, of which these thirty are wanted, and would say nothing of macros.
"""

from __future__ import annotations

from dataclasses import dataclass

from states.evidence import Family

OFFICE = "application/vnd.openxmlformats-officedocument."
OPEN = "application/vnd.oasis.opendocument."


@dataclass(frozen=True)
class FileKind:
    """A kind of file: its key, what people call it, under which endings it may come, and its media type."""

    key: str
    words: str
    family: Family
    endings: tuple[str, ...]
    media: str


KINDS = {
    kind.key: kind
    for kind in (
        FileKind("pdf", "PDF", Family.pdf, ("pdf",), "application/pdf"),
        FileKind("ofd", "OFD", Family.ofd, ("ofd",), "application/ofd"),
        FileKind("docx", "Word 文档", Family.word, ("docx", "wps"), f"{OFFICE}wordprocessingml.document"),
        FileKind("xlsx", "Excel 工作簿", Family.excel, ("xlsx", "et"), f"{OFFICE}spreadsheetml.sheet"),
        FileKind("pptx", "演示文稿", Family.slides, ("pptx", "dps"), f"{OFFICE}presentationml.presentation"),
        FileKind("doc", "旧版 Word 文档", Family.word, ("doc", "wps"), "application/msword"),
        FileKind("xls", "旧版 Excel 工作簿", Family.excel, ("xls", "et"), "application/vnd.ms-excel"),
        FileKind("ppt", "旧版演示文稿", Family.slides, ("ppt", "dps"), "application/vnd.ms-powerpoint"),
        FileKind("rtf", "RTF 文档", Family.word, ("rtf", "doc"), "application/rtf"),
        FileKind("odt", "OpenDocument 文档", Family.word, ("odt",), f"{OPEN}text"),
        FileKind("ods", "OpenDocument 表格", Family.excel, ("ods",), f"{OPEN}spreadsheet"),
        FileKind("odp", "OpenDocument 演示文稿", Family.slides, ("odp",), f"{OPEN}presentation"),
        FileKind("jpg", "JPEG 图片", Family.image, ("jpg", "jpeg"), "image/jpeg"),
        FileKind("png", "PNG 图片", Family.image, ("png",), "image/png"),
        FileKind("gif", "GIF 图片", Family.image, ("gif",), "image/gif"),
        FileKind("bmp", "BMP 图片", Family.image, ("bmp",), "image/bmp"),
        FileKind("webp", "WebP 图片", Family.image, ("webp",), "image/webp"),
        FileKind("tiff", "TIFF 图片", Family.image, ("tif", "tiff"), "image/tiff"),
        FileKind("heic", "HEIC 图片", Family.image, ("heic", "heif"), "image/heic"),
        FileKind("mp4", "MP4 视频", Family.video, ("mp4", "mov", "m4v", "3gp"), "video/mp4"),
        FileKind("avi", "AVI 视频", Family.video, ("avi",), "video/x-msvideo"),
        FileKind("wmv", "Windows 媒体", Family.video, ("wmv", "asf"), "video/x-ms-asf"),
        FileKind("mkv", "Matroska 视频", Family.video, ("mkv", "webm"), "video/x-matroska"),
        FileKind("m4a", "M4A 录音", Family.audio, ("m4a",), "audio/mp4"),
        FileKind("mp3", "MP3 录音", Family.audio, ("mp3",), "audio/mpeg"),
        FileKind("wav", "WAV 录音", Family.audio, ("wav",), "audio/wav"),
        FileKind("amr", "AMR 录音", Family.audio, ("amr",), "audio/amr"),
        FileKind("text", "文本", Family.text, ("txt", "csv", "md", "yaml", "yml"), "text/plain"),
        FileKind("zip", "ZIP 压缩包", Family.archive, ("zip",), "application/zip"),
        FileKind("rar", "RAR 压缩包", Family.archive, ("rar",), "application/vnd.rar"),
        FileKind("7z", "7z 压缩包", Family.archive, ("7z",), "application/x-7z-compressed"),
    )
}
ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PHOTOS_IN_BOXES = (b"heic", b"heix", b"heif", b"mif1", b"msf1", b"hevc")

# (offset, bytes) pairs that must all be there → kind
SIGNATURES: tuple[tuple[tuple[tuple[int, bytes], ...], str], ...] = (
    (((0, b"%PDF-"),), "pdf"),
    (((0, b"{\\rtf"),), "rtf"),
    (((0, b"\xff\xd8\xff"),), "jpg"),
    (((0, b"\x89PNG\r\n\x1a\n"),), "png"),
    (((0, b"GIF87a"),), "gif"),
    (((0, b"GIF89a"),), "gif"),
    (((0, b"BM"), (6, b"\0\0\0\0")), "bmp"),
    (((0, b"RIFF"), (8, b"WEBP")), "webp"),
    (((0, b"RIFF"), (8, b"AVI ")), "avi"),
    (((0, b"RIFF"), (8, b"WAVE")), "wav"),
    (((0, b"II*\0"),), "tiff"),
    (((0, b"MM\0*"),), "tiff"),
    *((((4, b"ftyp"), (8, brand)), "heic") for brand in PHOTOS_IN_BOXES),
    (((4, b"ftypM4A"),), "m4a"),
    (((4, b"ftyp"),), "mp4"),
    (((0, b"0&\xb2u\x8ef\xcf\x11"),), "wmv"),
    (((0, b"\x1aE\xdf\xa3"),), "mkv"),
    (((0, b"ID3"),), "mp3"),
    (((0, b"\xff\xfb"),), "mp3"),
    (((0, b"\xff\xf3"),), "mp3"),
    (((0, b"#!AMR"),), "amr"),
    (((0, b"Rar!\x1a\x07"),), "rar"),
    (((0, b"7z\xbc\xaf\x27\x1c"),), "7z"),
)
# Beginnings of what is never taken, in small letters.
HARMFUL = {
    b"mz": "可执行程序",
    b"\x7felf": "可执行程序",
    b"\xca\xfe\xba\xbe": "可执行程序",
    b"#!": "脚本",
    b"<": "网页或 XML",
    b"@echo": "脚本",
    b"l\0\0\0\x01\x14\x02\0": "快捷方式",
}


def by_signature(head: bytes) -> FileKind | None:
    """The kind that the first bytes tell of; None for containers (ZIP, OLE), text and the unknown."""
    for parts, key in SIGNATURES:
        if all(head[at : at + len(magic)] == magic for at, magic in parts):
            return KINDS[key]
    return None


def harmful(head: bytes) -> str | None:
    """What the first bytes give away that is never taken."""
    bare = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((what for magic, what in HARMFUL.items() if bare.startswith(magic)), None)
