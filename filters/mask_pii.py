"""Personal data: e-mail addresses and public IP addresses are put out of sight."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from filters.kernels.pii import EMAIL, IPV4, IPV6, address_signs
from filters.stage import Editor

# Letters of Latin, Greek, Cyrillic and Armenian. Not of any script: where no spaces stand between words, an
# address must not take the sentence before it along.
_LETTER = "A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u0587"
_ATOM = rf"[{_LETTER}_+'~-]"
_LABEL = rf"[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?"
_IMAGE = "png|jpe?g|gif|webp|svg|bmp|ico|avif"  # icon@2x.png is a picture for a fine screen

# Every repeat has a limit, so that no text costs more than its length times a constant.
_EMAIL = re.compile(
    rf"(?<![{_LETTER}_])[{_LETTER}_]{_ATOM}{{0,63}}(?:\.{_ATOM}{{1,64}}){{0,15}}"
    rf"@(?:{_LABEL}\.){{1,8}}"
    rf"(?!(?i:{_IMAGE})(?![{_LETTER}]))(?:xn--[A-Za-z0-9-]{{2,59}}|[A-Za-z]{{2,63}})(?![{_LETTER}_@-])"
)
_IPV4 = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?!\w|\.[0-9])")
_IPV6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.[0-9])")

_ALLOCATED = ipaddress.IPv6Network("2000::/3")  # all that is given out of IPv6: face::bad is no address


class MaskPii(Editor):
    """Replaces e-mail addresses and public IP addresses.

    An e-mail address is `name@domain.tld` of letters and digits (in Latin, Greek, Cyrillic or Armenian
    script) and the signs that are common in names, `. _ + - ' ~`. An IP address is one that `ipaddress`
    reads; it is public where it is global and not a multicast group, so private networks, loopback and the
    ranges for documentation stay. Four numbers that are part of something longer (a version such as
    1.2.3.4.5 or v1.2.3.4) are not an address.

    The defaults are an address under a domain that is reserved for examples (RFC 2606) and addresses of the
    ranges for documentation (RFC 5737, RFC 3849): text that reads naturally, and names nobody.
    """

    stage: Literal["mask_pii"] = "mask_pii"
    email: str | None = Field(
        default="email@example.com", description="What stands for an e-mail address; null leaves them."
    )
    ipv4: str | None = Field(
        default="192.0.2.1", description="What stands for a public IPv4 address; null leaves them."
    )
    ipv6: str | None = Field(
        default="2001:db8::1", description="What stands for a public IPv6 address; null leaves them."
    )

    def edit(self, batch: pa.RecordBatch) -> pa.LargeStringArray:
        texts = batch.column("text")
        masks = {EMAIL: self.email, IPV4: self.ipv4, IPV6: self.ipv6}
        wanted = sum(sign for sign, mask in masks.items() if mask is not None)
        signs = address_signs(texts) & np.uint8(wanted)
        if not signs.any():
            return texts
        rows = np.flatnonzero(signs)
        masked = [self.mask(text.as_py() or "") for text in texts.take(pa.array(rows))]
        return pc.replace_with_mask(texts, pa.array(signs > 0), pa.array(masked, texts.type))

    def mask(self, text: str) -> str:
        """The text with its addresses replaced: what `edit` does to each text, without the quick look."""
        if self.email is not None:
            email = self.email
            text = _EMAIL.sub(lambda _: email, text)
        if self.ipv6 is not None:
            ipv6 = self.ipv6
            text = _IPV6.sub(lambda found: ipv6 if is_public(found[0]) else found[0], text)
        if self.ipv4 is not None:
            ipv4 = self.ipv4
            text = _IPV4.sub(lambda found: ipv4 if is_public(found[0]) else found[0], text)
        return text


def is_public(text: str) -> bool:
    """Whether this is an IP address of a host on the Internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    allocated = address.version == 4 or address in _ALLOCATED
    return allocated and address.is_global and not address.is_multicast
