"""YAML files as plain JSON values, with the line and column of each of their parts.

Called for the actions file and for playbooks. YAML 1.2, so that ``on`` and ``no`` stay words;
duplicate keys, tags, anchors and aliases are refused: a file of a few lines could mean
megabytes, or something else than what it seems to say.
"""

from dataclasses import dataclass
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    NodeEvent,
)

BYTES_MAX = 256 * 1024
NESTING_MAX = 32


class YamlError(Exception):
    """A file that cannot be read, or is not plain YAML: ``file:line:column: what is wrong``."""


@dataclass(frozen=True)
class YamlFile:
    """The content of a file. value: plain JSON."""

    path: Path
    value: Any
    _root: Any

    def place(self, pointer: str) -> str:
        """Return where the part at a JSON pointer stands, or the nearest part around it."""
        line, column = 0, 0
        node = self._root
        for token in pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node, CommentedMap) and token in node:
                line, column = node.lc.key(token)
                node = node[token]
            elif isinstance(node, CommentedSeq) and token.isdigit() and int(token) < len(node):
                line, column = node.lc.item(int(token))
                node = node[int(token)]
            else:
                break
        return _place(self.path, line, column)


def read(path: Path) -> YamlFile:
    """Return the content of a YAML file. Raises YamlError."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {error.strerror}") from None
    return parse(path, content)


def parse(path: Path, content: bytes) -> YamlFile:
    """Return what ``content`` says; ``path`` is what errors call it. Raises YamlError."""
    if len(content) > BYTES_MAX:
        raise YamlError(f"{path}: is larger than {BYTES_MAX} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise YamlError(f"{path}: is not UTF-8 text") from None
    try:
        _require_plain(path, text)
        root = YAML(typ="rt").load(StringIO(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or "is not YAML"
        line, column = (mark.line, mark.column) if mark else (0, 0)
        raise YamlError(f"{_place(path, line, column)}: {problem}") from None
    except (YAMLError, RecursionError) as error:
        raise YamlError(f"{path}: is not YAML: {type(error).__name__}") from None
    return YamlFile(path, _plain(path, root, (0, 0)), root)


def _require_plain(path: Path, text: str) -> None:
    """Refuse by its events what would cost too much, or mean too much, as a document."""
    depth = 0
    for event in YAML(typ="rt").parse(StringIO(text)):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > NESTING_MAX:
            what = f"is nested deeper than {NESTING_MAX} levels"
        # An anchor alone does no harm, but means that an alias was meant.
        elif isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            what = "anchors and aliases are not allowed: say it twice"
        elif getattr(event, "tag", None) is not None:
            what = "tags are not allowed"
        else:
            continue
        mark = event.start_mark
        raise YamlError(f"{_place(path, mark.line, mark.column)}: {what}")


def _plain(path: Path, node: Any, at: tuple[int, int]) -> Any:
    match node:
        case None | bool():
            return node
        case CommentedMap():
            return {
                _key(path, key, node.lc.key(key)): _plain(path, value, node.lc.value(key))
                for key, value in node.items()
            }
        case CommentedSeq():
            return [_plain(path, each, node.lc.item(index)) for index, each in enumerate(node)]
        case str():
            return str(node)
        case int():
            return int(node)
        case float() if isfinite(node):
            return float(node)
    raise YamlError(f"{_place(path, *at)}: {node} is not a value of JSON; put it in quotes")


def _key(path: Path, key: Any, at: tuple[int, int]) -> str:
    if not isinstance(key, str):
        raise YamlError(f"{_place(path, *at)}: the key {key} is not a text; put it in quotes")
    return str(key)


def _place(path: Path, line: int, column: int) -> str:
    return f"{path}:{line + 1}:{column + 1}"
