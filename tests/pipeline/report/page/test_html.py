"""Text from the data stays text."""

from __future__ import annotations

import json
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.page.html import Html, data, join, names, table, tag, text


@given(st.text())
def test_text_is_no_markup(value: str) -> None:
    for written in (text(value), tag("p", value)[3:-4], names(value).replace("<wbr>", "")):
        assert not set('<>"') & set(written)
        shown = "".join(char if char.isprintable() or char == "\n" else " " for char in value)
        assert unescape(written) == shown


@given(st.text())
def test_attributes_stay_in_their_quotes(value: str) -> None:
    written = tag("input", title=value, checked=False, class_=None)
    assert written.startswith('<input title="') and written.endswith('">')
    assert written.count('"') == 2 and written.count("<") == 1


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_data_cannot_end_its_script(value: object) -> None:
    written = data("a", value)
    content = written.removeprefix('<script type="application/json" id="a">').removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(content)
    assert json.loads(content) == value


def test_markup_is_not_escaped_twice() -> None:
    assert join(["a & b", tag("b", "<")], "<") == "a &amp; b&lt;<b>&lt;</b>"
    assert isinstance(tag("p", Html("<i>x</i>")), Html)
    cells = table(["a<", ""], [["<b>", tag("i", "1")]])
    assert "<th>a&lt;<th><tbody><tr><th>&lt;b&gt;<td><i>1</i></table>" in cells
