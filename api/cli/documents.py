"""Playbook files: read, checked, and every problem with the place where it stands.

A directory stands for the playbook files in it. Problems have no place when their file could
not be read at all.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from api.cli.errors import CommandFailed, UsageError
from engine import playbooks
from engine.warnings.actions import Surroundings
from engine.warnings.warnings import warnings
from schemas.playbooks import Playbook
from schemas.problems import Problem
from streams.actions import yaml_files
from streams.actions.yaml_files import YamlFile

SUFFIXES = (".yaml", ".yml", ".json")

_PLACED = re.compile(r":(\d+):(\d+)(?:: (.*))?", re.DOTALL)


@dataclass(frozen=True)
class PlacedProblem:
    """What is wrong with a file, and where. line and column count from 1; 0: the whole file.

    is_warning: the file is valid all the same, but hardly meant so.
    """

    path: Path
    line: int
    column: int
    pointer: str
    message: str
    is_warning: bool = False

    def __str__(self) -> str:
        place = f":{self.line}:{self.column}" if self.line else ""
        return f"{self.path}{place}: {'warning: ' if self.is_warning else ''}{self.message}"


@dataclass(frozen=True)
class Document:
    """A playbook file. value: its content, plain JSON; None when it could not be read, as file."""

    path: Path
    value: Any
    problems: list[PlacedProblem] = field(default_factory=list)
    file: YamlFile | None = None

    def warnings(self, around: Surroundings) -> list[PlacedProblem]:
        """Return what is hardly meant. Of a document with problems, nothing can be said."""
        if self.file is None or self.problems:
            return []
        return [
            replace(placed(self.file, problem), is_warning=True)
            for problem in warnings(self.value, around)
        ]

    @property
    def playbook_id(self) -> str:
        """The id of the playbook: as it says, else as follows from its name."""
        return str(self.value.get("id") or playbooks.slug(self.value["name"]))

    @property
    def revision(self) -> str:
        """The revision that it is. Only of a document without problems."""
        return playbooks.revision(self.playbook)

    @property
    def playbook(self) -> Playbook:
        """The playbook that it is. Only of a document without problems."""
        return Playbook.model_validate({**self.value, "id": self.playbook_id})


class InvalidDocuments(CommandFailed):
    """Some files are no valid playbooks."""

    def __init__(self, problems: Iterable[PlacedProblem]) -> None:
        said = "\n".join(str(problem) for problem in problems)
        super().__init__(f"nothing was sent, since not every file is a valid playbook:\n{said}")


def read_all(paths: Iterable[Path]) -> list[Document]:
    """Return the documents of files and directories, in the order given."""
    return [read(path) for path in _files(paths)]


def read(path: Path) -> Document:
    """Return the document of a file, with everything that is wrong with it."""
    try:
        file = yaml_files.read(path)
    except yaml_files.YamlError as error:
        return Document(path, None, [_placed(path, "", str(error), "")])
    problems = [placed(file, problem) for problem in playbooks.problems(file.value)]
    return Document(path, file.value, problems, file)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        found = sorted(each for each in path.iterdir() if each.suffix in SUFFIXES)
        if not found:
            raise UsageError(f"{path} holds no {', '.join(SUFFIXES)} file: name one that does")
        yield from found


def placed(file: YamlFile, problem: Problem) -> PlacedProblem:
    """Return a problem of a file with its place; what is not there is named, having none."""
    name, message = problem.pointer.rpartition("/")[2], problem.message
    said = f"{name} {message}" if message == "is required" else message
    return _placed(file.path, problem.pointer, file.place(problem.pointer), said)


def _placed(path: Path, pointer: str, place: str, message: str) -> PlacedProblem:
    """Take a place of ``yaml_files`` apart, ``file:line:column`` and perhaps a message."""
    rest = place.removeprefix(str(path))
    found = _PLACED.match(rest)
    if found is None:
        return PlacedProblem(path, 0, 0, pointer, message or rest.removeprefix(": "))
    return PlacedProblem(path, int(found[1]), int(found[2]), pointer, message or found[3] or "")
