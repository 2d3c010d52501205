"""The web server's half of FastCGI 1.0, and a program to talk to."""

import os
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, STDERR = 1, 2, 3, 4, 5, 6, 7
KEEP = 1


def record(kind, content=b"", request=1):
    return struct.pack("!BBHHBx", 1, kind, request, len(content), 0) + content


def stream(kind, content, step=65535):
    """The content as records, without the empty one that ends it."""
    return b"".join(record(kind, content[i:i + step])
                    for i in range(0, len(content), step))


def length(n):
    return bytes([n]) if n < 128 else struct.pack("!I", n | 0x80000000)


def pairs(variables):
    out = b""
    for name, value in variables:
        name, value = name.encode(), value.encode("latin-1")
        out += length(len(name)) + length(len(value)) + name + value
    return out


def begin(flags=0):
    return record(BEGIN, struct.pack("!HB5x", 1, flags))


def params(variables):
    return stream(PARAMS, pairs(variables)) + record(PARAMS)


class Reply:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        self.headers = dict(line.split(": ", 1) for line in lines)
        self.status = int(self.headers["Status"].split()[0])

    def fields(self):
        return dict(line.split("=", 1)
                    for line in self.body.decode().splitlines())


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.input = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.input.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def ask(self, variables, body=b"", flags=0, step=65535):
        self.send(begin(flags) + params(variables) +
                  stream(STDIN, body, step) + record(STDIN))
        return self.reply()

    def reply(self):
        out = b""
        while True:
            head = self.input.read(8)
            assert len(head) == 8, "connection ended after %r" % out
            _, kind, _, n, pad = struct.unpack("!BBHHBx", head)
            content = self.input.read(n + pad)[:n]
            if kind == STDOUT:
                out += content
            elif kind == END:
                return Reply(out)

    def at_end(self):
        return self.input.read(1) == b""


def wait_for(what, condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not within %d s: %s" % (seconds, what)
        time.sleep(0.01)


class Program:
    """A FastCGI program with a listening Unix socket as its standard input,
    as web servers and spawn-fcgi start it."""

    def __init__(self, program, share=None, **env):
        self.folder = tempfile.mkdtemp(prefix="mooring-fcgi-")
        self.path = share.path if share else self.folder + "/socket"
        self.listener = share.listener if share else self.listen()
        with open(self.folder + "/log", "a") as log:
            self.process = subprocess.Popen(
                [program], stdin=self.listener, stdout=subprocess.DEVNULL,
                stderr=log, env={**os.environ, **env})

    def listen(self):
        s = socket.socket(socket.AF_UNIX)
        s.bind(self.path)
        s.listen(128)
        return s

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if kind:
            print("# " + self.logged().replace("\n", "\n# "))
        self.listener.close()
        shutil.rmtree(self.folder)

    def logged(self):
        with open(self.folder + "/log") as log:
            return log.read()

    def connect(self):
        return Connection(self.path)

    def ask(self, variables, body=b"", **more):
        with self.connect() as c:
            return c.ask(variables, body, **more)

    def status(self, key):
        with open("/proc/%d/status" % self.process.pid) as f:
            for line in f:
                if line.startswith(key + ":"):
                    return line.split()[1]

    def connections(self):
        """How many it has accepted and not closed."""
        fds = "/proc/%d/fd/" % self.process.pid
        kinds = [os.readlink(fds + f) for f in os.listdir(fds)]
        return sum(k.startswith("socket:") for k in kinds) - 1

    def terminate(self, number=signal.SIGTERM):
        """Sends the signal and waits until the program has taken it."""
        self.process.send_signal(number)
        bit = 1 << (number - 1)
        wait_for("signal %d taken" % number,
                 lambda: self.process.poll() is not None
                 or not int(self.status("ShdPnd") or "0", 16) & bit)

    def ended(self, seconds=20):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError("still running after %d s" % seconds)
