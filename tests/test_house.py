"""The house rules, as tests: style that is not a test decays."""

import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("schemas", "engine", "streams", "api")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|managers?|common|misc)(_|$|\.)")
BANNED_CLASSES = re.compile(r"(Manager|Helper|Utils?|Handler|Processor)$")
TOP_LEVEL = {
    "pyproject.toml",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "SECURITY.md",
    "uv.lock",
    *PACKAGES,
    "tests",
}


def lines(path: Path) -> int:
    return len(path.read_text().splitlines())


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=shown)
def test_no_file_is_over_250_lines(path: Path) -> None:
    assert lines(path) <= 250


def test_the_median_file_is_under_120_lines() -> None:
    assert median(lines(path) for path in SOURCES) < 120


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_function_is_over_50_lines(path: Path) -> None:
    long = [
        f"{node.name}: {(node.end_lineno or 0) - node.lineno + 1}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > 50
    ]
    assert long == []


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=shown)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_everything_public_says_what_it_is(path: Path) -> None:
    undocumented = [
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert undocumented == []


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_no_pattern_is_misread_by_the_first_releases_of_python_3_11(path: Path) -> None:
    # Before 3.11.5 a possessive group that tries alternatives gives back what it must not, or
    # finds nothing: (?>(?:a|b)*) in place of (?:a|b)*+.
    assert not re.search(r"\)[*+?]\+", path.read_text())


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_nothing_has_a_name_that_says_nothing(path: Path) -> None:
    assert not BANNED_NAMES.search(path.stem)
    classes = [n.name for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.ClassDef)]
    assert [name for name in classes if BANNED_CLASSES.search(name)] == []


def test_packages_reexport_nothing() -> None:
    full = [
        shown(path)
        for path in SOURCES
        if path.name == "__init__.py"
        and path.parent != ROOT / "engine" / "steps"  # the table of step types
        and len(ast.parse(path.read_text()).body) > 1
    ]
    assert full == []


def test_tests_are_no_packages() -> None:
    # With one, ``tests/engine`` would shadow ``engine``.
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_only_streams_and_api_are_async() -> None:
    asynchronous = [
        shown(path)
        for path in SOURCES
        if shown(path).startswith(("schemas", "engine"))
        and any(
            isinstance(node, ast.AsyncFunctionDef) for node in ast.walk(ast.parse(path.read_text()))
        )
    ]
    assert asynchronous == []


def test_no_other_distribution_owns_our_package_names() -> None:
    owners = packages_distributions()
    for name in PACKAGES:
        assert set(owners.get(name, [])) <= {"playbook-streams"}


@pytest.mark.skipif(shutil.which("git") is None, reason="git lists the files")
def test_nothing_else_stands_at_the_top() -> None:
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    top = {path.split("/")[0] for path in tracked}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL | {"compose"}


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", "."], id="ruff check"),
        pytest.param(["ruff", "format", "--check", "."], id="ruff format"),
        pytest.param(["mypy"], id="mypy"),
        pytest.param(["lint-imports"], id="import contracts"),
    ],
)
def test_the_tools_agree(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    verdict = subprocess.run(
        [tool, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
