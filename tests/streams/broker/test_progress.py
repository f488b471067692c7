"""Progress: one line written over on a terminal, a few lines in a file."""

import io

from streams.broker.progress import ProgressLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


TOLD = ["downloading: 1 of 2", "downloading: 2 of 2", "starting", ""]


def test_a_terminal_shows_one_line_that_is_written_over_and_cleared() -> None:
    terminal = Terminal()
    line = ProgressLine(terminal)
    for text in TOLD:
        line(text)
    assert terminal.getvalue() == "".join(f"\r\x1b[K{text}" for text in TOLD)


def test_a_file_gets_a_line_for_each_kind_of_work() -> None:
    file = io.StringIO()
    line = ProgressLine(file)
    for text in TOLD:
        line(text)
    assert file.getvalue() == "downloading: 1 of 2\nstarting\n"
