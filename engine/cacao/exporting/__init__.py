"""From a playbook to a CACAO 2.0 document that others can run, and that says everything."""
