"""libgit2 through pygit2: clone URL FOLDER | fetch URL FOLDER | push URL FOLDER

This libgit2 knows no shallow clones.
"""
import sys
from urllib.parse import urlsplit, urlunsplit, unquote

import pygit2


class Person(pygit2.RemoteCallbacks):
    """Answers a challenge once with the user and password, and says what the server refused."""

    def __init__(self, user, password):
        super().__init__()
        self.user, self.password, self.asked = user, password, False

    def credentials(self, url, username_from_url, allowed_types):
        if self.user is None or self.asked:
            raise PermissionError("the credential was refused" if self.asked else "a credential is wanted, and there is none")
        self.asked = True
        return pygit2.UserPass(self.user, self.password)

    def push_update_reference(self, refname, message):
        if message is not None:
            raise RuntimeError(f"{refname}: {message}")


def main(verb, address, folder):
    parts = urlsplit(address)
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    person = Person(parts.username and unquote(parts.username), parts.password and unquote(parts.password))
    if verb == "clone":
        pygit2.clone_repository(url, folder, callbacks=person)
        return
    repository = pygit2.Repository(folder)
    repository.remotes.set_url("origin", url)
    if verb == "fetch":
        repository.remotes["origin"].fetch(callbacks=person)
    elif verb == "push":
        repository.remotes["origin"].push(["refs/heads/main:refs/heads/main"], callbacks=person)
    else:
        sys.exit(f"unknown: {verb}")


main(*sys.argv[1:])
