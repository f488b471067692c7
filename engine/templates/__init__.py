"""Templates: ``{{ finding.title }}`` in the strings of a playbook, turned into values.

rendering   what others call: ``render`` and ``problems``
compiling   a string becomes a template, once
language    what may be written: every construct that is not listed is refused
sandbox     the jinja2 environment in which it runs
filters     filters and tests, each with its limits
methods     what can be called on a value
operations  operators, loops and ranges
values      from what an expression gives to JSON and to text
limits      how much work and how many bytes a template may cost
errors      the one error of this package

Text from a finding is hostile. It is only ever an operand or an inserted text: nothing that
was rendered is rendered again, and no value of an event can become a name, a template, an
attribute or the place of a secret.
"""
