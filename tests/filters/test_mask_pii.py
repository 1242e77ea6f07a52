"""Masking: what is an address and what only looks like one, and the quick look that must miss none."""

import json
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filters.mask_pii import MaskPii, is_public

STAGE = MaskPii(email="<E>", ipv4="<4>", ipv6="<6>")


def edit(stage: MaskPii, *texts: str | None) -> list[str]:
    return stage.edit(pa.record_batch({"text": pa.array(texts, pa.large_string())})).to_pylist()


CHARACTERS = st.characters(exclude_categories=["Cs"])
# Words that addresses are made of, so that the pieces often make one.
PIECES = st.sampled_from(
    [
        "anna",
        ".",
        "@",
        "8",
        "8.8.4.4",
        ":",
        "::",
        "2a00",
        "2001:4860::8",
        "b",
        "-",
        "_",
        "é",
        "白",
        " ",
        "\n",
        "1.2.3",
        "com",
    ]
)
DENSE = st.lists(PIECES, max_size=14).map("".join)


@given(st.lists(DENSE | st.text(CHARACTERS, max_size=30) | st.text("a1.@: \n", max_size=20), max_size=5))
def test_the_quick_look_misses_nothing(texts: list[str]) -> None:
    assert edit(STAGE, *texts) == [STAGE.mask(text) for text in texts]
    assert edit(MaskPii(email=None, ipv6=None, ipv4="<4>"), *texts) == [
        MaskPii(email=None, ipv6=None, ipv4="<4>").mask(text) for text in texts
    ]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Write to anna.berg+news@mail.example.org, please.", "Write to <E>, please."),
        ("<anna@example.org>(b_c@d.io)'e@f.de'", "<<E>>(<E>)'<E>'"),
        ("mailto:anna@example.org?subject=x", "mailto:<E>?subject=x"),
        ("o'neill@example.org. Next", "<E>. Next"),
        ("jörg@münchen.example", "<E>"),
        ("иван@почта.рф", "иван@почта.рф"),  # a top-level domain is written in Latin letters or as xn--
        ("иван@xn--80a1acny.xn--p1ai", "<E>"),
        ("联系anna@example.org谢谢", "联系<E>谢谢"),
        ("first..last@example.org", "first..<E>"),
        ("a@b.c", "a@b.c"),
        ("a@b", "a@b"),
        ("@anna.berg and anna@", "@anna.berg and anna@"),
        ("logo@2x.png logo@2x.PNG, a@2x.pngs.org", "logo@2x.png logo@2x.PNG, <E>"),
        ("a@b.com@c.org", "a@<E>"),
        ("ping 8.8.8.8, or 8.8.8.8:53 or 1.1.1.0/24.", "ping <4>, or <4>:53 or <4>/24."),
        ("10.0.0.1 192.168.1.1 127.0.0.1 192.0.2.7 224.0.0.1 255.255.255.255 100.64.0.1 0.0.0.0", None),
        ("version 1.2.3.4.5, v8.8.8.8, 8.8.8.8b, 8.8.8, 256.8.8.8, 1234.8.8.8, 08.8.8.8, ٨.8.8.8", None),
        ("from 2a00:1450:4001:81b::200e to 2001:4860:4860::8888!", "from <6> to <6>!"),
        ("[2001:4860:4860:0:0:0:0:8888]:80", "[<6>]:80"),
        ("::1 fe80::1 fd00::1 2001:db8::1 ff02::1 12:30:45 aa:bb:cc:dd:ee:ff std::vector face::bad ::", None),
        ("::ffff:8.8.8.8", "::ffff:<4>"),
        ("", ""),
        ("\0", "\0"),
    ],
)
def test_what_is_an_address(text: str, masked: str | None) -> None:
    assert edit(STAGE, text) == [text if masked is None else masked]


@given(st.ip_addresses())
def test_public_addresses_go_and_others_stay(address: object) -> None:
    text = f"host {address} up"
    masked = edit(STAGE, text)[0]
    assert masked == (text if not is_public(str(address)) else f"host <{address.version}> up")  # type: ignore[attr-defined]


@given(st.ip_addresses(v=4))
def test_every_ipv4_address_is_public_private_reserved_or_multicast(address: object) -> None:
    quiet = ("is_private", "is_reserved", "is_multicast", "is_loopback", "is_link_local", "is_unspecified")
    if is_public(str(address)):
        assert not any(getattr(address, name) for name in quiet)


@given(st.emails(domains=st.sampled_from(["example.org", "mail.example.co.uk"])))
def test_e_mail_addresses_in_a_sentence(address: str) -> None:
    name = address.partition("@")[0]
    if not set(name) & set("!#$%&*/=?^`{|}") and name[0] not in "+'~-":
        assert edit(STAGE, f"Ask {address} about it.") == ["Ask <E> about it."]


def test_what_stands_for_an_address_is_taken_literally() -> None:
    assert edit(MaskPii(email=r"\1\g<0>"), "a@b.org") == [r"\1\g<0>"]
    assert edit(MaskPii(email=""), "a@b.org") == [""]


def test_what_the_defaults_write_is_left_alone() -> None:
    once = edit(MaskPii(), "a@b.org 8.8.8.8 2a00::1")
    assert once == ["email@example.com 192.0.2.1 2001:db8::1"] == edit(MaskPii(), *once)


def test_null_is_off() -> None:
    off = MaskPii(email=None, ipv4=None, ipv6=None)
    assert edit(off, "a@b.org 8.8.8.8 2a00::1") == ["a@b.org 8.8.8.8 2a00::1"]


def test_long_odd_texts_cost_no_more_than_their_length() -> None:
    """Each of these takes minutes with a pattern that backtracks over the whole text."""
    texts = [
        "a" * 300_000 + "@",
        "a." * 150_000 + "@b",
        "a@" + "b." * 150_000,
        "a@" + "b-" * 150_000,
        "1.1.1.1." * 40_000,
    ]
    texts += ["a:" * 150_000, "::" * 150_000, "a@b" * 100_000]
    assert edit(STAGE, *texts) == texts


def test_a_slice_of_a_column() -> None:
    batch = pa.record_batch({"text": pa.array(["a@b.org", "c@d.org", "e", "8.8.8.8"], pa.large_string())})
    assert STAGE.edit(batch.slice(1, 3)).to_pylist() == ["<E>", "e", "<4>"]
    assert STAGE.edit(batch.slice(2, 1)).to_pylist() == ["e"]


def test_synthetic_texts_with_known_addresses(shared_data: Path) -> None:
    file = shared_data / "pii" / "presidio-research" / "data" / "synth_dataset_v2.json"
    documents = json.loads(file.read_text(encoding="utf-8"))
    planted = found = masked = 0
    for document in documents:
        text = MaskPii(email="\ue000", ipv4=None, ipv6=None).mask(document["full_text"])
        addresses = [s["entity_value"] for s in document["spans"] if s["entity_type"] == "EMAIL_ADDRESS"]
        planted += len(addresses)
        found += sum(address not in text for address in addresses)
        masked += text.count("\ue000")
    assert planted > 0
    assert found / planted >= 0.99, "recall"
    assert found / masked >= 0.99, "precision"
