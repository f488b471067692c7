"""What schemathesis loads (schemathesis.toml): it must not take away the key that it asks with."""

import os
from typing import Any

import schemathesis


@schemathesis.hook  # type: ignore[untyped-decorator]
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Name no key that is there in place of its own, wherever the id was found."""
    if (case.path_parameters or {}).get("key_id") == os.environ["OWN_KEY_ID"]:
        case.path_parameters["key_id"] = "key-nowhere"
