"""The recipe settings of the input: `source:`."""

from __future__ import annotations

import codecs
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

MIB = 1 << 20


def _known_codec(name: str) -> str:
    try:
        text = codecs.lookup(name)._is_text_encoding
    except LookupError:
        raise ValueError(
            f"no charset is called {name!r}; use a name such as utf-8, windows-1252 or gb18030"
        ) from None
    if not text:
        raise ValueError(f"{name!r} is a codec but not a charset; use a name such as utf-8 or windows-1252")
    return name


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fields(_Settings):
    """What the input calls the columns of a document. A dot goes into nested objects: `meta.url`.

    All other fields of the input travel in `metadata`.
    """

    text: str = Field(
        default="text", description="Field that holds the text. A record without it is reported, not read."
    )
    id: str | None = Field(
        default="id", description="Field of the document's own id; made from file and place if absent."
    )
    url: str | None = Field(default="url", description="Field of the page's address.")
    source: str | None = Field(
        default="source", description="Field that says which collection a document is from."
    )
    date: str | None = Field(default="date", description="Field of the date, kept as it is written.")


class Html(_Settings):
    """How a page becomes text."""

    extractor: Literal["resiliparse", "trafilatura"] = Field(
        default="resiliparse",
        description="resiliparse: fast, by simple rules. trafilatura: slower, more careful; an extra.",
    )
    main_content: bool = Field(
        default=True,
        description="Leave out navigation, footers and the like. false keeps all visible text (resiliparse).",
    )
    comments: bool = Field(default=False, description="Keep readers' comments below an article.")
    links: bool = Field(default=False, description="Keep the targets of links.")
    alt_texts: bool = Field(
        default=False, description="Keep the texts that stand in for pictures (resiliparse)."
    )
    favor: Literal["balance", "precision", "recall"] = Field(
        default="balance",
        description="What trafilatura prefers: less noise (precision) or more text (recall).",
    )


class Limits(_Settings):
    """What one record may cost. A record beyond a limit is reported and left out; it never stops the run."""

    document_bytes: int = Field(
        default=4 * MIB, gt=0, description="Longest text of a document, in UTF-8 bytes."
    )
    raw_bytes: int = Field(
        default=8 * MIB,
        gt=0,
        description="Longest page, JSON line or CSV row as it is read, in bytes after decompression.",
    )
    decompression_ratio: float = Field(
        default=1000,
        gt=1,
        description="Most bytes that one compressed byte may become, past decompression_floor.",
    )
    decompression_floor: int = Field(
        default=64 * MIB, ge=0, description="Bytes that any compressed member may become, whatever the ratio."
    )
    html_depth: int = Field(
        default=4000,
        gt=0,
        description="Deepest nesting of HTML elements; extraction time grows with its square.",
    )
    html_attributes: int = Field(default=4000, gt=0, description="Most attributes of one HTML element.")
    extraction_seconds: float = Field(
        default=60,
        gt=0,
        description="Longest time for the text of one page; its process is then ended and begun anew.",
    )


class Source(_Settings):
    """Where documents come from and how they are read."""

    format: Literal["auto", "warc", "wet", "arc", "jsonl", "parquet", "csv", "text"] = Field(
        default="auto",
        description="Format of all inputs. auto: by each file's name (page.warc.gz, posts.jsonl, ...).",
    )
    fields: Fields = Field(default=Fields(), description="Names of the input's fields (JSONL, Parquet, CSV).")
    source: str | None = Field(
        default=None,
        description="Collection of records that name none; made from the file's name if not given.",
    )
    html: Html = Field(default=Html(), description="How pages of web archives become text.")
    limits: Limits = Field(default=Limits(), description="What one record may cost.")
    charset: Annotated[str, AfterValidator(_known_codec)] | None = Field(
        default=None,
        description="Charset of all inputs. Not given: UTF-8 for JSONL and CSV, else found out.",
    )
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Between the cells of a CSV file. Not given: a tab in .tsv, else a comma.",
    )
    unit_bytes: int = Field(
        default=64 * MIB,
        gt=0,
        description="Size that large files are cut into: the work that is redone after a crash.",
    )
    batch_bytes: int = Field(
        default=4 * MIB, gt=0, description="Text that is handed from stage to stage at a time."
    )
