"""Stands between git's client and git http-backend for one case and keeps each body, numbered, as it was on the wire.

usage: record-conversations.py SERVED OUT CASE PORTFILE
"""
import gzip
import http.server
import os
import subprocess
import sys
from urllib.parse import urlsplit

served, out, case, port_file = sys.argv[1:]
count = 0


def name_of(kind, suffix):
    return os.path.join(out, f"{case}-{count}-{kind}.{suffix}")


def keep(kind, suffix, body):
    with open(name_of(kind, suffix), "wb") as file:
        file.write(body)


def kind_of(body):
    return body[12:].split(b"\n")[0].split(b"0")[0].decode() if body[4:12] == b"command=" else "fetch"


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def request_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def answer(self):
        global count
        body = self.request_body()
        url = urlsplit(self.path)
        environment = dict(
            os.environ, GIT_PROJECT_ROOT=served, GIT_HTTP_EXPORT_ALL="1", PATH_INFO=url.path, QUERY_STRING=url.query,
            REQUEST_METHOD=self.command, CONTENT_TYPE=self.headers.get("Content-Type", ""), CONTENT_LENGTH=str(len(body)),
            GIT_PROTOCOL=self.headers.get("Git-Protocol", ""), REMOTE_ADDR="127.0.0.1")
        result = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True).stdout
        head, answer = result.split(b"\r\n\r\n", 1)
        headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n"))
        count += 1
        kind = kind_of(body) if body else "info-refs"
        if body:
            keep(kind, "request", body)
        keep(kind, "response", answer)
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = answer
    do_POST = answer


server = http.server.HTTPServer(("127.0.0.1", 0), Recorder)
with open(port_file + ".new", "w", encoding="ascii") as file:
    file.write(str(server.server_port))
os.rename(port_file + ".new", port_file)
server.serve_forever()
