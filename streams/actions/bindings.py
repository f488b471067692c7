"""A binding: what an action reference stands for.

A connector, and what the operator has fixed for it: settings, which the connector needs, and
parameters, which a step then does not say. Both as they were written; the secrets they refer
to are read anew for every call.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError

from schemas.messages import SecretParts
from schemas.problems import Problem, below
from streams.actions.connector import Connector
from streams.actions.errors import InvalidParameters, NotConfigured
from streams.actions.parameters import ActionParameters, ConnectorSettings, faults, origin
from streams.actions.references import (
    PREFIX,
    Read,
    filled,
    misspelled,
    referenced,
    resolved,
    strings,
)
from streams.secrets import SecretError


@dataclass(frozen=True)
class Binding:
    """An action reference with what the operator has said about it."""

    ref: str
    connector: Connector[Any, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def problems(self) -> list[Problem]:
        """Return what is wrong already, whatever the secrets and the steps will say."""
        found = []
        for model, said in (
            (self.connector.Settings, self.settings),
            (self.connector.Parameters, self.parameters),
        ):
            texts = strings(dict(said))
            found += [
                Problem(pointer, "is not secret:NAME; a name is letters, digits and underscores")
                for pointer, text in texts.items()
                if misspelled(text)
            ]
            unsure = {pointer for pointer, text in texts.items() if text.startswith(PREFIX)}
            found += [
                problem
                for kind, problem in _faults(model, said)
                if kind != "missing" and not _stands_in(problem.pointer, unsure)
            ]
        return found

    def settings_now(self, read: Read) -> ConnectorSettings:
        """Return the settings with their secrets.

        Raises NotConfigured, and SecretError for a secret that may be there in a moment.
        """
        said = self._resolved(self.settings, read)
        try:
            return self.connector.Settings.model_validate(said)
        except ValidationError as error:
            known = self.connector.Settings.model_fields
            raise self._not_configured([problem for _, problem in faults(error, known)]) from None

    def named(self, read: Read) -> frozenset[str]:
        """Return the origins of the URLs that the operator has named in the actions file."""
        said = [*self.settings.values(), *self.parameters.values()]
        return frozenset(filter(None, (origin(resolved(each, read)) for each in said)))

    def require_configured(self, read: Read) -> None:
        """Raise NotConfigured, or SecretError, unless it could run now, given the parameters."""
        self.settings_now(read)
        self._resolved(self.parameters, read)

    def parameters_now(
        self, said: Mapping[str, Any], secrets: Mapping[str, SecretParts], read: Read
    ) -> ActionParameters:
        """Return the parameters of a request, with the fixed ones and the secrets.

        secrets: see ``ActionRequest``. Raises InvalidParameters, NotConfigured, SecretError.
        """
        self._require_not_fixed(said)
        return self._validated(
            self._resolved(self.parameters, read) | filled(dict(said), secrets, read)
        )

    def parameters_dry(
        self, said: Mapping[str, Any], secrets: Mapping[str, SecretParts]
    ) -> ActionParameters:
        """Return the parameters of a dry run, references in place of secrets.

        What only the secret could put right is not held against them.
        """
        self._require_not_fixed(said)
        fixed = strings(dict(self.parameters))
        unsure = {pointer for pointer, text in fixed.items() if referenced(text)}
        return self._validated(dict(self.parameters) | dict(said), unsure | set(secrets))

    def _require_not_fixed(self, said: Mapping[str, Any]) -> None:
        if both := sorted(said.keys() & self.parameters.keys()):
            raise InvalidParameters(
                self.ref, (f"{key}: is fixed by the operator; leave it out" for key in both)
            )

    def _validated(self, whole: dict[str, Any], unsure: Set[str] = frozenset()) -> ActionParameters:
        model = self.connector.Parameters
        try:
            return model.model_validate(whole)
        except ValidationError as error:
            found = faults(error, model.model_fields)
        problems = [problem for _, problem in found if not _stands_in(problem.pointer, unsure)]
        if problems:
            raise InvalidParameters(self.ref, map(_sentence, problems))
        return model.model_construct(**whole)

    def _resolved(self, said: Mapping[str, Any], read: Read) -> dict[str, Any]:
        values, problems = {}, []
        for key, value in said.items():
            try:
                values[key] = resolved(value, read)
            except SecretError as error:
                if error.passing:
                    raise  # nothing is wrong with what the operator has said
                problems.append(Problem(below("", key), str(error)))
        if problems:
            raise self._not_configured(problems)
        return values

    def _not_configured(self, problems: list[Problem]) -> NotConfigured:
        return NotConfigured(self.ref, self.connector.name, map(_sentence, problems))


def _faults(model: type[BaseModel], said: Mapping[str, Any]) -> list[tuple[str, Problem]]:
    try:
        model.model_validate(dict(said))
    except ValidationError as error:
        return faults(error, model.model_fields)
    return []


def _stands_in(pointer: str, places: Set[str]) -> bool:
    return any(pointer == place or pointer.startswith(f"{place}/") for place in places)


def _sentence(problem: Problem) -> str:
    return f"{problem.pointer[1:]}: {problem.message}" if problem.pointer else problem.message
