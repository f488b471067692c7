"""The OpenAPI 3.1 document of the API, made from the table of routes.

Nothing is said here that a route or a model does not say: who changes one, changes both.
"""
