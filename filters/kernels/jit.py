"""The one way to compile a kernel.

numba's own cache does not notice that a function which a cached kernel calls was changed in another file,
and would go on running the old code. So the cache lives in a folder named after the content of every kernel
file: a change to any of them compiles all of them anew, once per installation, and never gives a stale
answer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import platformdirs

F = TypeVar("F", bound=Callable[..., object])


def cache_folder() -> Path:
    """Where this version's compiled kernels are kept (`ASSAY_CACHE` moves it, say into a container image)."""
    digest = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    root = os.environ.get("ASSAY_CACHE") or platformdirs.user_cache_dir("assay")
    return Path(root) / "kernels" / digest.hexdigest()[:16]


def _writable_cache() -> Path:
    """The cache, or this user's copy of it where it can only be read: numba passes over a folder that it cannot
    write, and would compile everything again. Such is the folder in a container image.

    Raises:
        PermissionError: what stands in the copy's place is someone else's; compiled code is not taken from there.
    """
    folder = cache_folder()
    if not folder.exists() or os.access(folder, os.W_OK):
        return folder
    copy = Path(tempfile.gettempdir()) / f"assay-kernels-{folder.name}-{os.getuid()}"
    if not copy.exists():
        made = Path(tempfile.mkdtemp(prefix=copy.name))
        for compiled in folder.glob("*/*"):
            (made / compiled.parent.name).mkdir(exist_ok=True)
            shutil.copyfile(compiled, made / compiled.parent.name / compiled.name)
        try:
            made.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(made)
    if copy.lstat().st_uid != os.getuid():
        raise PermissionError(f"{copy} belongs to another user; set TMPDIR to a folder of your own")
    return copy


if "NUMBA_CACHE_DIR" not in os.environ:
    os.environ["NUMBA_CACHE_DIR"] = str(_writable_cache())

import numba  # noqa: E402  (reads NUMBA_CACHE_DIR when it is imported)
import numba.extending  # noqa: E402

_INLINE: dict[str, Any] = {"nogil": True, "cache": True, "forceinline": True, "_nrt": False}


def kernel(function: F) -> F:
    """Compile a loop over Arrow buffers: no GIL, cached on disk."""
    return cast(F, numba.njit(nogil=True, cache=True)(function))


def inline(function: F) -> F:
    """Compile a helper into every kernel that calls it. It must not make or return an array.

    Without `_nrt=False` numba counts references to every array at every call, which costs more than hashing
    a word.
    """
    return cast(F, numba.njit(**_INLINE)(function))


def instruction(function: Callable[..., object]) -> Any:
    """A function whose LLVM code is written out: for the few things that Python has no operator for."""
    return numba.extending.intrinsic(function)
