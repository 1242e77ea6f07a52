"""The headers of ARC records (Internet Archive, 1996; versions 1 and 2)."""

from __future__ import annotations

import re

from pipeline.sources.records import LONGEST_HEADER
from pipeline.sources.window import Window

# URL address date type length, where a careless URL or type may hold spaces; version 2 has five more before
# the last. The schemes are named because almost any line with a number at its end would fit else, as `p://`
# of a cut `http://`.
_LINE = (
    rb"^(?P<url>(?i:filedesc|https?|ftps?|dns|whois|gopher|nntp|news|mailto|urn|data|about|metadata|screenshot)"
    rb":[^\n]{0,8192}?) (?P<ip>[^ \n]{1,45}) (?P<date>\d{4,20})[^ \n]*"
    rb"(?: (?P<type>[^\n]{0,1024}?))? (?P<length>-?\d+)[ \t]*\r?$"
)
_NEWLINE = re.compile(rb"\n")


class Arc:
    """One line of fields in a fixed order."""

    start = re.compile(_LINE, re.MULTILINE)

    def headers(self, window: Window) -> dict[str, str] | None:
        """The fields under the names that WARC has for them."""
        newline = window.find(_NEWLINE, LONGEST_HEADER)
        end = newline.end() if newline else 0
        line = self.start.match(window.peek(end))
        if line is None:
            return None
        window.skip(end)
        url, ip, date, kind, length = (
            (part or b"").decode("utf-8", "replace")
            for part in line.group("url", "ip", "date", "type", "length")
        )
        return {
            "warc-type": "warcinfo" if url.startswith("filedesc:") else "response",
            "warc-target-uri": url,
            "warc-ip-address": ip,
            "warc-date": iso_date(date),
            "content-type": kind,
            "content-length": length,
        }


def iso_date(digits: str) -> str:
    """`20080430204825` as `2008-04-30T20:48:25Z`; dates of another length than 8 to 14 digits as they are."""
    if not 8 <= len(digits) <= 14:
        return digits
    date = f"{digits[:4]}-{digits[4:6]}-{digits[6:8]}"
    time = digits[8:14]
    return f"{date}T{time[:2]}:{time[2:4]}:{time[4:6]}Z" if len(time) == 6 else date
