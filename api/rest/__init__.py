"""The REST layer: JSON over HTTP, in front of the table, the registry and the commands.

One table of routes drives everything that can be asked (``routes.py``). A request passes
through the middlewares of ``app.py``, is read into a ``Call`` by ``endpoints.py``, and is
answered by the function of its route, which lies in the module of its noun.
"""
