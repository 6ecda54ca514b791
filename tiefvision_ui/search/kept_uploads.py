"""Uploads that are kept so that a search by one has an address: for whom, and how the page gets them back."""

from __future__ import annotations

from collections.abc import Sequence

from tiefvision_assets.errors import TiefVisionError
from tiefvision_assets.settings import Role
from tiefvision_assets.store.uploads import KEPT_S, Uploader, Uploads
from tiefvision_ui import services
from tiefvision_ui.access.login import login_wanted
from tiefvision_ui.access.people import Person
from tiefvision_ui.language.texts import _
from tiefvision_ui.search.uploads import Upload, receive

KEPT_DAYS = round(KEPT_S / 86400)
"""How long they are kept."""
_ROLES: Sequence[Role] = ("viewer", "annotator", "admin")


def uploads() -> Uploads:
    """Those of the app's data folder."""
    return Uploads(services.store().layout.uploads)


class NotKept(TiefVisionError):
    """An upload that the disk does not take; it can be searched with all the same, but not by an address."""


def keep(upload: Upload, person: Person) -> None:
    """Keep the upload for its address; `NotKept` where the disk is full, or may only be read."""
    try:
        uploads().keep(upload.data, Uploader(person.name, person.role, upload.name))
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotKept(
            _("“{name}” cannot be kept on the server: {reason}. Tell whoever runs it.", name=upload.name, reason=reason)
        ) from error


def kept(digest: str, person: Person) -> Upload | None:
    """The upload with that SHA-256, if it is still kept and the person may see it; see `may_see`."""
    found = uploads().get(digest)
    if found is None:
        return None
    theirs = [uploader for uploader in found.uploaders if may_see(uploader, person)]
    return receive(theirs[0].file, found.data) if theirs else None


def may_see(uploader: Uploader, person: Person) -> bool:
    """Whether the person is who uploaded it, or has the same role or a higher one; without a log-in, everybody may.

    Without one there are no names to tell people by, as names are typed.
    """
    if not login_wanted():
        return True
    if uploader.person and uploader.person.casefold() == person.name.casefold():
        return True
    return uploader.role in _ROLES and _ROLES.index(person.role) >= _ROLES.index(uploader.role)
