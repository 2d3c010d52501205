"""Options, and the servers that tests share: one per flavour and settings for
the whole run, with devices of each test's own."""

import concurrent.futures
import os
import shutil
import signal
import tempfile
import time

import pytest

import apns as played
import server as servers
from compat import served
from nano import Nano
from receiver import Receiver
from sites import Site


def pytest_addoption(parser):
    parser.addoption(
        "--flavours", default=os.environ.get("E2E_FLAVOURS", ""),
        help="comma-separated: " + ", ".join(servers.FLAVOURS))


def chosen(config):
    text = config.getoption("--flavours")
    names = tuple(n for n in text.split(",") if n) or servers.FLAVOURS
    for n in names:
        if n not in servers.FLAVOURS:
            raise pytest.UsageError("no such flavour: " + n)
    return names


def pytest_generate_tests(metafunc):
    """A test that takes `flavour` runs once on each chosen one, and with
    `how` once for each way to show an identity there; a marker
    `flavours(...)` narrows them down."""
    if "flavour" in metafunc.fixturenames:
        names = chosen(metafunc.config)
        marker = metafunc.definition.get_closest_marker("flavours")
        if marker:
            names = tuple(n for n in names if n in marker.args)
        if "how" in metafunc.fixturenames:
            metafunc.parametrize("flavour, how", [
                (n, how) for n in names for how in ("tls", "signature")
                if how == "signature" or n not in servers.SIGNATURE_ONLY],
                scope="session")
        else:
            metafunc.parametrize("flavour", names, scope="session")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "flavours(names): the web servers a test runs on")
    config.addinivalue_line(
        "markers", "root: what only root can do")


def pytest_collection_modifyitems(config, items):
    """What cannot apply is left out, and said so, rather than skipped: a
    skipped test is one that should have run."""
    def applies(item):
        if item.get_closest_marker("root") and os.geteuid() != 0:
            return False
        return not any(m.kwargs.get("reason", "").startswith(
            "got empty parameter set") for m in item.iter_markers("skip"))

    left_out = [i for i in items if not applies(i)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [i for i in items if applies(i)]


def end(signum, frame):
    """As Ctrl-C: what was started is stopped, what was made is removed."""
    raise KeyboardInterrupt


def pytest_sessionstart(session):
    signal.signal(signal.SIGTERM, end)
    if not os.path.exists(servers.program("mooringctl")):
        pytest.exit("no mooringctl in %s: set MOORING_BUILD to the build tree"
                    % servers.BUILD, 2)
    session.config.e2e_started = time.monotonic()


def pytest_terminal_summary(terminalreporter, config):
    terminalreporter.write_line("end to end: %.0f s" % (
        time.monotonic() - config.e2e_started))


class Pool:
    """Servers by flavour and settings; each is started when first asked for
    and holds one enrollment, so that the guard of an empty store is off."""

    def __init__(self):
        self.servers = {}

    def get(self, flavour, enroll=True, **settings):
        """enroll: where no device can, the guard is released instead."""
        key = (flavour, tuple(sorted(settings.items())))
        if key not in self.servers:
            self.servers[key] = self.make(flavour, enroll, settings)
        if isinstance(self.servers[key], Exception):
            raise self.servers[key]     # once is enough
        return self.servers[key]

    @staticmethod
    def make(flavour, enroll, settings):
        s = servers.Server(flavour, **settings)
        try:
            s.init().start()
            if enroll:
                s.enrolled()
            else:
                s.ctl.run("guard", "release")
        except Exception as e:
            if s.process:
                s.kill()
            s.remove()
            return e
        return s

    def close(self):
        """All at once: each waits for its own kept-open connections."""
        started = [s for s in self.servers.values()
                   if not isinstance(s, Exception)]
        with concurrent.futures.ThreadPoolExecutor(len(started) or 1) as p:
            faults = [f for f in p.map(self.end, started) if f]
        assert not faults, faults

    @staticmethod
    def end(s):
        try:
            s.stop()
        except AssertionError as e:
            return "%s: %s" % (s.flavour, e)
        finally:
            s.remove()


@pytest.fixture(scope="session")
def pool():
    p = Pool()
    yield p
    p.close()


@pytest.fixture
def server(pool, flavour):
    return pool.get(flavour)


@pytest.fixture
def lighttpd(pool, request):
    """The server for what does not depend on the web server: the first of
    the chosen flavours that does FastCGI and TLS."""
    names = chosen(request.config)
    for n in ("lighttpd", "lighttpd-socket", "apache", "apache-fcgid"):
        if n in names:
            return pool.get(n)
    return pool.get(names[0])


@pytest.fixture
def fresh():
    """Makes servers of a test's own: fresh(flavour, setting=value)."""
    made = []

    def make(flavour="lighttpd", start=True, **more):
        s = servers.Server(flavour, **more)
        made.append(s)
        s.init()
        return s.start() if start else s

    yield make
    for s in made:
        try:
            s.stop()
        finally:
            s.remove()


@pytest.fixture(scope="session")
def apple():
    """APNs, played, for all whose tests look at their own devices alone."""
    folder = tempfile.mkdtemp(prefix="mrg-apns-", dir="/tmp")
    os.chmod(folder, 0o755)
    with played.Apns(folder) as a:
        yield a
    shutil.rmtree(folder)


@pytest.fixture
def nano(pool, flavour, apple):
    return Nano(served(pool, flavour, apple))


@pytest.fixture
def one(lighttpd, pool, apple):
    """A server for what does not depend on the web server."""
    return Nano(served(pool, lighttpd.flavour, apple))


@pytest.fixture
def receivers():
    made = []

    def make(**more):
        made.append(Receiver(**more))
        return made[-1]

    yield make
    for r in made:
        r.close()
        r.good()


@pytest.fixture(scope="module")
def site():
    s = Site()
    yield s
    s.remove()


@pytest.fixture
def new():
    """Makes sites of a test's own."""
    made = []

    def make(**more):
        made.append(Site(**more))
        return made[-1]

    yield make
    for s in made:
        s.remove()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    item.log_marks = {
        path: os.path.getsize(path) for s in servers.live
        for path in s.log_files() if os.path.exists(path)}
    yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failure shows what every server wrote during the test."""
    report = (yield).get_result()
    if not report.failed:
        return
    marks = getattr(item, "log_marks", {})
    for s in servers.live:
        for path in s.log_files():
            try:
                with open(path, errors="replace") as f:
                    f.seek(marks.get(path, 0))
                    text = f.read()
            except OSError:
                continue
            if text:
                report.sections.append(
                    ("%s of %s" % (os.path.basename(path), s.flavour),
                     "\n".join(text.splitlines()[-60:])))
