"""Who may ask: the REST API and its keys, the command line, and the composition root.

rest    the endpoints: one table of routes drives the routing
cli     the command ``playbooks``; the only place that joins the parts to a process
demo    the main job in one process, against systems that really receive HTTP
"""
