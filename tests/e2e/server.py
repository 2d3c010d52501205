"""One Mooring with its own data directory behind a real web server, started
by `mooringctl serve` from the build tree, and `mooringctl` on its store."""

import atexit
import json
import os
import pwd
import shutil
import signal
import ssl
import subprocess
import tempfile

import device
import pki
import ports
import processes

FLAVOURS = ("lighttpd", "lighttpd-socket", "lighttpd-cgi",
            "apache", "apache-fcgid", "apache-cgi")
PLAIN_CGI = ("lighttpd-cgi", "apache-cgi")
# Plain CGI behind an .htaccess cannot ask for certificates.
SIGNATURE_ONLY = ("apache-cgi",)

BUILD = os.path.abspath(os.environ.get("MOORING_BUILD", "build"))
SOURCE = os.path.abspath(os.environ.get("MOORING_DATADIR", os.path.join(
    os.path.dirname(__file__), "..", "..")))
live = []       # every server of this run that was started


def program(name):
    return os.path.join(BUILD, name)


def owner():
    """Who the servers run as: ourselves, or as root somebody who may not do
    everything (web servers refuse root or drop it)."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    return pwd.getpwnam(os.environ.get("E2E_USER", "nobody"))


def come_within_reach():
    """Where the servers' user may not enter the build tree (root's home),
    they run from a copy of what would be installed."""
    global BUILD, SOURCE
    user, test = owner(), program("cgi-bin/mdm.fcgi")
    if os.geteuid() != 0 or not os.path.exists(test) or subprocess.run(
            ["test", "-x", test], cwd="/", user=user.pw_uid,
            group=user.pw_gid, extra_groups=[]).returncode == 0:
        return
    folder = tempfile.mkdtemp(prefix="mrg-", dir="/tmp")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    for name in ("mooringctl", "mooring-courier", "mooring-device"):
        shutil.copy(program(name), folder)
    shutil.copytree(program("cgi-bin"), os.path.join(folder, "cgi-bin"),
                    ignore=shutil.ignore_patterns("*.o", ".*"))
    for name in ("lighttpd", "apache"):
        shutil.copytree(os.path.join(SOURCE, name),
                        os.path.join(folder, name))
        if os.path.isdir(program(name)):
            shutil.copytree(program(name), os.path.join(folder, name),
                            dirs_exist_ok=True)
    subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
    BUILD = SOURCE = folder


come_within_reach()


class CommandFailed(AssertionError):
    pass


class Ctl:
    """mooringctl on a data directory, while the server runs or not."""

    def __init__(self, directory, prefix=()):
        self.directory, self.prefix = directory, list(prefix)

    def run(self, *args, input=None, check=True):
        if isinstance(input, str):
            input = input.encode()
        r = subprocess.run(
            [*self.prefix, program("mooringctl"), *map(str, args),
             "--dir", self.directory],
            input=input, capture_output=True, env=environment(), timeout=120)
        if check and r.returncode != 0:
            raise CommandFailed("mooringctl %s: exit %d: %s" % (
                " ".join(map(str, args)), r.returncode,
                (r.stderr + r.stdout).decode(errors="replace")))
        return r

    def json(self, *args, **more):
        return json.loads(self.run(*args, "--json", **more).stdout)

    def enqueue(self, targets, body, *options):
        if isinstance(targets, str):
            targets = [targets]
        return self.run("enqueue", *options, *targets, "-", input=body)

    def enrollment(self, who):
        return self.json("enrollments", "show", who)

    def exists(self, who):
        return self.run("enrollments", "show", who,
                        check=False).returncode == 0

    def state(self, who):
        return self.enrollment(who)["state"]

    def queue(self, who):
        """CommandUUIDs in the order of delivery."""
        return [c["command_uuid"] for c in self.queued(who)]

    def queued(self, who):
        return self.json("queue", "list", who, "--all")["commands"]

    def command(self, uuid):
        return self.json("commands", "show", uuid, "--all")

    def result(self, uuid, who):
        """The raw body of the answer that is stored."""
        return self.run("commands", "show", uuid, "--result", who).stdout

    def target(self, uuid, who):
        """What became of a command for one enrollment; None: not its."""
        for t in self.command(uuid)["targets"]:
            if t["id"] == who:
                return t
        return None

    def target_state(self, uuid, who):
        t = self.target(uuid, who)
        return t and t["state"]

    def guard(self):
        return self.json("guard", "show")


def environment(**more):
    """The programs of the build tree, whatever is installed."""
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("MOORING_")}
    env.update(MOORING_LIBEXECDIR=BUILD,
               MOORING_DATADIR=SOURCE,
               LC_ALL="C.UTF-8")
    env.update(more)
    return env


class Server:
    def __init__(self, flavour="lighttpd", prefix=(), folder=None, **settings):
        self.flavour, self.prefix = flavour, list(prefix)
        self.settings = {"unmanaged_limit": 1000000, **settings}
        self.user = owner()
        # Short, since it holds the paths of Unix sockets.
        self.folder = folder or tempfile.mkdtemp(prefix="mrg-", dir="/tmp")
        os.chmod(self.folder, 0o700)
        os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.directory = os.path.join(self.folder, "d")
        self.ctl = Ctl(self.directory, prefix)
        self.port, self.admin_port = ports.pair()
        self.process = None
        self.marks = {}

    # ---- what it is ----
    @property
    def how(self):
        """How devices show who they are, if a test has no wish."""
        return "signature" if self.flavour in SIGNATURE_ONLY else "tls"

    @property
    def is_cgi(self):
        return self.flavour in PLAIN_CGI

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    @property
    def root_file(self):
        return self.path("pki", "server-root.pem")

    # ---- life ----
    def init(self):
        self.ctl.run("init", "--url", "https://localhost:%d" % self.port,
                     *(["--user", self.user.pw_name]
                       if os.geteuid() == 0 else []))
        self.set(listen="127.0.0.1:%d" % self.port,
                 admin_listen="127.0.0.1:%d" % self.admin_port,
                 **self.settings)
        self.ca = pki.CA.load(self.path("pki", "device-ca.pem"),
                              self.path("pki", "device-ca.key"), self.folder)
        return self

    def set(self, **settings):
        """Settings into mooring.conf, as an operator edits it: whole and at
        once. Running workers take it up within a second or so."""
        conf = self.path("mooring.conf")
        with open(conf) as f:
            lines = f.read().splitlines()
        lines = [line for line in lines
                 if line.partition("=")[0].strip() not in settings]
        lines += ["%s = %s" % pair for pair in settings.items()
                  if pair[1] is not None]
        stat = os.stat(conf)
        with tempfile.NamedTemporaryFile("w", dir=self.directory,
                                         delete=False) as f:
            f.write("\n".join(lines) + "\n")
        os.chmod(f.name, stat.st_mode & 0o777)
        os.chown(f.name, stat.st_uid, stat.st_gid)
        os.rename(f.name, conf)

    def start(self):
        assert self.process is None
        self.log_file = os.path.join(self.folder, "serve.log")
        with open(self.log_file, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [*self.prefix, program("mooringctl"), "serve",
                 "--dir", self.directory, "--server", self.flavour],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment(), start_new_session=True)
        if self not in live:
            live.append(self)
        try:
            self.wait_ready()
        except BaseException:
            self.kill()
            raise
        return self

    def wait_ready(self, seconds=30):
        for _ in processes.deadline(seconds, "ready\n" + self.logs()):
            if self.process.poll() is not None:
                raise AssertionError("mooringctl serve ended with %s\n%s" % (
                    self.process.returncode, self.logs()))
            if self.says_ready() and self.answers():
                return

    def says_ready(self):
        with open(self.log_file, "rb") as log:
            log.seek(self.log_start)
            return b"mooringctl: serving " in log.read()

    def answers(self):
        """Whether a worker answers: 405 to a GET of a device URL."""
        try:
            r = device.Wire(self).request("GET", "/mdm")
        except (OSError, ssl.SSLError, device.http.client.HTTPException):
            return False
        return r.status in (400, 405)

    def stop(self, seconds=30):
        """SIGTERM, as systemd does; nothing may be left behind."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            left = self.kill()
            raise AssertionError("mooringctl serve did not end within %d s of "
                                 "SIGTERM, nor did %s" % (seconds, left))
        self.process = None
        left = processes.of_directory(self.directory)
        names = ["%d %s" % (p, processes.name(p)) for p in left]
        for p in left:
            processes.kill(p)
        assert not left, "left behind by mooringctl serve: %s" % names
        assert code == 0, "mooringctl serve ended with %d" % code
        for word in ("Sanitizer:", "runtime error:"):
            assert not self.find_log(word), self.find_log(word)

    def kill(self):
        """kill -9 of everything, by process id."""
        # Stopped first, until no new one is found: a process forked between
        # looking and killing would stay, and keep the ports; and none may
        # see another's death and end by itself.
        pids, found = set(), {self.process.pid}
        while found:
            for p in found:
                processes.kill(p, signal.SIGSTOP)
            pids |= found
            found = {*processes.descendants(self.process.pid),
                     *processes.of_directory(self.directory)} - pids
        pids = sorted(pids)
        names = ["%d %s" % (p, processes.name(p)) for p in pids]
        for p in pids:
            processes.kill(p)
        self.process.wait()
        processes.wait_gone(pids)
        self.process = None
        return names

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        if self in live:
            live.remove(self)
        shutil.rmtree(self.folder, ignore_errors=True)

    # ---- what runs, and what it said ----
    def workers(self, name="mdm.fcgi"):
        return processes.of_directory(self.directory, name)

    def log_files(self):
        yield self.log_file
        for folder, _, files in os.walk(self.path("run")):
            for name in sorted(files):
                if name.endswith((".log", "_log")) or "log" in name:
                    yield os.path.join(folder, name)

    def logs(self, lines=60):
        return "\n".join(
            "== %s\n%s" % (path, "\n".join(text.splitlines()[-lines:]))
            for path, text in self.log_texts() if text)

    def log_texts(self):
        for path in self.log_files():
            try:
                with open(path, errors="replace") as f:
                    yield path, f.read()
            except OSError:
                pass

    def find_log(self, *words):
        """A line that holds all the words, or None."""
        for _, text in self.log_texts():
            for line in text.splitlines():
                if all(w in line for w in words):
                    return line
        return None

    def wait_log(self, *words, seconds=10):
        """The same, written sooner or later."""
        for _ in processes.deadline(seconds, "a log line with %s" % (words,)):
            line = self.find_log(*words)
            if line:
                return line

    # ---- devices ----
    def device(self, kind="device", **more):
        return device.new_device(self, kind, **more)

    def enrolled(self, kind="device", **more):
        """An enrolled channel of any kind (a user channel with the device
        that it belongs to)."""
        if kind in ("device", "byod-device"):
            return self.device(kind, **more).enroll()
        parent = self.device(
            "byod-device" if kind == "byod-user" else "device", **more)
        return parent.enroll().user(kind).enroll()
