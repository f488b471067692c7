"""Processes: which parts run together, how they are opened and closed, how they log.

composition  the parts, opened in order and closed in reverse
serving      the ready line, from opening to closing
stopping     signals, and the end within a deadline
loops        the event loop
logs         log lines on standard error
"""
