"""API keys: who may ask, and for what.

A key is ``pbk_<id>_<secret>``. Its secret has 256 random bits, so its plain SHA-256 is all
that is kept: there is nothing to guess that a slower hash would have to protect.
"""
