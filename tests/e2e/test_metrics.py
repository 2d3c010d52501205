"""/metrics, /healthz and `mooringctl health` on a real server."""

import os
import re
import signal

import pytest

import api
import plists
import processes

ON_ALL = pytest.mark.flavours(*api.FLAVOURS)
LINE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')
KINDS = {"gauge", "counter", "histogram"}


class Metrics:
    """A page of Prometheus' text format; strict."""

    def __init__(self, text):
        self.samples, self.types = {}, {}
        assert text.endswith("\n")
        for line in text[:-1].split("\n"):
            if line.startswith("# HELP "):
                assert len(line.split(" ", 3)) == 4, line
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                assert kind in KINDS and name not in self.types, line
                self.types[name] = kind
            else:
                self.sample(line)

    def sample(self, line):
        m = LINE.fullmatch(line)
        assert m, line
        name, labels, value = m.groups()
        family = re.sub(r"_(bucket|sum|count)$", "", name)
        assert name in self.types or self.types[family] == "histogram", line
        found = LABEL.findall(labels or "")
        assert ",".join('%s="%s"' % x for x in found) == (labels or ""), line
        key = (name, frozenset(found))
        assert key not in self.samples, line
        self.samples[key] = float(value)

    def get(self, name, **labels):
        return self.samples.get((name, frozenset(labels.items())), 0)

    def total(self, name, **labels):
        """Of all samples that have these labels."""
        return sum(v for (n, found), v in self.samples.items()
                   if n == name and set(labels.items()) <= found)


@pytest.fixture
def admin(server):
    return api.Api(server)


def scrape(admin):
    r = admin.get("/metrics").ok()
    assert r.headers["Content-Type"] == "text/plain; version=0.0.4"
    return Metrics(r.body.decode())


def wait_for(what, seconds=30):
    """Until it is so; commits are counted every few seconds."""
    for _ in processes.deadline(seconds, what.__name__):
        if what():
            return


# ---- requests ----

@ON_ALL
def test_requests_are_counted(server, admin):
    before = scrape(admin)
    for _ in range(3):
        admin.get("/version").ok()
    admin.get("/v1/enrollments/nobody").refused(404)
    admin.get("/no/such/path?x=secret", check=False)
    admin.get("/version", authorization="")
    after = scrape(admin)

    def more(name, **labels):
        return after.total(name, **labels) - before.total(name, **labels)

    count = "mooring_requests_total"
    assert more(count, route="/version", method="GET", status="200") == 4
    assert more(count, route="/v1/enrollments/*", status="404") == 1
    assert more(count, route="none", status="404") == 1
    assert more(count, route="/metrics", status="200") == 1
    seconds = "mooring_request_seconds"
    assert more(seconds + "_count", route="/version") == 4
    assert more(seconds + "_bucket", route="/version", le="+Inf") == 4
    assert more(seconds + "_bucket", route="/version", le="10") == 4
    assert 0 < more(seconds + "_sum", route="/version") < 4
    text = admin.get("/metrics").body.decode()
    assert "secret" not in text and "nobody" not in text
    assert "/no/such" not in text


@ON_ALL
def test_devices_are_counted(server, admin):
    before = scrape(admin)
    d = server.enrolled()
    uuid, command = plists.command()
    server.ctl.enqueue(d.id, command)
    queued = scrape(admin)
    assert queued.get("mooring_queue_commands") == \
        before.get("mooring_queue_commands") + 1
    d.idle().gives(command)
    d.answer(uuid).accepted()
    after = scrape(admin)
    assert after.total("mooring_requests_total", route="/mdm") - \
        before.total("mooring_requests_total", route="/mdm") >= 4
    assert after.get("mooring_queue_commands") == \
        before.get("mooring_queue_commands")
    assert after.get("mooring_finished_commands") == \
        before.get("mooring_finished_commands") + 1
    states = {"channel": "device", "state": "enabled"}
    assert after.get("mooring_enrollments", **states) == \
        before.get("mooring_enrollments", **states) + 1
    assert d.id not in admin.get("/metrics").body.decode()


@pytest.mark.flavours("lighttpd", "apache")
def test_commits_are_counted(server, admin):
    before = scrape(admin)
    d = server.enrolled()
    for _ in range(3):
        d.authenticate().accepted()

    def counted():
        now = scrape(admin)
        commits, writes = (now.get(n) - before.get(n) for n in (
            "mooring_commits_total", "mooring_writes_total"))
        assert commits <= writes
        return writes >= 4 and commits > 0

    wait_for(counted)
    m = scrape(admin)
    assert 0 < m.get("mooring_store_used_bytes") < \
        m.get("mooring_store_map_bytes")
    assert m.get("mooring_store_file_bytes") == os.path.getsize(
        server.path("store", "data.mdb"))


def test_figures_outlive_a_worker(fresh):
    """What was counted is not a worker's to lose."""
    server = fresh()
    admin = api.Api(server)
    for _ in range(5):
        admin.get("/version").ok()
    count = ("mooring_requests_total", {
        "route": "/version", "method": "GET", "status": "200"})
    before = scrape(admin).get(count[0], **count[1])
    for p in processes.of_directory(server.directory, "api.fcgi"):
        processes.kill(p, signal.SIGKILL)

    def answers():
        return admin.get("/version", check=False).status == 200

    wait_for(answers)
    assert scrape(admin).get(count[0], **count[1]) > before


@ON_ALL
def test_metrics_need_a_token(server, admin):
    api.Api(server, "").get("/metrics").unauthorized()
    _, token = api.new_token(server, "read")
    api.Api(server, token).get("/metrics").ok()
    assert admin.post("/metrics", check=False).status == 405


@ON_ALL
def test_request_ids(server, admin):
    """On each answer, also of what is refused, and none twice."""
    ids = [r.headers["X-Request-Id"] for r in (
        admin.get("/version"), admin.get("/healthz"), admin.get("/metrics"),
        admin.get("/v1/enrollments/nobody"), admin.get("/v1/guard"),
        admin.get("/none", check=False),
        admin.post("/version", check=False),
        api.Api(server, "").get("/v1/guard"))]
    assert all(re.fullmatch("[0-9a-f]{16}", i) for i in ids), ids
    assert len(set(ids)) == len(ids)
    for i in ids:
        server.wait_log("event=request", "id=%s " % i)


# ---- health ----

def checks(root):
    return {c["name"]: c for c in root["checks"]}


@ON_ALL
def test_health(server, admin):
    r = api.Api(server, "").get("/healthz").ok()
    c = checks(r.json)
    assert list(c) == ["store", "map", "disk", "courier", "outbox", "pushes",
                       "push_certificate", "device_ca", "ade", "profile", "guard",
                       "settings"]
    assert r.json["status"] in ("ok", "warn")
    assert c["store"]["status"] == c["map"]["status"] == "ok"
    assert c["device_ca"]["status"] == "ok"
    assert c["device_ca"]["value"] > 365 * 86400
    worst = max(("ok", "warn", "fail").index(x["status"])
                for x in c.values())
    assert ("ok", "warn", "fail")[worst] == r.json["status"]
    mine = server.ctl.run("health", "--json", check=False)
    assert mine.returncode == (0 if r.json["status"] == "ok" else 6)
    assert server.ctl.run("health", check=False).stdout.startswith(b"CHECK")


def test_health_of_the_courier(fresh):
    server = fresh()
    lock = server.path("run", "courier.lock")

    def status():
        c = server.ctl.json("health", check=False)
        return checks(c)["courier"]["status"]

    def runs():
        return status() == "ok"

    wait_for(runs)
    server.stop()
    assert os.path.exists(lock)
    assert status() == "warn"
    server.start()
    wait_for(runs)


def test_health_without_a_store(fresh):
    """503, and why; nobody has to log in for it."""
    server = fresh(start=False)
    store = server.path("store")
    os.rename(store, store + ".away")
    server.start()
    nobody = api.Api(server, "")
    r = nobody.get("/healthz").ok(503)
    c = checks(r.json)
    assert r.json["status"] == c["store"]["status"] == "fail"
    assert "closed: " in c["store"]["text"]
    assert "not known" in c["guard"]["text"]
    assert c["device_ca"]["status"] == "ok"
    mine = server.ctl.run("health", "--json", check=False)
    assert mine.returncode == 1
    api.Api(server).get("/metrics").refused(503)
    os.rename(store + ".away", store)

    def recovers():
        return nobody.get("/healthz").status == 200

    wait_for(recovers)
