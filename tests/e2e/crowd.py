"""Many devices at once, and what they were told: the books against which the
store is checked afterwards."""

import concurrent.futures
import http.client
import threading

import plists


class Crowd:
    """n enrolled devices with one command each, on connections of their own
    that never try a second time behind the test's back."""

    def __init__(self, server, n):
        self.server = server
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            self.devices = list(pool.map(
                lambda _: server.enrolled(), range(n)))
        self.uuid, self.body = plists.command()
        server.ctl.enqueue([d.id for d in self.devices], self.body)
        self.answered = 0           # requests that had any end
        self.lock = threading.Condition()
        self.acknowledged = set()   # ids whose result got a 200
        self.updated = {}           # id: TokenUpdates that got a 200
        self.tried = {}             # id: TokenUpdates that were sent
        self.statuses = {}

    def _once(self, d, message):
        """The status, or None where the connection broke."""
        channel = d.again()
        kind = (plists.CHECKIN_TYPE if "MessageType" in message
                else plists.CONNECT_TYPE)
        body = plists.dump(message)
        headers = [("Content-Type", kind)]
        if channel.how == "signature":
            headers.append(("Mdm-Signature", channel.identity.sign(body)))
        c = http.client.HTTPSConnection(
            "localhost", self.server.port, timeout=60,
            context=channel.wire.context)
        try:
            c.request("PUT", "/mdm", body, dict(headers))
            r = c.getresponse()
            r.read()
            return r.status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            c.close()

    def _note(self, status):
        with self.lock:
            self.answered += 1
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.lock.notify_all()

    def result(self, d):
        status = self._once(d, plists.result(d.ids, self.uuid))
        if status == 200:
            self.acknowledged.add(d.id)
        self._note(status)

    def token(self, d):
        self.tried[d.id] = self.tried.get(d.id, 0) + 1
        status = self._once(d, plists.token_update(d.ids))
        if status == 200:
            self.updated[d.id] = self.updated.get(d.id, 0) + 1
        self._note(status)

    def wait(self, n):
        with self.lock:
            assert self.lock.wait_for(lambda: self.answered >= n, 60)

    def rush(self, threads=50):
        """A result and a TokenUpdate of every device, all at the same time,
        as a context: the body of the `with` is the disaster."""
        return Rush(self, threads)

    # ---- the books ----
    def stored_results(self):
        return {t["id"] for t in
                self.server.ctl.command(self.uuid)["targets"]
                if t["state"] == "acknowledged"}

    def check(self, drained=False):
        """Everything that got a 200 is there. drained: nothing else is."""
        assert set(self.statuses) <= {200, 500, 502, 503, 504, None}, \
            self.statuses
        stored = self.stored_results()
        assert self.acknowledged <= stored, "results were lost"
        if drained:
            assert stored == self.acknowledged, "a request was cut"
        for d in self.devices:
            shown = self.server.ctl.enrollment(d.id)
            assert shown["state"] == "enabled"
            tally = shown["token_update_tally"]
            least = 1 + self.updated.get(d.id, 0)
            most = least if drained else 1 + self.tried.get(d.id, 0)
            assert least <= tally <= most, (tally, least, most)

    def try_again(self):
        """What devices do after an error, until all is said."""
        for d in self.devices:
            d = d.again()
            d.answer(self.uuid).accepted()
            d.idle().accepted()
        assert self.stored_results() == {d.id for d in self.devices}


class Rush:
    def __init__(self, crowd, threads):
        self.crowd, self.threads = crowd, threads

    def __enter__(self):
        crowd = self.crowd
        self.pool = concurrent.futures.ThreadPoolExecutor(self.threads)
        self.jobs = [self.pool.submit(job, d) for d in crowd.devices
                     for job in (crowd.result, crowd.token)]
        return crowd

    def __exit__(self, *exc):
        self.pool.shutdown(wait=True)
        for job in self.jobs:
            job.result()
