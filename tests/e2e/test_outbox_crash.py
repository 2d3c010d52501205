"""The outbox's promise: every event of every message that was acknowledged
arrives at least once, in order for each device, whatever is killed. For
E2E_CRASH_SECONDS seconds couriers and workers are killed at random, under
load."""

import http.client
import os
import random
import subprocess
import threading
import time

import plists
import processes
import server as servers
from receiver import CLOSE, KEY, Receiver

SECONDS = float(os.environ.get("E2E_CRASH_SECONDS", "15"))
DEVICES = 12
PAUSE = 0.03        # more than one machine's couriers can deliver is no test


class Talker(threading.Thread):
    """One device that sends one result after the other, each until it is
    acknowledged, as devices do."""

    def __init__(self, channel, ended):
        super().__init__(daemon=True)
        self.channel, self.ended = channel, ended
        self.acknowledged = 0
        self.fault = None

    def run(self):
        try:
            while not self.ended.is_set():
                self.send(self.acknowledged + 1)
                time.sleep(PAUSE)
        except Exception as e:
            self.fault = e

    def send(self, n):
        for _ in processes.deadline(60, "an answer to %s" % self.channel.id):
            try:
                r = self.channel.answer("%06d" % n)
            except (OSError, http.client.HTTPException):
                self.channel = self.channel.again()
                continue
            if r.status == 200:
                self.acknowledged = n
                return
            # Whoever was killed is nobody's reason to unenroll.
            assert r.status not in (401, 403, 410), r


class Courier:
    """One more than serve's, started again at once."""

    def __init__(self, server):
        self.server = server
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [servers.program("mooring-courier")], stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd="/",
            user=self.server.user.pw_uid, group=self.server.user.pw_gid,
            extra_groups=[], env=servers.environment(
                MOORING_DIR=self.server.directory))

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.start()

    def stop(self):
        self.process.terminate()
        assert self.process.wait(20) == 0


def kill_at_random(server, mine, seconds, dice):
    """How many couriers and how many workers."""
    couriers = workers = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.1, 1.5))
        if dice.random() < 0.7:
            dice.choice(mine).kill()
            couriers += 1
            if dice.random() < 0.3:
                for pid in set(server.workers("mooring-courier")) - {
                        c.process.pid for c in mine}:
                    processes.kill(pid)
        if dice.random() < 0.4:
            found = server.workers()
            if found:
                processes.kill(dice.choice(found))
                workers += 1
    return couriers, workers


def numbers(events):
    return [int(e.inner["command_uuid"]) for e in events
            if e.topic == "mdm.Connect"]


def test_nothing_is_lost(fresh):
    seed = int(os.environ.get("E2E_CRASH_SEED", random.randrange(1 << 30)))
    print("E2E_CRASH_SEED=%d" % seed)
    dice = random.Random(seed)
    server, r = fresh(webhook_timeout=2), Receiver()
    r.behave = lambda e: random.choice([500, CLOSE]) \
        if random.random() < 0.002 else 200
    server.ctl.run("webhooks", "add", "hook", r.url, "--key", "-",
                   input=KEY + "\n")
    ended = threading.Event()
    talkers = [Talker(server.enrolled(), ended) for _ in range(DEVICES)]
    mine = [Courier(server) for _ in range(2)]
    for t in talkers:
        t.start()
    killed = kill_at_random(server, mine, SECONDS, dice)
    ended.set()
    for t in talkers:
        t.join(90)
        assert not t.is_alive() and t.fault is None, t.fault
    # What a dead courier had is free when its lease ends.
    for _ in processes.deadline(25 + 40, "an empty outbox"):
        if server.ctl.json("events", "list")["events"] == []:
            break
        time.sleep(0.5)
    for c in mine:
        c.stop()
    r.close()
    r.good()
    total = sum(t.acknowledged for t in talkers)
    print("killed: %d couriers, %d workers; %d acknowledged, %d delivered" % (
        *killed, total, len(r.taken)))
    assert min(killed) >= SECONDS / 15 and total > SECONDS * 10
    for t in talkers:
        got = numbers(r.of(t.channel.id))
        missing = set(range(1, t.acknowledged + 1)) - set(got)
        assert not missing, (t.channel.id, sorted(missing))
        assert got == sorted(got), (t.channel.id, got)
    assert {len([e for e in r.of(t.channel.id)
                 if e.topic == "mdm.TokenUpdate"]) > 0
            for t in talkers} == {True}
    server.ctl.run("store", "check")
