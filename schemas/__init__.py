"""What is said: the messages and the state of Playbook Streams. Data only.

finding     a security event from a detector; input, never ours to edit
playbook    a versioned definition: a trigger and steps
trigger     the condition in a playbook that a finding satisfies
execution   one run of one playbook revision
admission   whether an execution starts now, waits, or is dropped: what counts across executions
step        a node of a playbook; within an execution, its run
action      the side effect that a step names
command     a request to an execution; may be refused
event       a fact about an execution; never refused, never edited
rejection   a command that caused no event, with its reason
dead letter a message that no agent could handle, kept whole with its reason

A definition is a noun (Playbook, Step); its run is an Execution and a StepRun.
"""
