"""What it means: pure functions over the schemas.

Nothing here does I/O, reads a clock, draws a random number or logs: time, identity
and chance are arguments. So the same history always folds to the same state, and the
worker, the table, a replay and every test agree about what an event means.

decide  (executions.py)  holds every rule and changes nothing
evolve  (evolution.py)   holds every change and no rule
steps/                   what each type of step does when the flow comes to it
"""
