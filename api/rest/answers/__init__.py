"""What is answered: a model for each, its fields in the order in which they are told.

Field names and types are those of the API page "Playbooks"; what we add comes after them.
"""
