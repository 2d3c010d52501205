"""A webhook's receiver: http.server, hmac and json, none of our code. It
checks each signature, keeps what it took, and can be told to behave badly."""

import base64
import hashlib
import hmac
import http.server
import json
import plistlib
import socket
import ssl
import threading
import time

HANG, CLOSE, CUT = "hang", "close", "cut"   # instead of a status
KEY = "a key of this test"


class Event:
    """One POST: its headers and its JSON, with shorthands."""

    def __init__(self, headers, body):
        self.headers, self.body = headers, body
        self.json = json.loads(body)
        self.at = time.monotonic()
        self.topic = self.json["topic"]

    @property
    def inner(self):
        for name in ("acknowledge_event", "checkin_event", "mooring_event"):
            if name in self.json:
                return self.json[name]
        raise AssertionError(self.json)

    @property
    def id(self):
        return self.inner.get("ids", {}).get("id")

    @property
    def raw(self):
        return base64.b64decode(self.inner["raw_payload"], validate=True)

    @property
    def plist(self):
        return plistlib.loads(self.raw)

    @property
    def uuid(self):
        return self.json["event_id"]

    def __repr__(self):
        return "<%s %s>" % (self.topic, self.id)


class Receiver:
    def __init__(self, key=KEY, identity=None):
        """identity: what it shows in TLS; without one it speaks plain
        HTTP."""
        self.key, self.context = key, None
        if identity:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(identity.cert_file,
                                         identity.key_file)
        self.behave = lambda event: 200
        self.headers = []           # of its answers, more than usual
        self.lock = threading.Condition(threading.RLock())
        self.taken = []             # answered 200, in this order
        self.seen = []              # all, whatever it was answered
        self.faults = []            # what is no proper request
        self.busy = self.most = 0   # at a time
        self.connections = 0
        self.open_ones = set()
        self.let_go = threading.Event()
        self.server = None
        self.port = 0
        self.open()

    @property
    def url(self):
        return "%s://127.0.0.1:%d/hook" % (
            "https" if self.context else "http", self.port)

    # ---- being there ----
    def open(self):
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65536    # an answer is one segment

            def setup(self):
                if receiver.context:
                    # Here, and not where others wait to be accepted.
                    self.request = receiver.context.wrap_socket(
                        self.request, server_side=True)
                super().setup()
                with receiver.lock:
                    receiver.connections += 1
                    receiver.open_ones.add(self.connection)

            def finish(self):
                with receiver.lock:
                    receiver.open_ones.discard(self.connection)
                super().finish()

            def do_POST(self):
                receiver.serve(self)

            def do_GET(self):
                receiver.fault("a GET")
                self.send_error(405)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128
            allow_reuse_address = True

            def handle_error(self, request, address):
                pass        # connections that were cut

        self.let_go.clear()
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever,
                         args=(0.05,), daemon=True).start()

    def vanish(self):
        """Nobody at the port any more; open() comes back to it."""
        self.let_go.set()
        self.server.shutdown()
        self.server.server_close()
        with self.lock:
            for connection in self.open_ones:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass        # it has ended

    close = vanish

    # ---- one request ----
    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def check(self, headers, body):
        if headers.get("Content-Type") != "application/json; charset=utf-8":
            self.fault("Content-Type %s" % headers.get("Content-Type"))
        mac = headers.get("X-Hmac-Signature")
        if self.key is None:
            if mac is not None:
                self.fault("a signature without a key")
            return
        want = base64.b64encode(hmac.new(self.key.encode(), body,
                                         hashlib.sha256).digest()).decode()
        if mac != want:
            self.fault("X-Hmac-Signature %s, not %s" % (mac, want))

    def serve(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        self.check(handler.headers, body)
        event = Event(handler.headers, body)
        with self.lock:
            self.seen.append(event)
            self.busy += 1
            self.most = max(self.most, self.busy)
            self.lock.notify_all()
        try:
            self.answer(handler, event, self.behave(event))
        finally:
            with self.lock:
                self.busy -= 1

    def answer(self, handler, event, how):
        if how == HANG:
            self.let_go.wait(60)
            how = CLOSE
        if how == CLOSE:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        if how == CUT:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
                                b"\r\nhalf")
            handler.wfile.flush()
            handler.close_connection = True
            return
        if how == 200:
            # Before the answer: whoever sees it finds the event here.
            with self.lock:
                self.taken.append(event)
                self.lock.notify_all()
        handler.send_response(how)
        for name, value in self.headers:
            handler.send_header(name, value)
        body = b"" if how == 204 else b"ok"
        if body:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    # ---- looking ----
    def wait(self, n, seconds=20, seen=False):
        """Until n were taken (or seen)."""
        with self.lock:
            events = self.seen if seen else self.taken
            if not self.lock.wait_for(lambda: len(events) >= n, seconds):
                raise AssertionError("%d of %d events within %d s: %s" % (
                    len(events), n, seconds, events))
            return list(events)

    def of(self, who):
        with self.lock:
            return [e for e in self.taken if e.id == who]

    def wait_of(self, who, *topics, seconds=20):
        """Until what was taken of this enrollment is just that."""
        with self.lock:
            self.lock.wait_for(
                lambda: len(self.of(who)) >= len(topics), seconds)
        got = self.of(who)
        assert [e.topic for e in got] == list(topics), got
        return got

    def good(self):
        with self.lock:
            assert not self.faults, self.faults
