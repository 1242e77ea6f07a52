"""Errors that a person can act on."""


class AssayError(Exception):
    """Something went wrong; the message says what and where. Exit code 1."""


class UserError(AssayError):
    """The command, the recipe or the input is at fault; the message says what to change. Exit code 2."""
