"""mooringctl serve itself: what dies comes back, more and more slowly; what is
in flight is answered before the end; what cannot work is said at once."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile

import pytest

import device
import pki
import plists
import processes
import server as servers

WITH_WORKERS = ("lighttpd-socket", "apache")


def run_serve(server, *options, **env):
    """mooringctl serve that is expected to refuse."""
    return subprocess.run(
        [servers.program("mooringctl"), "serve", "--dir", server.directory,
         *options], capture_output=True, text=True, timeout=60,
        env=servers.environment(**env))


def children(server, *names):
    return [p for p in processes.descendants(server.process.pid)
            if processes.name(p) in names]


def wait_child(server, *names, but=()):
    for _ in processes.deadline(20, "a new %s" % (names,)):
        found = [p for p in children(server, *names) if p not in but]
        if found:
            return found


def restarts(server, child):
    """The back-off of each death so far, in ms, from serve's own log."""
    with open(server.log_file) as f:
        return [int(m.group(1)) for m in re.finditer(
            r"event=child_ended child=%s .*signal=9 restart_in_ms=(\d+)"
            % re.escape(child), f.read())]


@pytest.mark.flavours(*WITH_WORKERS)
def test_worker_comes_back_more_slowly_each_time(fresh, flavour):
    server = fresh(flavour)
    d = server.enrolled()
    for n in range(3):
        old = server.workers()
        assert len(old) == 1
        processes.kill(old[0])
        # The socket stays, so the next request waits for the new worker.
        d.again().idle().accepted()
        assert server.workers() != old
        assert restarts(server, "mdm.fcgi") == [100, 200, 400][:n + 1]


@pytest.mark.flavours("lighttpd", "lighttpd-socket", "apache",
                      "apache-fcgid")
def test_web_server_comes_back(fresh, flavour):
    """Killed outright, with all that it had started left behind."""
    server = fresh(flavour)
    d = server.enrolled()
    name = "lighttpd" if flavour.startswith("lighttpd") else "apache2"
    main = [p for p in children(server, name)
            if processes._parent(p) == server.process.pid]
    assert len(main) == 1
    spawned = [p for p in processes.descendants(main[0])]
    processes.kill(main[0])
    server.wait_log("event=child_ended", "signal=9", "restart_in_ms=100")
    wait_child(server, name, but=main + spawned)
    server.wait_ready()
    d.again().idle().accepted()
    processes.wait_gone(spawned)


class SlowUpload:
    """A request whose body stays half sent for as long as the test likes."""

    def __init__(self, d, message):
        body = plists.dump(message)
        lines = ["PUT /mdm HTTP/1.1", "Host: localhost",
                 "Content-Type: " + plists.CHECKIN_TYPE,
                 "Content-Length: %d" % len(body), "Connection: close"]
        if d.how == "signature":
            lines.append("Mdm-Signature: " + d.identity.sign(body))
        context = pki.tls_context(d.server.root_file,
                                  d.identity if d.how == "tls" else None)
        plain = socket.create_connection(("127.0.0.1", d.server.port), 60)
        self.socket = context.wrap_socket(plain, server_hostname="localhost")
        half = len(body) // 2
        self.rest = body[half:]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode()
                            + body[:half])

    def finish(self):
        self.socket.sendall(self.rest)
        r = http.client.HTTPResponse(self.socket)
        r.begin()
        return device.Reply(r.status, r.headers, r.read())


def test_sigterm_answers_what_is_in_flight(fresh, flavour):
    server = fresh(flavour)
    d = server.device()
    d.authenticate().accepted()
    upload = SlowUpload(d, plists.token_update(d.ids))
    # Another request through the same web server: by the time that it is
    # answered, the first one's connection was accepted and read.
    server.enrolled()
    server.process.send_signal(signal.SIGTERM)
    server.wait_log("graceful")     # the web server says that it has begun
    upload.finish().accepted()
    assert server.process.wait(30) == 0
    server.process = None
    assert processes.of_directory(server.directory) == []
    assert server.ctl.state(d.id) == "enabled"


def test_supervisor_killed_leaves_nobody(fresh, flavour):
    """kill -9 of serve alone: the kernel tells its children."""
    server = fresh(flavour)
    server.enrolled()
    others = processes.descendants(server.process.pid)
    assert others
    server.process.kill()
    server.process.wait()
    server.process = None
    processes.wait_gone(others)
    server.start()


def test_busy_port_is_named(fresh):
    server = fresh(start=False)
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", server.admin_port))
        s.listen()
        # As ourselves (root became DIR's owner and may not look into root's
        # processes: then the user is named).
        r = run_serve(server)
        assert r.returncode != 0
        assert "port %d is in use by " % server.admin_port in r.stderr
        named = ("(process %d)" % os.getpid() if os.geteuid() != 0
                 else "user root")
        assert named in r.stderr, r.stderr
        assert len(r.stderr.splitlines()) == 1
    server.start()


def test_second_serve_is_refused(fresh):
    server = fresh()
    r = run_serve(server)
    assert r.returncode != 0
    assert "is served already, by process %d" % server.process.pid \
        in r.stderr


def test_trusted_ca_reaches_the_web_server(fresh, flavour):
    """`ca trust` while it runs: the web server reads the bundle again by
    itself, and a device of that CA gets in."""
    server = fresh(flavour)
    other = pki.CA.make(server.folder)
    d = server.device(identity=other.issue())
    d.authenticate().refused(400)
    server.ctl.run("ca", "trust", "-", input=other.pem())
    for _ in processes.deadline(20, "trust in the new CA"):
        try:
            if d.again().authenticate().status == 200:
                break
        except OSError:     # a connection while the web server reloads
            pass
    d.again().token_update().accepted()


@pytest.mark.parametrize("path, word", [
    ("a\nb", "control character"), ('a"b', "quote"), ("a'b", "quote"),
    ("a$b", "cannot stand"), ("x" * 100, "too long")])
def test_path_that_cannot_be_served(path, word):
    with tempfile.TemporaryDirectory(prefix="mrg-", dir="/tmp") as folder:
        who = servers.owner()
        os.chown(folder, who.pw_uid, who.pw_gid)
        directory = os.path.join(folder, path)
        ctl = servers.Ctl(directory)
        ctl.run("init", "--url", "https://localhost:8443",
                *(["--user", who.pw_name] if os.geteuid() == 0 else []))
        r = subprocess.run(
            [servers.program("mooringctl"), "serve", "--dir", directory],
            capture_output=True, text=True, timeout=60,
            env=servers.environment())
        assert r.returncode != 0
        assert word in r.stderr, r.stderr
        assert len(r.stderr.splitlines()) == 1


def test_path_with_spaces(flavour):
    folder = tempfile.mkdtemp(prefix="mrg a b-", dir="/tmp")
    server = servers.Server(flavour, folder=folder)
    try:
        server.init().start()
        server.enrolled().idle().accepted()
        server.stop()
    finally:
        if server.process:
            server.kill()
        server.remove()


def test_unknown_flavour(fresh):
    server = fresh(start=False)
    r = run_serve(server, "--server", "nginx")
    assert r.returncode == 2
    assert "nginx" in r.stderr and "lighttpd-socket" in r.stderr


def test_missing_program_is_named(fresh):
    server = fresh(start=False)
    r = run_serve(server, MOORING_LIBEXECDIR="/nowhere")
    assert r.returncode != 0
    assert "/nowhere/cgi-bin/mdm.fcgi" in r.stderr


def test_bad_certificate_is_said_at_once(fresh):
    """A web server that does not start is no case for back-off."""
    server = fresh(start=False)
    with open(server.path("pki", "server.pem"), "w") as f:
        f.write("not a certificate\n")
    r = run_serve(server)
    assert r.returncode != 0
    assert "lighttpd did not start" in r.stderr
    assert "server.pem" in r.stderr     # lighttpd's own words


def example(server, web):
    """The example as it is installed, but for three folders, which are those
    of the tests: nothing else is left for an operator to fill in."""
    shipped = servers.environment()["MOORING_DATADIR"]
    with open(os.path.join(servers.BUILD, web, "example.conf")) as f:
        text = f.read()
    assert not re.search(r"@\w+@|\$[({]prefix", text), text
    for name, place in (("dir", server.directory),
                        ("share", os.path.join(shipped, web)),
                        ("cgibin", os.path.join(servers.BUILD, "cgi-bin"))):
        text, n = re.subn(r'(?im)^((?:var\.|define )mooring_%s\b[ =]+)"/[^"]+"$'
                          % name, r'\1"%s"' % place, text)
        assert n == 1, name
    return text


def sbin(name):
    """A web server's program, also where PATH leaves out /usr/sbin."""
    return shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")


def test_lighttpd_example_is_sound(fresh, tmp_path):
    server = fresh(start=False)
    conf = tmp_path / "lighttpd.conf"
    conf.write_text(example(server, "lighttpd"))
    r = subprocess.run([sbin("lighttpd"), "-tt", "-f", str(conf)],
                       capture_output=True, text=True)
    assert (r.returncode, r.stderr) == (0, ""), r.stderr


def test_apache_example_is_sound(fresh, tmp_path):
    """Inside a configuration like Debian's, with the modules it names."""
    server = fresh(start=False)
    modules = "/usr/lib/apache2/modules"
    load = "".join(
        "LoadModule %s_module %s/mod_%s.so\n" % (m, modules, m)
        for m in ("mpm_event", "authn_core", "authz_core", "alias", "dir",
                  "env", "reqtimeout", "socache_shmcb", "ssl", "http2",
                  "proxy", "proxy_fcgi"))
    conf = tmp_path / "apache2.conf"
    conf.write_text(
        "ServerRoot %s\nServerName localhost\nErrorLog error.log\n%s"
        "Listen 443\n%s" % (tmp_path, load, example(server, "apache")))
    r = subprocess.run(
        [sbin("apache2"), "-t", "-f", str(conf)],
        capture_output=True, text=True)
    assert r.returncode == 0 and "Syntax OK" in r.stderr, r.stderr
