"""The page: what people see in a browser, made here from what the REST layer answers from.

No build, no other host: templates, one style sheet, one script. It works without the script,
which only keeps what is shown up to date.
"""
