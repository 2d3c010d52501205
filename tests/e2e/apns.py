#!/usr/bin/env python3
"""Apple's push service, played: HTTP/2 over TLS with a client certificate
that is required, by h2. It checks requests as APNs does, and answers what its
rules say: any status and reason, GOAWAY, connections that are lost before or
after the work, answers that come late or never.

In a test in Python: `with Apns(folder) as apns:`. For a test in C, as a
program: `apns.py [FOLDER]` prints one line of JSON {"port","control","ca"} and
lives until its standard input ends; its control port takes the methods of
Apns as POST /method with a JSON object of arguments. Without FOLDER it makes
one of its own and removes it."""

import asyncio
import http.server
import json
import logging
import os
import re
import shutil
import ssl
import sys
import tempfile
import threading
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.settings
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID
from hyperframe.frame import GoAwayFrame

import pki

# Clients may go while they are answered.
logging.getLogger("asyncio").setLevel(logging.ERROR)

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
TOPIC = "com.apple.mgmt.External."

# What a rule may do to a request instead of answering it.
ACTIONS = (
    "goaway",       # GOAWAY: not worked on, nor anything after it
    "last",         # answered, then GOAWAY
    "refuse",       # RST_STREAM REFUSED_STREAM
    "reset",        # RST_STREAM INTERNAL_ERROR, after the work
    "drop",         # the connection is lost before the work
    "lose",         # the connection is lost after the work
    "hang",         # worked on, never answered
)


class Connection(asyncio.Protocol):
    def __init__(self, apns):
        self.apns = apns
        self.number = None
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8"))
        self.streams = {}       # under way: id -> (headers, body)
        self.last = 0           # the last that was worked on
        self.leaving = None     # GOAWAY was sent, with this last stream
        self.topic = None
        self.lost = False

    def connection_made(self, transport):
        self.transport = transport
        der = transport.get_extra_info("ssl_object").getpeercert(True)
        uids = x509.load_der_x509_certificate(
            der).subject.get_attributes_for_oid(NameOID.USER_ID)
        self.topic = uids[0].value if uids else None
        self.h2.local_settings = h2.settings.Settings(
            client=False, initial_values={
                h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS:
                    self.apns.max_streams,
                h2.settings.SettingCodes.MAX_HEADER_LIST_SIZE: 8000,
            })
        self.h2.initiate_connection()
        self.apns.opened(self)
        self.flush()

    def connection_lost(self, exc):
        self.lost = True
        self.apns.closed(self)

    def gone(self):
        return self.lost or self.transport.is_closing()

    def write(self, data):
        if data and not self.gone():
            self.transport.write(data)

    def flush(self):
        self.write(self.h2.data_to_send())

    def data_received(self, data):
        try:
            events = self.h2.receive_data(data)
        except h2.exceptions.ProtocolError as e:
            self.apns.fault("%s from the client" % e)
            self.transport.abort()
            return
        for event in events:
            self.handle(event)
            if self.gone():
                return
        self.flush()

    def handle(self, event):
        if isinstance(event, h2.events.RequestReceived):
            if self.leaving is None or event.stream_id <= self.leaving:
                self.streams[event.stream_id] = (event.headers, bytearray())
                self.apns.most(len(self.streams))
        elif isinstance(event, h2.events.DataReceived):
            self.h2.acknowledge_received_data(
                event.flow_controlled_length, event.stream_id)
            if event.stream_id in self.streams:
                self.streams[event.stream_id][1].extend(event.data)
        elif isinstance(event, h2.events.StreamEnded):
            if event.stream_id in self.streams:
                self.apns.request(self, event.stream_id,
                                  *self.streams[event.stream_id])
        elif isinstance(event, h2.events.StreamReset):
            self.end(event.stream_id)
        elif isinstance(event, h2.events.PingReceived):
            self.apns.count("pings")
        elif isinstance(event, h2.events.PingAckReceived):
            self.apns.count("ping_acks")
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.transport.close()

    def answer(self, stream, headers, body):
        if stream not in self.streams or self.gone():
            return      # the client gave up
        self.h2.send_headers(stream, headers, end_stream=not body)
        if body:
            self.h2.send_data(stream, body, end_stream=True)
        self.end(stream)
        self.flush()

    def end(self, stream):
        self.streams.pop(stream, None)
        if self.leaving is not None and not self.streams:
            self.flush()
            self.linger()

    def reset(self, stream, code):
        self.h2.reset_stream(stream, code)
        self.end(stream)

    def goaway(self, last, reason=None):
        """By hand: h2 would close its side of every stream too."""
        self.flush()
        self.leaving = last
        for stream in [s for s in self.streams if s > last]:
            del self.streams[stream]
        frame = GoAwayFrame(0, last_stream_id=last, additional_data=json.dumps(
            {"reason": reason}).encode() if reason else b"")
        self.write(frame.serialize())
        if not self.streams:
            self.linger()

    def linger(self):
        """The client closes when it has read that it must go; what it sends
        meanwhile would turn a close of ours into a reset."""
        self.apns.loop.call_later(2, self.transport.close)

    def ping(self):
        if self.leaving is None:
            self.h2.ping(os.urandom(8))
            self.flush()


def fault_of(headers, topic, path, body):
    """(status, reason) by which APNs refuses such a request, or None."""
    def one(name, pattern=None):
        value = headers.get(name)
        return value is not None and (not pattern or re.fullmatch(
            pattern, value))

    if headers.get(":method") != "POST":
        return 405, "MethodNotAllowed"
    if not path.startswith("/3/device/"):
        return 404, "BadPath"
    if path == "/3/device/":
        return 400, "MissingDeviceToken"
    if not re.fullmatch("/3/device/([0-9a-f]{2})+", path):
        return 400, "BadDeviceToken"
    if not one("apns-topic"):
        return 400, "MissingTopic"
    if topic is None:
        return 403, "BadCertificate"
    if headers["apns-topic"] != topic:
        return 400, "TopicDisallowed"
    if not one("apns-push-type", "mdm"):
        return 400, "InvalidPushType"
    if not one("apns-priority", "10|5|1"):
        return 400, "BadPriority"
    if not one("apns-expiration", "[0-9]+"):
        return 400, "BadExpirationDate"
    if not UUID.match(headers.get("apns-id", "")):
        return 400, "BadMessageId"
    if not body:
        return 400, "PayloadEmpty"
    if len(body) > 4096:
        return 413, "PayloadTooLarge"
    return None


class Apns:
    """Methods may be called from any thread while it runs."""

    def __init__(self, folder, max_streams=1000, host="127.0.0.1", port=0):
        self.folder, self.host, self.port = str(folder), host, port
        self.max_streams = max_streams
        self.ca = pki.CA.make(self.folder, "The played APNs")
        self.ca_file = os.path.join(self.folder, "apns-ca.pem")
        with open(self.ca_file, "wb") as f:
            f.write(self.ca.pem())
        self.lock = threading.RLock()
        self.open = set()
        self.reset()
        self.identity = pki.server_identity(self.ca)
        self.loop = asyncio.new_event_loop()
        self.server = None
        self.thread = threading.Thread(target=self.loop.run_forever,
                                       daemon=True)
        self.thread.start()
        self.listen()

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    @property
    def url(self):
        return "https://%s:%d" % (self.host, self.port)

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self.loop).result(30)

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.identity.cert_file,
                                self.identity.key_file)
        context.load_verify_locations(self.ca_file)
        context.verify_mode = ssl.CERT_REQUIRED
        context.set_alpn_protocols(["h2"])
        return context

    # ---- what a test tells it ----

    def push_cert(self, topic, **more):
        """A push certificate of this topic: certificate and key in one PEM,
        as PUT /v1/pushcert takes it. more: as pki.CA.issue."""
        identity = self.ca.issue(subject=x509.Name([
            x509.NameAttribute(NameOID.USER_ID, topic),
            x509.NameAttribute(NameOID.COMMON_NAME, "APSP:" + topic),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "US")]), **more)
        return (identity.pem + identity.key.private_bytes(
            pki.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())).decode()

    def rule(self, token=None, topic=None, next=None, **what):
        """How requests with this token (hex), this topic, or any, are
        answered: the next so many, or all from now on. what: status, reason,
        timestamp (ms), body (text, as it is), delay (seconds), action (one
        of ACTIONS). A rule of a later call goes first."""
        assert what.get("action") in (None, *ACTIONS), what
        with self.lock:
            self.rules.insert(0, dict(what, token=token, topic=topic,
                                      left=next))

    def reset(self):
        """Forgets rules, requests and counts; connections stay."""
        with self.lock:
            self.rules = []
            self.requests = []      # in the order they were worked on
            self.faults = []
            self.counts = {"connections": 0, "pings": 0, "ping_acks": 0,
                           "most_streams": 0, "requests": 0}

    def stats(self):
        with self.lock:
            return dict(self.counts, open=len(self.open),
                        faults=list(self.faults))

    @property
    def connections(self):
        """Made since the start or the last reset."""
        return self.stats()["connections"]

    def seen(self, token=None):
        """The requests worked on, of one token: {"token", "topic", "body",
        "headers", "connection", "status", "reason"}."""
        with self.lock:
            return [r for r in self.requests
                    if token is None or r["token"] == token]

    def settings(self, max_streams):
        """For later connections."""
        self.max_streams = max_streams

    def ping(self):
        """Sends a PING on every open connection."""
        self._each(lambda c: c.ping())

    def goaway(self, reason=None):
        """Asks every client to go; what is under way is finished."""
        self._each(lambda c: c.goaway(c.last, reason))

    def sever(self):
        """Every connection is lost."""
        self._each(lambda c: c.transport.abort())

    def _each(self, fn):
        async def go():
            for connection in list(self.open):
                fn(connection)
        self._call(go())

    def listen(self):
        async def go():
            self.server = await self.loop.create_server(
                lambda: Connection(self), self.host, self.port,
                ssl=self._context(), backlog=128)
            self.port = self.server.sockets[0].getsockname()[1]
        self._call(go())

    def unlisten(self):
        """As when it is stopped: nobody listens, connections are lost."""
        async def go():
            self.server.close()
            await self.server.wait_closed()
        self._call(go())
        self.sever()

    def close(self):
        self.unlisten()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    # ---- what connections tell it ----

    def opened(self, connection):
        with self.lock:
            self.counts["connections"] += 1
            connection.number = self.counts["connections"]
            self.open.add(connection)

    def closed(self, connection):
        with self.lock:
            self.open.discard(connection)

    def count(self, what):
        with self.lock:
            self.counts[what] += 1

    def most(self, streams):
        with self.lock:
            self.counts["most_streams"] = max(
                streams, self.counts["most_streams"])

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def _rule_for(self, token, topic):
        with self.lock:
            for r in self.rules:
                if r["left"] == 0 or r["token"] not in (None, token) or \
                        r["topic"] not in (None, topic):
                    continue
                if r["left"] is not None:
                    r["left"] -= 1
                return r
        return {}

    def request(self, connection, stream, pairs, body):
        headers = {}
        for name, value in pairs:
            if name in headers:
                self.fault("header %s came twice" % name)
            headers[name] = value
        path = headers.get(":path", "")
        token = path.rpartition("/")[2]
        rule = self._rule_for(token, headers.get("apns-topic"))
        action = rule.get("action")
        if action == "goaway":
            connection.goaway(min(connection.last, stream - 1),
                              rule.get("reason"))
            return
        if action == "refuse":
            connection.reset(stream, h2.errors.ErrorCodes.REFUSED_STREAM)
            return
        if action == "drop":
            connection.transport.abort()
            return
        status, answer, text = self._decide(
            connection, rule, headers, path, bytes(body))
        connection.last = max(connection.last, stream)
        with self.lock:
            self.counts["requests"] += 1
            self.requests.append({
                "token": token, "topic": headers.get("apns-topic"),
                "body": body.decode("utf-8", "replace"), "headers": headers,
                "connection": connection.number, "status": status,
                "reason": json.loads(text).get("reason")
                if text.startswith(b'{"reason"') else None,
                "time": time.time()})
        self._reply(connection, stream, action, rule, answer, text)

    def _reply(self, connection, stream, action, rule, answer, text):
        if action == "lose":
            connection.transport.abort()
        elif action == "reset":
            connection.reset(stream, h2.errors.ErrorCodes.INTERNAL_ERROR)
        elif action == "hang":
            pass
        elif rule.get("delay"):
            self.loop.call_later(rule["delay"], connection.answer, stream,
                                 answer, text)
        else:
            if action == "last":
                connection.goaway(connection.last, rule.get("reason"))
            connection.answer(stream, answer, text)

    @staticmethod
    def _decide(connection, rule, headers, path, body):
        status, reason = rule.get("status"), rule.get("reason")
        if status is None:
            status, reason = fault_of(
                headers, connection.topic, path, body) or (200, None)
        what = {"reason": reason} if reason else {}
        if rule.get("timestamp") is not None:
            what["timestamp"] = rule["timestamp"]
        text = rule["body"].encode() if rule.get("body") is not None else \
            json.dumps(what, separators=(",", ":")).encode() if what else b""
        return status, [(":status", str(status)), (
            "apns-id", headers.get("apns-id", ""))], text


class Control(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    METHODS = ("push_cert", "rule", "reset", "stats", "seen", "settings",
               "ping", "goaway", "sever", "listen", "unlisten")

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        text = self.rfile.read(length)
        name = self.path.strip("/")
        if name not in self.METHODS:
            self.send_error(404)
            return
        result = getattr(self.server.apns, name)(
            **(json.loads(text) if text else {}))
        body = (result if isinstance(result, str)
                else json.dumps(result)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass


def main(folder=None):
    own = folder is None
    folder = folder or tempfile.mkdtemp(prefix="mooring-apns-")
    with Apns(folder) as apns:
        control = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
        control.daemon_threads = True
        control.apns = apns
        threading.Thread(target=control.serve_forever, daemon=True).start()
        print(json.dumps({"port": apns.port, "ca": apns.ca_file,
                          "control": control.server_address[1]}), flush=True)
        sys.stdin.read()
        control.shutdown()
    if own:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
