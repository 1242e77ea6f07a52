"""Personal data: e-mail addresses and public IP addresses are put out of sight."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from filters.kernels.pii import EMAIL, IPV4, IPV6, address_signs
from filters.stage import Editor

# Letters of Latin, Greek, Cyrillic and Armenian. Not of any script: where no spaces stand between words, an
# address must not take the sentence before it along.
_LETTER = "A-Za-z0-9\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u0587"
_ATOM = rf"[{_LETTER}_+'~-]"
_LABEL = rf"[{_LETTER}](?:[{_LETTER}-]{{0,61}}[{_LETTER}])?"
_IMAGE = "png|jpe?g|gif|webp|svg|bmp|ico|avif"  # icon@2x.png is a picture for a fine screen

# Every repeat has a limit, so that no text costs more than its length times a constant. Those before the @ are
# possessive: with fewer characters they would stand before one that is neither a dot nor an @.
_EMAIL = re.compile(
    rf"(?<![{_LETTER}_])[{_LETTER}_]{_ATOM}{{0,63}}+(?:\.{_ATOM}{{1,64}}+){{0,15}}+"
    rf"@(?:{_LABEL}\.){{1,8}}"
    rf"(?!(?i:{_IMAGE})(?![{_LETTER}]))(?:xn--[A-Za-z0-9-]{{2,59}}|[A-Za-z]{{2,63}})(?![{_LETTER}_@-])"
)
_IP = {
    # It begins with a digit, which `re` finds fast, and then looks at what stands before it.
    IPV4: re.compile(r"[0-9](?<![\w.][0-9])[0-9]{0,2}\.(?:[0-9]{1,3}\.){2}[0-9]{1,3}(?!\w|\.[0-9])"),
    IPV6: re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:]|\.[0-9])"),
}

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
        wanted = sum(self._masks())
        found = address_signs(texts) & np.uint8(wanted) > 0
        if not found.any():
            return texts
        masked = texts.filter(pa.array(found))
        for sign in self._masks():
            signs = address_signs(masked) & np.uint8(sign)  # anew: what stands for one may look like another
            changed = [self._replace(sign, text.as_py()) for text in masked.filter(pa.array(signs > 0))]
            masked = _with(masked, signs > 0, pa.array(changed, masked.type))
        return _with(texts, found, masked)

    def mask(self, text: str) -> str:
        """The text with its addresses replaced: what `edit` does to each text, without the quick look."""
        for sign in self._masks():
            text = self._replace(sign, text)
        return text

    def _masks(self) -> dict[int, str]:
        """What stands for each kind of address that is replaced, in the order in which they are."""
        masks = {EMAIL: self.email, IPV6: self.ipv6, IPV4: self.ipv4}
        return {sign: mask for sign, mask in masks.items() if mask is not None}

    def _replace(self, sign: int, text: str) -> str:
        mask = self._masks()[sign]
        if sign == EMAIL:
            return _EMAIL.sub(lambda _: mask, text)
        return _IP[sign].sub(lambda found: mask if is_public(found[0]) else found[0], text)


def _with(
    texts: pa.LargeStringArray, where: NDArray[np.bool_], others: pa.LargeStringArray
) -> pa.LargeStringArray:
    """The texts with the others, in their order, in these places."""
    return pc.replace_with_mask(texts, pa.array(where), others)


def is_public(text: str) -> bool:
    """Whether this is an IP address of a host on the Internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    allocated = address.version == 4 or address in _ALLOCATED
    return allocated and address.is_global and not address.is_multicast
