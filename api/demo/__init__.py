"""The demo: the main job in one process, against systems that really receive HTTP.

stand_in    the server that takes the place of Slack, Jira and whoever has a webhook
slack, jira what it answers in their place; received: what it was sent; failures: on request
__main__    the stand-in as a program of its own
examples    the playbooks and findings that users can read; scenario: what must come of them
"""
