"""Patterns: the conditions of CACAO playbooks, which are written in STIX 2.1 patterning.

patterns    what others call: ``compiled`` and ``problems``
parsing     from tokens to a tree, by recursive descent
operands    paths and literals
tokens      from text to tokens, each with its place
tree        what a pattern consists of, and when it holds
comparing   how a value compares with what was written
errors      the one error of this package

    [ipv4-addr:value = '10.0.0.1' OR ipv4-addr:value ISSUBSET '10.1.0.0/16']
    __severity__:value IN ('high', 'critical') AND NOT __tested__:value

A condition decides about what is known now, not about a series of observations: the brackets
may be left out, and what needs a series (FOLLOWEDBY, WITHIN, REPEATS, START) is refused.
"""
