"""A device, seen from the protocol: http.client and ssl, none of our code."""

import http.client
import json
import plistlib
import socket
import ssl
import subprocess
import tempfile

import pki
import plists


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def content_type(self):
        return self.headers.get("Content-Type")

    @property
    def text(self):
        return self.body.decode("utf-8", "replace").strip()

    def json(self):
        return json.loads(self.body)

    def plist(self):
        return plistlib.loads(self.body)

    def __repr__(self):
        return "<%d %s %r>" % (self.status, self.content_type, self.body[:300])

    # What the answers table knows, as assertions that show the whole reply.
    def accepted(self):
        """200 with zero bytes: stored, or nothing to do."""
        assert (self.status, self.body) == (200, b""), self
        return self

    def gives(self, body):
        assert self.status == 200, self
        assert self.body == body, self
        assert self.content_type == plists.COMMAND_TYPE, self
        return self

    def refused(self, status, *words):
        """An error: one plain line that holds the words."""
        assert self.status == status, self
        assert self.content_type.startswith("text/plain"), self
        assert len(self.text.splitlines()) == 1, self
        for word in words:
            assert word in self.text, (word, self)
        if status == 503:
            assert int(self.headers["Retry-After"]) > 0
        return self


class Wire:
    """A kept-open connection of one TLS identity (or none)."""

    def __init__(self, server, identity=None, port=None, source=None):
        """source: an address of this machine to come from."""
        self.server = server
        self.port = port or server.port
        self.source = (source, 0) if source else None
        self.context = pki.tls_context(server.root_file, identity)
        self.connection = None

    def request(self, method, path, body=None, headers=()):
        """headers: a list of pairs, so that one name may come twice."""
        headers = list(headers.items() if isinstance(headers, dict)
                       else headers)
        for attempt in (0, 1):
            fresh = self.connection is None
            if fresh:
                self.connection = http.client.HTTPSConnection(
                    "localhost", self.port, timeout=60,
                    context=self.context, source_address=self.source)
            try:
                return self._exchange(method, path, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError,
                    ConnectionResetError):
                # A kept-alive connection that the server had closed, which
                # every HTTP client opens again; a fresh one must work.
                self.close()
                if fresh:
                    raise

    def _exchange(self, method, path, body, headers):
        c = self.connection
        try:
            c.putrequest(method, path, skip_accept_encoding=True)
            for key, value in headers:
                c.putheader(key, value)
            if body is not None:
                c.putheader("Content-Length", str(len(body)))
            c.endheaders(body)
            r = c.getresponse()
            return Reply(r.status, r.headers, r.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None


def raw_exchange(server, data, identity=None, close_write=False, port=None):
    """Bytes in, bytes out, for requests that no client library would send.
    None when the server closed without an answer."""
    context = pki.tls_context(server.root_file, identity)
    plain = socket.create_connection(("127.0.0.1", port or server.port), 60)
    with context.wrap_socket(plain, server_hostname="localhost") as s:
        try:
            s.sendall(data)
            if close_write:
                s.unwrap()
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            pass    # answered or reset before it had read everything
        try:
            r = http.client.HTTPResponse(s)
            r.begin()
            return Reply(r.status, r.headers, r.read())
        except (http.client.HTTPException, OSError):
            return None


class Channel:
    """One enrollment's side of the conversation. Identity by TLS client
    certificate, by Mdm-Signature, by both, or none."""

    def __init__(self, server, ids, identity, how=None, kind="device",
                 wire=None):
        self.server, self.ids, self.identity = server, ids, identity
        self.how = how or server.how
        self.kind = kind
        self.wire = wire or Wire(
            server, identity if self.how in ("tls", "both") else None)

    @property
    def id(self):
        """NanoMDM's id text: what mooringctl takes."""
        i = self.ids
        device = i.get("UDID") or i.get("EnrollmentID")
        user = None
        if self.kind == "user":
            user = i["UserID"]
        elif self.kind == "shared-ipad":
            user = i["UserShortName"]
        elif self.kind == "byod-user":
            user = i["EnrollmentUserID"]
        return device if user is None else device + ":" + user

    def put(self, body, content_type, path="/mdm", method="PUT", headers=(),
            signature=None):
        pairs = [("Content-Type", content_type)]
        if self.how in ("signature", "both"):
            pairs.append(("Mdm-Signature",
                          signature or self.identity.sign(body)))
        pairs += list(headers)
        return self.wire.request(method, path, body, pairs)

    def say(self, message, binary=False, **more):
        """Sends a message to the endpoint that is right for it."""
        kind = (plists.CHECKIN_TYPE if "MessageType" in message
                else plists.CONNECT_TYPE)
        return self.put(plists.dump(message, binary), kind, **more)

    def authenticate(self, **more):
        return self.say(plists.authenticate(self.ids, **more))

    def token_update(self, **more):
        return self.say(plists.token_update(self.ids, **more))

    def check_out(self, **more):
        return self.say(plists.check_out(self.ids, **more))

    def user_authenticate(self, **more):
        return self.say(plists.user_authenticate(self.ids, **more))

    def idle(self, **more):
        return self.say(plists.idle(self.ids, **more))

    def answer(self, uuid, status="Acknowledged", **more):
        return self.say(plists.result(self.ids, uuid, status, **more))

    def enroll(self):
        """Authenticate (device channels) and TokenUpdate."""
        if self.kind in ("device", "byod-device"):
            self.authenticate().accepted()
        self.token_update().accepted()
        return self

    def user(self, kind=None, short_name="ada"):
        """A user channel of this device, over the same wire."""
        kind = kind or ("byod-user" if self.kind == "byod-device" else "user")
        ids = dict(self.ids)
        if kind == "user":
            ids.update(UserID=plists.new_uuid(), UserShortName=short_name,
                       UserLongName="Ada L.")
        elif kind == "shared-ipad":
            ids.update(UserID=plists.SHARED_IPAD_USER,
                       UserShortName=short_name + "@example.org")
        else:
            ids.update(EnrollmentUserID=plists.new_uuid())
        return Channel(self.server, ids, self.identity, self.how, kind,
                       self.wire)

    def again(self, identity=None, how=None):
        """The same device on a connection of its own, perhaps with another
        certificate."""
        return Channel(self.server, dict(self.ids),
                       identity or self.identity, how or self.how, self.kind)


def new_device(server, kind="device", how=None, udid=None, identity=None,
               key=None):
    """A device that nobody has met, with a certificate of the server's CA."""
    udid = udid or plists.new_uuid()
    ids = {"EnrollmentID" if kind == "byod-device" else "UDID": udid}
    return Channel(server, ids,
                   identity or server.ca.issue("e2e " + udid[:40], key=key),
                   how, kind)


def curl(server, body, content_type, identity=None, *more, path="/mdm"):
    """The same request by the curl command: (status, HTTP version, body)."""
    command = ["curl", "-sS", "-X", "PUT", "--cacert", server.root_file,
               "--data-binary", "@-", "-H", "Content-Type: " + content_type,
               "-H", "Expect:", "-w", "%{http_code} %{http_version}"]
    if identity:
        command += ["--cert", identity.cert_file, "--key", identity.key_file]
    with tempfile.NamedTemporaryFile(dir=server.folder) as out:
        r = subprocess.run(
            command + [*more, "-o", out.name,
                       "https://localhost:%d%s" % (server.port, path)],
            input=body, capture_output=True, check=True)
        status, version = r.stdout.decode().split()
        return int(status), version, out.read()
