"""Findings in scanners' own formats, made into the product's: one module a format.

``formats.py`` is the table of them; ``reported.py`` says what a finding is made of.
"""
