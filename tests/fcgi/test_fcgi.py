"""http/fcgi at the level of the protocol, without a web server: the program
`echo` answers what it was sent."""

import os
import signal
import subprocess
import sys
import threading

import tap
from fastcgi import (ABORT, KEEP, PARAMS, STDIN, Program, Reply, begin, pairs,
                     params, record, stream, wait_for)

ECHO = os.path.abspath("tests/fcgi/echo")


def variables(body=b"", method="PUT", uri="/mdm", length=None, more=()):
    out = [("REQUEST_METHOD", method), ("REQUEST_URI", uri),
           ("SCRIPT_NAME", "/mdm"), ("REMOTE_ADDR", "127.0.0.1")]
    n = len(body) if length is None else length
    if n >= 0:
        out.append(("CONTENT_LENGTH", str(n)))
    return out + list(more)


def checksum(body):
    total = 0
    for b in body:
        total = (total * 31 + b) % 2 ** 64
    return str(total)


def stop(p):
    p.terminate()
    assert p.ended() == 0, p.logged()


def test_variables_and_body():
    body = bytes(range(256)) * 40
    certificate = "-----BEGIN CERTIFICATE-----\n" + "x" * 9000
    with Program(ECHO) as p:
        r = p.ask(variables(body, uri="/a/%2Fb?c=d?e", more=[
            ("CONTENT_TYPE", "application/xml"),
            ("SSL_CLIENT_VERIFY", "SUCCESS"),
            ("HTTP_MDM_SIGNATURE", "c2ln" * 1500),
            ("SSL_CLIENT_CERT", certificate.split("\n")[0])]), body, step=100)
        f = r.fields()
        assert r.status == 200 and r.headers["X-Echo"] == "yes"
        assert int(r.headers["Content-Length"]) == len(r.body)
        assert f["path"] == "/a/%2Fb" and f["query"] == "c=d?e"
        assert f["type"] == "application/xml" and f["verify"] == "SUCCESS"
        assert f["signature"] == "c2ln" * 1500
        assert f["cert"] == "-----BEGIN CERTIFICATE-----"
        assert f["state"] == "ok" and f["body"] == str(len(body))
        assert f["sum"] == checksum(body)
        stop(p)
        assert p.logged() == "done /a/%%2Fb 200 %d\n" % len(body)


def test_no_variables_at_all():
    with Program(ECHO) as p:
        f = p.ask([]).fields()
        assert f["method"] == f["path"] == f["query"] == ""
        assert f["type"] == f["cert"] == "-" and f["length"] == "-1"
        stop(p)


def test_doubled_header_is_counted():
    with Program(ECHO) as p:
        f = p.ask(variables(more=[
            ("HTTP_CLIENT_CERT", ":YQ==:"), ("HTTP_CLIENT_CERT", ":Yg==:"),
            ("MOORING_CERT_HEADER", "rfc9440")])).fields()
        assert f["count"] == "2" and f["header"] == ":YQ==:"
        stop(p)


def test_lengths_that_lie():
    with Program(ECHO) as p:
        for announced, sent, state in ((10, 9, "cut"), (10, 0, "cut"),
                                       (-1, 9, "ok"), (5, 9, "ok"),
                                       (0, 0, "ok")):
            body = b"b" * sent
            f = p.ask(variables(body, length=announced), body).fields()
            assert f["state"] == state, (announced, sent, f)
            assert f["body"] == str(sent)
        stop(p)


def test_large_bodies():
    """What is over the limit is refused however it comes; the whole of it is
    sent before the answer is read, as some web servers do."""
    with Program(ECHO, ECHO_MAX_BODY=str(1 << 20)) as p:
        most, more = b"m" * (1 << 20), b"m" * (4 << 20)
        f = p.ask(variables(most), most).fields()
        assert f["state"] == "ok" and f["body"] == str(len(most))
        f = p.ask(variables(more), more).fields()
        assert f["state"] == "large" and f["body"] == "0"
        f = p.ask(variables(length=-1), more).fields()
        assert f["state"] == "large"
        with p.connect() as c:
            f = c.ask(variables(more), more, flags=KEEP).fields()
            assert f["state"] == "large"
            assert c.at_end()
        assert p.ask(variables()).status == 200
        stop(p)


def test_large_reply_and_head():
    with Program(ECHO) as p:
        r = p.ask(variables(method="GET", uri="/big?3000000"))
        assert r.body == b"x" * 3000000
        r = p.ask(variables(method="HEAD", uri="/big?3000000"))
        assert r.body == b"" and r.headers["Content-Length"] == "3000000"
        r = p.ask(variables(method="GET", uri="/big?0"))
        assert r.body == b"" and r.headers["Content-Length"] == "0"
        stop(p)


def test_kept_connection():
    with Program(ECHO) as p, p.connect() as c:
        for i in range(5):
            body = b"b" * i * 1000
            f = c.ask(variables(body, uri="/%d" % i), body, KEEP).fields()
            assert f["path"] == "/%d" % i and f["body"] == str(len(body))
        stop(p)
        assert c.at_end()


def test_broken_peers():
    """Connections that end early, or speak no FastCGI, harm nobody else."""
    whole = begin() + params(variables(b"b" * 100)) + record(STDIN, b"b" * 50)
    with Program(ECHO, ECHO_THREADS="2") as p:
        for data in (b"", b"\1", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64,
                     b"\xff" * 4096, whole[:10], whole[:40], whole,
                     begin() + record(PARAMS, pairs([("A", "b")])[:-1]) +
                     record(PARAMS), begin() + record(PARAMS, b"\xff" * 8) +
                     record(PARAMS), begin() + record(ABORT),
                     whole + record(ABORT)):
            with p.connect() as c:
                c.send(data)
        for _ in range(4):
            assert p.ask(variables()).status == 200
        stop(p)


def test_many_at_once():
    with Program(ECHO, ECHO_THREADS="8") as p:
        wrong = []

        def client(n):
            for i in range(20):
                body = b"%d/%d" % (n, i) * 500
                f = p.ask(variables(body), body).fields()
                if f["sum"] != checksum(body):
                    wrong.append((n, i))

        threads = [threading.Thread(target=client, args=(n,))
                   for n in range(32)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not wrong
        stop(p)
        assert p.logged().count("done ") == 640


def test_one_socket_for_two_processes():
    with Program(ECHO) as a, Program(ECHO, share=a) as b:
        for _ in range(20):
            assert a.ask(variables()).status == 200
        stop(a)
        for _ in range(5):
            assert b.ask(variables()).status == 200
        stop(b)
        assert a.logged().count("done ") + b.logged().count("done ") == 25


def test_idle_worker_ends_at_once():
    for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
        with Program(ECHO, ECHO_THREADS="64") as p, p.connect() as c:
            assert c.ask(variables(), flags=KEEP).status == 200
            p.terminate(number)
            assert p.ended(5) == 0
            assert c.at_end()


def test_request_in_flight_is_not_cut():
    """Requests of which the worker has read nothing, some variables, and
    half the body when the signal comes: all are answered, then it ends."""
    body = b"b" * 1000
    sent = begin() + params(variables(body, uri="/body")) + \
        record(STDIN, body[:500])
    early = begin() + stream(PARAMS, pairs(variables(body, uri="/early")))
    with Program(ECHO, ECHO_THREADS="2") as p, p.connect() as in_body, \
            p.connect() as in_params, p.connect() as waiting:
        in_body.send(sent)
        in_params.send(early[:60])
        wait_for("two busy threads", lambda: p.connections() == 2)
        waiting.send(begin() + params(variables(b"", uri="/waiting")) +
                     record(STDIN))
        p.terminate()
        assert p.process.poll() is None
        in_body.send(record(STDIN, body[500:]) + record(STDIN))
        assert in_body.reply().fields()["sum"] == checksum(body)
        in_body.close()
        in_params.send(early[60:] + record(PARAMS) + stream(STDIN, body) +
                       record(STDIN))
        assert in_params.reply().fields()["sum"] == checksum(body)
        in_params.close()
        assert waiting.reply().fields()["path"] == "/waiting"
        waiting.close()
        assert p.ended() == 0


def test_stop_from_inside():
    with Program(ECHO) as p:
        assert p.ask(variables(uri="/stop")).status == 200
        assert p.ended() == 0


def cgi(body=b"", **env):
    p = subprocess.Popen([ECHO], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         env={"PATH": "/usr/bin", "ECHO_MAX_BODY": "1000",
                              **env}, stderr=subprocess.DEVNULL)
    with p:
        p.stdin.write(body)     # a program that does not read breaks the pipe
        p.stdin.close()
        out = p.stdout.read()
    assert p.returncode == 0
    return Reply(out)


def test_plain_cgi():
    body = b"b" * 1000
    f = cgi(body, REQUEST_METHOD="PUT", REQUEST_URI="/mdm?x",
            CONTENT_LENGTH="1000", SSL_CLIENT_VERIFY="NONE").fields()
    assert f["path"] == "/mdm" and f["query"] == "x"
    assert f["sum"] == checksum(body) and f["verify"] == "NONE"
    over = b"b" * 1000000   # all of it is taken, or a web server sees a fault
    assert cgi(over).fields()["state"] == "large"
    assert cgi(over, CONTENT_LENGTH="1000000").fields()["state"] == "large"
    assert cgi(body, CONTENT_LENGTH="1001").fields()["state"] == "large"
    assert cgi(body[1:], CONTENT_LENGTH="1000").fields()["state"] == "cut"
    assert cgi(body + b"b").fields()["state"] == "large"
    assert cgi(REQUEST_METHOD="HEAD").body == b""


if __name__ == "__main__":
    tap.main(sys.modules[__name__])
