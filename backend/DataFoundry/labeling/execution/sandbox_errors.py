"""The sandbox's errors in words for people."""

import pydantic_monty as monty

from DataFoundry.labeling.execution.failures import shortened


def text_of(error: Exception) -> str:
    """What an error says, at most 4096 characters of it."""
    return str(error)[:4096]


def reason_of(kind: str, message: str) -> str:
    """An exception as one sentence, with a hint where the cause is likely."""
    message = message.strip().replace("_DataFoundryRow", "row")
    reason = f"{kind}: {message}" if message else kind
    hints = {
        "'NoneType'": " (a missing value is None: test for it first, as in `if x['col'] is not None`)",
        "No module named": " (the sandbox has re, math, json and datetime)",
    }
    hint = next((hint for part, hint in hints.items() if part in message), "")
    return shortened(reason).rstrip(".") + hint + "."


def line_of(error: monty.MontyRuntimeError | monty.MontySyntaxError) -> int | None:
    """The innermost line of the function's own source, which is the second thing that the session was fed."""
    frames = [frame for frame in error.traceback() if frame.filename == "<python-input-1>"]
    return frames[-1].line if frames else None
