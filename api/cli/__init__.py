"""The command ``playbooks``: what it is asked, and how it shows what it knows.

main         the map of commands; start here
settings     options out of ``streams/settings.py``
connections  which API a command talks to
output       tables for people, JSON for programs
errors       every failure as one sentence and an exit code
The others are commands, by noun. Each is imported when it is called.
"""
