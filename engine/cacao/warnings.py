"""What is to be said about an import that goes ahead."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CacaoWarning:
    """Something to know about an import. kind: a stable lower_snake_case word."""

    pointer: str
    message: str
    kind: str
