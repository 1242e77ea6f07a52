import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources.charset import decode_page

GERMAN = "Die Prüfung der Größe dauert fünf Übungen, schön für alle Mädchen und Jungen"
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю"
JAPANESE = "これは日本語の文章です。漢字とかなが混ざっています。"


@pytest.mark.parametrize(
    ("text", "encoding", "header", "meta"),
    [
        (GERMAN, "utf-8", "", ""),
        (GERMAN, "utf-8", "text/html; charset=iso-8859-1", ""),
        (GERMAN, "latin-1", "text/html; charset=utf-8", "iso-8859-1"),
        (GERMAN + " „Zitat“", "cp1252", 'text/html; charset="ISO-8859-1"', ""),
        (RUSSIAN, "koi8-r", "text/html;charset=KOI8-R", ""),
        (RUSSIAN, "cp1251", "", "windows-1251"),
        (JAPANESE, "shift_jis", "", "Shift_JIS"),
        (JAPANESE, "euc_jp", "text/html; charset=euc-jp", ""),
        (JAPANESE, "iso2022_jp", "", ""),
        (JAPANESE, "utf-16", "text/html; charset=windows-1252", ""),
        (JAPANESE, "utf-8-sig", "text/html; charset=shift_jis", ""),
        (GERMAN, "latin-1", "text/html; charset=nonsense", ""),
        ((RUSSIAN + ". ") * 5, "cp1251", "", ""),
    ],
)
def test_the_charset_is_found(text: str, encoding: str, header: str, meta: str) -> None:
    page = (f'<html><meta charset="{meta}">' if meta else "") + text
    assert decode_page(page.encode(encoding), header).text == page


def test_the_recipe_s_charset_is_final() -> None:
    assert decode_page(GERMAN.encode(), override="latin-1").text == GERMAN.encode().decode("latin-1")


def test_invalid_bytes_are_replaced_and_counted() -> None:
    decoded = decode_page(b"\xff a \xe4\xb8 \xef\xbf\xbd", "text/plain; charset=utf-8")
    assert decoded == ("\ufffd a \ufffd \ufffd", "utf-8", 2)


@given(st.binary(max_size=300), st.text(max_size=40))
def test_any_bytes_are_decoded_into_text_that_arrow_can_hold(data: bytes, header: str) -> None:
    for content_type in ("", header, "charset=" + header):
        decoded = decode_page(data, content_type)
        decoded.text.encode()


@given(st.text())
def test_utf_8_is_never_taken_for_anything_else(text: str) -> None:
    if not text.startswith(("\ufeff", "\ufffe")):
        assert decode_page(text.encode(), "text/html; charset=windows-1252") == (text, "utf-8", 0)


def test_detection_on_pages_of_many_charsets(shared_data: Path) -> None:
    folder = shared_data / "extraction" / "chardet-encodings"
    right = total = 0
    for path in sorted(folder.rglob("*")):
        # Folders are called after the charset, some with a language behind it: iso-8859-2-polish.
        encoding = re.sub(r"(?<=\d)-[a-z]+$", "", path.parent.name.lower())
        try:
            truth = path.read_bytes().decode(encoding)
        except (LookupError, UnicodeDecodeError, IsADirectoryError):
            continue
        total += 1
        right += decode_page(path.read_bytes()).text.lstrip("\ufeff") == truth.lstrip("\ufeff")
    if not total:
        pytest.skip("no file of a charset that Python knows")
    assert right / total > 0.6, (right, total)
