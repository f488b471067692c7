"""The one error of templates."""


class TemplateError(Exception):
    """A template that means nothing, or that cannot be rendered in its context.

    code: stable: ``missing_variable``, ``template_syntax``, ``template_forbidden``,
    ``template_secret``, ``template_too_large``, ``template_too_costly``, ``template_failed``.
    message: what is wrong and what to do. path: of the missing variable, else "".
    pointer: JSON pointer to the string, below the value that was rendered; None: not yet known.
    """

    def __init__(
        self, code: str, message: str, *, path: str = "", pointer: str | None = None
    ) -> None:
        self.code = code
        self.message = message
        self.path = path
        self.pointer = pointer
        super().__init__(message)

    def __str__(self) -> str:
        """Return the message, with the place before it."""
        return f"{self.pointer}: {self.message}" if self.pointer else self.message


class NotAllowed(TemplateError):
    """A construct that templates do without."""

    def __init__(self, what: str, instead: str = "") -> None:
        advice = f"; {instead}" if instead else ""
        super().__init__("template_forbidden", f"{what} is not allowed in a template{advice}")


class TooLarge(TemplateError):
    """More text, or a bigger number, than is allowed."""

    def __init__(self, what: str, limit: str) -> None:
        super().__init__("template_too_large", f"{what} is larger than {limit}")


class Failed(TemplateError):
    """An expression that cannot be evaluated with these values."""

    def __init__(self, reason: str) -> None:
        super().__init__("template_failed", f"cannot be rendered: {reason}")
