"""A tool written for NanoMDM: curl, a user name that is always the same, and
the token as its password."""

import json
import os
import subprocess
import tempfile
import urllib.parse

import processes


# What curl says when a server answers, and resets, before it has read all.
CUT = (55, 56, 92)


class Answer:
    """status 0: the server reset the connection."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "<%d %r %r>" % (self.status, self.headers, self.body[:500])


def ids(*names):
    """For a path: each id percent-encoded, with commas between them."""
    return ",".join(urllib.parse.quote(n, safe="") for n in names)


class Nano:
    def __init__(self, server, token=None, user="nanomdm"):
        self.server = server
        if token is None:
            with open(server.path("secrets", "admin.token")) as f:
                token = f.read().strip()
        self.user = user
        self.token = token

    def curl(self, path, *options, input=None):
        """One call; -T - sends a body of unknown length, as the pipes of
        NanoMDM's manual do."""
        with tempfile.NamedTemporaryFile(
                "w", dir=self.server.folder, suffix=".curl") as config, \
                tempfile.NamedTemporaryFile(dir=self.server.folder) as head:
            # Not on the command line, where everybody could read it.
            config.write('user = "%s:%s"\n' % (self.user, self.token))
            config.flush()
            r = subprocess.run(
                ["curl", "-sS", "--cacert", self.server.root_file,
                 "-K", config.name, "-D", head.name, "--max-time", "60",
                 "--path-as-is", *options,
                 "https://localhost:%d%s" % (self.server.admin_port, path)],
                input=input, capture_output=True, env={"PATH": os.defpath})
            if r.returncode in CUT:
                return Answer(0, {}, b"")
            assert r.returncode == 0, (r.returncode, r.stderr)
            lines = [h for h in head.read().decode().split("\r\n\r\n") if h]
        first, *fields = lines[-1].splitlines()
        headers = {k.strip().lower(): v.strip() for k, _, v in
                   (f.partition(":") for f in fields)}
        return Answer(int(first.split()[1]), headers, r.stdout)

    def put(self, path, body):
        return self.curl(path, "-T", "-", input=body)

    def enqueue(self, names, body, query=""):
        """With Content-Length, as curl --data-binary sends it."""
        names = [names] if isinstance(names, str) else names
        return self.curl("/v1/enqueue/" + ids(*names) + query, "-X", "PUT",
                         "-H", "Content-Type:", "--data-binary", "@-",
                         input=body)

    def push(self, *names):
        return self.curl("/v1/push/" + ids(*names))

    def query(self, body=None, query=""):
        return self.curl(
            "/v1/enrollments/query" + query, "-X", "POST", "-H",
            "Content-Type: application/json", "--data-binary", "@-",
            input=b"" if body is None else json.dumps(body).encode())


def wait_for(what, seconds=20, name="it"):
    """The first value that counts as true."""
    for _ in processes.deadline(seconds, name):
        value = what()
        if value:
            return value
