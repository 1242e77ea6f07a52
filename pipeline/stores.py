"""The stores that a run's files lie on: how each is reached through fsspec, and what happens when one fails."""

from __future__ import annotations

import errno
import http.client
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import fsspec

from pipeline.errors import AssayError, UserError

T = TypeVar("T")
R = TypeVar("R")

# 0.5 s, 1 s, 2 s ... between attempts: a minute at most, in which a throttled bucket recovers.
ATTEMPTS = int(os.environ.get("ASSAY_STORE_ATTEMPTS", 8))
FIRST_WAIT = 0.5
# The first contact with a store, where a wrong address or a typing error is likelier than a fault.
FIRST_CONTACT = 3
_AT_ONCE = 16

# Clients retry too, each in its own way. One layer is enough, and it must know when to stop.
_ONE_TRY = {"retries": {"max_attempts": 0}, "connect_timeout": 20, "read_timeout": 60}
# Others write into a run directory too, so a listing is old as soon as it is made.
_NO_MEMORY = {"use_listings_cache": False}
# max_concurrency: of the 50 MiB pieces of one large upload, which lie in memory.
_S3: dict[str, Any] = {"config_kwargs": _ONE_TRY, "max_concurrency": 2, **_NO_MEMORY}
_OPTIONS = {"s3": _S3, "s3a": _S3, "gs": _NO_MEMORY, "gcs": _NO_MEMORY}
_PACKAGES = {"s3": "assay[s3]", "s3a": "assay[s3]", "gs": "assay[gcs]", "gcs": "assay[gcs]"}
# Stores with folders and files that are seen while they are written, and a rename that is atomic.
_RENAMING = frozenset({"hdfs", "webhdfs", "webHDFS", "sftp", "ssh", "smb"})

_REFUSALS = frozenset(
    {
        "botocore.exceptions.NoCredentialsError",
        "botocore.exceptions.PartialCredentialsError",
        "botocore.exceptions.ProfileNotFound",
        "google.auth.exceptions.DefaultCredentialsError",
        "google.auth.exceptions.RefreshError",
    }
)
_FINAL = (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError)
_TRANSIENT_CLASSES = frozenset(
    {
        "aiohttp.client_exceptions.ClientError",
        "botocore.exceptions.ConnectionError",
        "botocore.exceptions.HTTPClientError",
        "botocore.parsers.ResponseParserError",
        "urllib3.exceptions.HTTPError",
    }
)
_TRANSIENT_ERRORS = frozenset(
    {
        errno.EBUSY,
        errno.EAGAIN,
        errno.EIO,
        errno.ETIMEDOUT,
        errno.EPIPE,
        errno.ENETUNREACH,
        errno.EHOSTUNREACH,
    }
    | {getattr(errno, "EREMOTEIO", errno.EIO)}  # s3fs gives it for 500
)
# S3 finds that a body arrived damaged or cut off.
_TRANSIENT_CODES = frozenset({"BadDigest", "IncompleteBody", "RequestTimeout", "XAmzContentSHA256Mismatch"})


def protocol(url: str) -> str:
    """`s3` of `s3://bucket/key`; `file` of a path."""
    return url.partition("://")[0] if "://" in url else "file"


def renames(url: str) -> bool:
    """Whether a file is seen there while it is written, and has to be written beside its place."""
    return protocol(url) in _RENAMING


def reach(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and its path there. Nothing is asked of the store yet.

    Raises:
        UserError: the protocol is unknown or its package is not installed.
    """
    name = protocol(url)
    configured = fsspec.config.conf.get(name, {})  # what the user set (FSSPEC_S3_... or a file) comes first
    options = {key: value for key, value in _OPTIONS.get(name, {}).items() if key not in configured}
    try:
        filesystem, path = fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        package = _PACKAGES.get(name)
        remedy = f"this needs a package more: pip install '{package}'" if package else str(error)
        raise UserError(f"{url}: {remedy}") from error
    except ValueError as error:
        raise UserError(f"{url}: {error}") from error
    except Exception as error:
        if _is_refusal(error):
            raise _refused(url, error) from error
        raise
    if name in ("s3", "s3a"):
        filesystem.retries = 1
    if name not in _OPTIONS:
        filesystem.invalidate_cache()
    return filesystem, path


def retried(url: str, action: Callable[[], T], attempts: int | None = None) -> T:
    """Do something at a store; again, after ever longer waits, while it fails in a way that may pass.

    Passing are 5xx and 429 answers, time-outs and broken connections, whatever client reports them. An error
    that tells something about the file (it does not exist, it is a folder) is raised as it is.

    Args:
        attempts: how often in all; 8, or ASSAY_STORE_ATTEMPTS, unless told. The waits double from half a second.

    Raises:
        UserError: there are no credentials, or the store refuses them.
        AssayError: it failed every time; the message names the file and the last cause.
    """
    attempts = attempts or ATTEMPTS
    began = time.monotonic()
    for attempt in range(1, attempts + 1):
        try:
            return action()
        except AssayError:
            raise
        except Exception as error:
            if _is_refusal(error):
                raise _refused(url, error) from error
            if not is_transient(error):
                raise
            if attempt == attempts:
                seconds = time.monotonic() - began
                raise AssayError(
                    f"{url}: the store failed {attempts} times in {seconds:.0f} s, at last with {describe(error)}"
                ) from error
        # Spread, lest all workers come back at once. Nothing that is written depends on it.
        time.sleep(FIRST_WAIT * 2 ** (attempt - 1) * random.uniform(0.5, 1))
    raise AssertionError("unreachable")


def each_at_once(action: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """What the action gives for each item, in order, with some requests at a time; stops at the first error."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield from pool.map(action, items)
    finally:
        pool.shutdown(cancel_futures=True)


def describe(error: BaseException) -> str:
    """An error in one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def is_transient(error: BaseException) -> bool:
    """Whether the same request may do better later."""
    if isinstance(error, (*_FINAL, PermissionError)):
        return False
    if isinstance(error, ConnectionError | TimeoutError | http.client.HTTPException):
        return True
    status = _status(error)
    if status is not None:
        return status in (408, 429) or status >= 500
    if _code(error) in _TRANSIENT_CODES or _is_a(error, _TRANSIENT_CLASSES):
        return True
    return isinstance(error, OSError) and (error.errno is None or error.errno in _TRANSIENT_ERRORS)


def _is_refusal(error: BaseException) -> bool:
    # gcsfs says "Forbidden" in a plain OSError.
    forbidden = isinstance(error, OSError) and str(error).startswith("Forbidden")
    return isinstance(error, PermissionError) or forbidden or _is_a(error, _REFUSALS)


def _refused(url: str, error: BaseException) -> UserError:
    return UserError(
        f"{url}: the store refuses access ({describe(error)}). Set credentials that may list, read, write and "
        "delete there, and the endpoint if it is not the usual one; docs/object-stores.md says how"
    )


def _is_a(error: BaseException, names: frozenset[str]) -> bool:
    """Whether an error is of one of these classes, whose packages need not be installed."""
    return any(f"{kind.__module__}.{kind.__qualname__}" in names for kind in type(error).__mro__)


def _status(error: BaseException) -> int | None:
    """The HTTP status in an error of aiohttp (`status`) or gcsfs (`code`)."""
    for name in ("status", "code"):
        value = getattr(error, name, None)
        if isinstance(value, int) and 100 <= value < 600:
            return value
    return None


def _code(error: BaseException) -> str:
    """The name that S3 gives to an error, which s3fs keeps in the cause."""
    response = getattr(error.__cause__, "response", None)
    return str(response.get("Error", {}).get("Code", "")) if isinstance(response, dict) else ""
