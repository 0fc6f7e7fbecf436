"""How a labeling function's failure is told."""

from dataclasses import dataclass

from DataFoundry.errors import LabelingFunctionError

_LONGEST_REASON = 500


@dataclass(frozen=True)
class Fault:
    """Why a labeling function gave no vote.

    Attributes
    ----------
    function
        Its name.
    reason
        For people; cut to 500 characters.
    line
        In the function's source, from 1; None where no line is to blame.
    row
        Position in the table, from 0; None where it failed before any row.
    kind
        Of error: the exception's name, or "limit".
    """

    function: str
    reason: str
    line: int | None = None
    row: int | None = None
    kind: str = "error"

    def error(self) -> LabelingFunctionError:
        """The error that a request answers with."""
        place = "".join(
            [
                f" at line {self.line}" if self.line is not None else "",
                f" on row {self.row}" if self.row is not None else "",
            ]
        )
        return LabelingFunctionError(
            f"Labeling function {self.function!r} failed{place}: {self.reason}",
            function=self.function,
            line=self.line,
            row=self.row,
            reason=self.reason,
        )


def shortened(text: str) -> str:
    """The first line of `text`, at most 500 characters, without what UTF-8 cannot hold."""
    line = (text[: 4 * _LONGEST_REASON].splitlines() or [""])[0]
    line = line.encode("utf-8", "replace").decode()
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 3] + "..."
