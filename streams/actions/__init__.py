"""Actions: what a step does to the world outside, one connector per file.

request ─▶ actions ─▶ binding ─▶ connector ─▶ requests ─▶ HTTP
             │           └─ references: secrets are filled in, last
             └─ redaction: and taken out again, of whatever leaves

connector    what every connector is, and what it is called with
log, http, http_api, webhook, slack, slack_webhook, jira, email, pagerduty, servicenow, github,
thehive, block_ip
             the connectors; jira_texts, markdown: hostile text as they take it
catalogue    which connectors there are, and the action references that always exist
foreign      commands of imported playbooks, for whatever the operator named
actions_file PLAYBOOKS_ACTIONS_FILE: references set up, and added, by the operator
bindings     a reference: a connector with its fixed settings and parameters
references   ``secret:NAME`` and ``{{ secrets.NAME }}``, turned into values
redaction    values of secrets, turned back into their names
requests     the HTTP sessions and the one way to send; answers: what came back
egress       which addresses an action may connect to
parameters   the kinds of values that parameters are made of
errors       the one error that leaves, as a tree
"""
