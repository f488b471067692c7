"""The one error of patterns."""


class PatternError(Exception):
    """A text that is no pattern, or needs more than a condition has.

    message: what is wrong and what to do. position: of the first character that is wrong,
    counted from 1.
    """

    def __init__(self, message: str, position: int) -> None:
        self.message = message
        self.position = position
        super().__init__(str(self))

    def __str__(self) -> str:
        """Return the message, with the place after it."""
        return f"{self.message} (at character {self.position})"
