"""The courier and its webhooks: set up, run by hand, at a later time too."""

import os
import subprocess

import processes
import server as servers
from receiver import KEY


def hook(server, receiver, *options, name="hook", url=None):
    key = (["--no-key"] if receiver.key is None else ["--key", "-"])
    server.ctl.run("webhooks", "add", name, url or receiver.url, *key,
                   *options, input=KEY + "\n")


def couriers(server):
    return [p for p in processes.of_directory(server.directory,
                                              "mooring-courier")]


def ahead(server, days):
    """The environment of a program whose clock is so many days ahead."""
    library = os.path.join(server.folder, "clock_ahead.so")
    if not os.path.exists(library):
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-o", library, os.path.join(
                os.path.dirname(os.path.abspath(__file__)),
                "clock_ahead.c")], check=True)
    # Sanitizers want to be the first that is loaded, for no reason here.
    asan = ":".join([*filter(None, [os.environ.get("ASAN_OPTIONS")]),
                     "verify_asan_link_order=0"])
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": asan,
            "CLOCK_AHEAD": str(int(days * 86400))}


def run_courier(server, *options, wait=True, days=0):
    process = subprocess.Popen(
        [servers.program("mooring-courier"), "--dir", server.directory,
         *options], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, user=server.user.pw_uid, group=server.user.pw_gid,
        extra_groups=[], cwd="/",
        env=servers.environment(MOORING_DIR=server.directory,
                                **(ahead(server, days) if days else {})))
    if not wait:
        return process
    _, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    return err


def waiting(server, state="waiting"):
    return server.ctl.json("events", "list",
                           *(["--buried"] if state == "buried" else []))


def settled(server):
    """Until the courier has noted that all was taken."""
    for _ in processes.deadline(10, "an empty outbox"):
        if waiting(server)["events"] == []:
            return
