"""Processes of one server, found in /proc: by its own data directory, never
by a name alone."""

import os
import signal
import time


def deadline(seconds, what):
    """Yields until the deadline, then fails: for things to poll for."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.02)
    raise AssertionError("not within %d s: %s" % (seconds, what))


def _read(path):
    try:
        with open(path, "rb") as f:
            return f.read()
    except OSError:
        return b""


def _parent(pid):
    stat = _read("/proc/%d/stat" % pid)
    return int(stat.rpartition(b")")[2].split()[1]) if stat else 0


def _state(pid):
    stat = _read("/proc/%d/stat" % pid)
    return stat.rpartition(b")")[2].split()[0] if stat else b"X"


def name(pid):
    return os.path.basename(
        _read("/proc/%d/cmdline" % pid).split(b"\0")[0]).decode()


def alive(pid):
    return _state(pid) not in (b"X", b"Z")


def everybody():
    return [int(p) for p in os.listdir("/proc") if p.isdigit()]


def descendants(pid):
    """All of a process's living descendants, nearest first."""
    parents = {p: _parent(p) for p in everybody()}
    found, look = [], [pid]
    while look:
        look = [p for p, parent in parents.items() if parent in look]
        found += look
    return [p for p in found if alive(p)]


def of_directory(directory, program=None):
    """Living processes with MOORING_DIR=directory in their environment."""
    want = b"MOORING_DIR=" + os.fsencode(directory)
    return sorted(
        p for p in everybody()
        if want in _read("/proc/%d/environ" % p).split(b"\0")
        and alive(p) and (program is None or name(p) == program))


def wait_gone(pids, seconds=20):
    for _ in deadline(seconds, "the end of processes %s" % pids):
        if not any(alive(p) for p in pids):
            return


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass
