"""CACAO 2.0: security playbooks of others, read and run by the standard's semantics."""
