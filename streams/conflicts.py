"""Why a playbook is not published: somebody else was first. Raised by ``streams/playbooks.py``."""

from schemas.playbooks import PlaybookPublished


class PlaybookConflict(Exception):
    """The playbook is not as the writer saw it.

    current: what stands there now, None when there is none.
    """

    def __init__(self, playbook_id: str, current: PlaybookPublished | None) -> None:
        self.playbook_id = playbook_id
        self.current = current
        what = "does not exist" if current is None else f"is at revision {current.revision}"
        super().__init__(f"playbook {playbook_id} {what}")


class VersionConflict(Exception):
    """The version exists with other content."""

    def __init__(self, playbook_id: str, version: str) -> None:
        super().__init__(
            f"version {version} of playbook {playbook_id} exists with other content: "
            "raise the version"
        )
