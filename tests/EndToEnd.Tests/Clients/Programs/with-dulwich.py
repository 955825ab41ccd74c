"""dulwich: clone URL FOLDER [DEPTH] | fetch URL FOLDER [DEPTH] | push URL FOLDER"""
import sys
from urllib.parse import urlsplit, urlunsplit, unquote

from dulwich import porcelain
from dulwich.repo import Repo


def main(verb, address, folder, depth=None):
    parts = urlsplit(address)
    url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    login = {}
    if parts.username is not None:
        login = {"username": unquote(parts.username), "password": unquote(parts.password or "")}
    commits = int(depth) if depth else None
    if verb == "clone":
        porcelain.clone(url, folder, depth=commits, **login).close()
        return
    with Repo(folder) as repository:
        config = repository.get_config()
        origin = (b"remote", b"origin")
        del config[origin]  # a second value would only be added to the first
        config.set(origin, b"url", url.encode())
        config.set(origin, b"fetch", b"+refs/heads/*:refs/remotes/origin/*")
        config.write_to_path()
    if verb == "fetch":
        porcelain.fetch(folder, "origin", depth=commits, **login)
    elif verb == "push":
        porcelain.push(folder, "origin", "refs/heads/main", **login)
    else:
        sys.exit(f"unknown: {verb}")


main(*sys.argv[1:])
