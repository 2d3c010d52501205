"""Free ports on loopback that two test runs side by side never share: each is
held by a lock on a file as long as this process lives. Below the kernel's
own range, so that no outgoing connection takes one in between."""

import fcntl
import os
import random
import socket

_held = []


def _free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def pair():
    """Two neighbouring ports: devices and admin."""
    folder = "/tmp/.mooring-e2e-ports.%d" % os.getuid()
    os.makedirs(folder, mode=0o700, exist_ok=True)
    candidates = list(range(20000, 32000, 2))
    random.shuffle(candidates)
    for port in candidates:
        fd = os.open(os.path.join(folder, str(port)),
                     os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            continue
        if _free(port) and _free(port + 1):
            _held.append(fd)
            return port, port + 1
        os.close(fd)
    raise RuntimeError("no free pair of ports below 32000")
