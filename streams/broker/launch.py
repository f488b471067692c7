"""Becomes the command it is given, bound to the life of the process that started it.

Run as a script of its own, ``python launch.py PARENT COMMAND…``, by ``process.py`` on Linux:
the kernel sends this process SIGKILL when the thread that started it ends, and that stays so
when it becomes another program. A function run between fork and exec would do the same, but is
not safe in a process that has threads.

Elsewhere there is no such thing: a broker whose parent is killed by SIGKILL runs on there, the
next start says so, and names it.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Bind, then become the command."""
    parent, *command = sys.argv[1:]
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the broker cannot be bound to its parent")
    # It may have been gone before that.
    if os.getppid() != int(parent):
        sys.exit("the process that started the broker is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
