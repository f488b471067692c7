"""Where it flows: Kafka, the clock, and the agents, in the order a finding meets them.

findings ─▶ triggers ─▶ execution-commands ─▶ executions ─▶ execution-events ─▶ table
                               ▲                   │
                               └──── steps ◀── action-requests

Between triggers and commands stands admissions.py where something counts across findings.
triggers.py, admissions.py and executions.py are Faust agents on batches that commit in one Kafka
transaction (transactions.py); steps.py runs what is committed, and answers with commands.
"""
