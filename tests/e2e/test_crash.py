"""Workers and servers that die: everything that got a 200 is there, and all
goes on."""

import os
import signal
import subprocess

import pytest

import processes
from crowd import Crowd

FASTCGI = ("lighttpd", "lighttpd-socket", "apache", "apache-fcgid")


def wait_new_workers(server, old):
    for _ in processes.deadline(30, "a new worker"):
        if server.answers() and set(server.workers()) - set(old):
            return


@pytest.mark.flavours(*FASTCGI)
def test_workers_killed_in_a_rush(fresh, flavour):
    """SIGKILL, three times in the middle of 200 check-ins and results."""
    server = fresh(flavour)
    crowd = Crowd(server, 100)
    killed = set()
    with crowd.rush():
        for moment in (20, 70, 120):
            crowd.wait(moment)
            for pid in server.workers():
                processes.kill(pid, signal.SIGKILL)
                killed.add(pid)
    assert killed
    # It comes back by itself, while nobody helps.
    for _ in processes.deadline(30, "the server to answer again"):
        if server.answers():
            break
    assert not killed & set(server.workers())
    crowd.check()
    crowd.try_again()
    server.ctl.run("store", "check")


@pytest.mark.flavours(*FASTCGI)
def test_worker_told_to_end_in_a_rush(fresh, flavour):
    """SIGTERM drains: what was begun is answered, the rest is not begun."""
    server = fresh(flavour)
    crowd = Crowd(server, 100)
    with crowd.rush():
        crowd.wait(60)
        old = server.workers()
        for pid in old:
            processes.kill(pid, signal.SIGTERM)
    processes.wait_gone(old)
    crowd.check(drained=True)
    for _ in processes.deadline(30, "the server to answer again"):
        if server.answers():
            break
    crowd.try_again()


@pytest.mark.flavours(*FASTCGI)
def test_server_stopped_in_a_rush(fresh, flavour):
    """SIGTERM of the whole: no request in flight is cut."""
    server = fresh(flavour)
    crowd = Crowd(server, 100)
    with crowd.rush():
        crowd.wait(60)
        server.stop()
    assert crowd.statuses.get(200, 0) >= 60
    crowd.check(drained=True)
    server.start()
    crowd.try_again()
    # A clean end does not arm the guard.
    assert server.ctl.guard()["armed"] is False


@pytest.mark.flavours("lighttpd", "apache")
def test_everything_killed_in_a_rush(fresh, flavour):
    """kill -9 of all of it, as a power cut without the disk's part."""
    server = fresh(flavour)
    crowd = Crowd(server, 100)
    with crowd.rush():
        crowd.wait(60)
        server.kill()
    server.ctl.run("store", "check")
    server.start()
    crowd.check()
    crowd.try_again()


def test_guard_is_armed_after_an_unclean_end(fresh):
    """Perhaps the store lost something: nobody is unenrolled for a while."""
    server = fresh()
    d = server.enrolled()
    assert server.device().idle().status == 401
    server.kill()
    server.start()
    stranger = server.device()
    stranger.idle().refused(503)
    d.again().idle().accepted()
    assert server.ctl.guard()["armed"] is True
    server.ctl.run("guard", "release")
    assert stranger.idle().status == 401


@pytest.mark.flavours(*FASTCGI)
def test_dead_worker_is_replaced(fresh, flavour):
    server = fresh(flavour)
    d = server.enrolled()
    for _ in range(2):
        old = server.workers()
        assert old
        for pid in old:
            processes.kill(pid)
        wait_new_workers(server, old)
        d.again().idle().accepted()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.flavours("lighttpd", "lighttpd-socket", "apache")
def test_serve_ends_cleanly(fresh, flavour, sig):
    server = fresh(flavour)
    server.enrolled()
    pids = processes.descendants(server.process.pid)
    assert pids
    server.process.send_signal(sig)
    assert server.process.wait(30) == 0
    server.process = None
    processes.wait_gone(pids)
    server.start()


def test_serve_names_who_holds_the_port(fresh):
    """A busy port is named with its holder; nothing is left running."""
    server = fresh()
    other = fresh(start=False)
    other.set(listen="127.0.0.1:%d" % server.port)
    other.port = server.port
    with pytest.raises(AssertionError) as failed:
        other.start()
    assert other.process is None
    assert str(server.port) in str(failed.value)
    assert processes.of_directory(other.directory) == []


@pytest.mark.flavours("lighttpd", "apache")
def test_pid_files_of_the_dead_do_not_stop_a_start(fresh, flavour):
    """After a power cut they name whatever runs under that number now, even
    another process of the same user."""
    server = fresh(flavour, start=False)
    other = subprocess.Popen(["sleep", "600"], user=server.user.pw_uid)
    try:
        for name in ("apache.pid", "lighttpd.pid"):
            path = server.path("run", name)
            with open(path, "w") as f:
                f.write("%d\n" % other.pid)
            os.chown(path, server.user.pw_uid, server.user.pw_gid)
        server.start()
        server.enrolled().idle().accepted()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()
