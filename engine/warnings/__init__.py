"""Warnings: what is valid in a playbook, and yet hardly meant. No warning is an error.

``engine/warnings/warnings.py`` is the way in; every other module knows one kind.
"""
