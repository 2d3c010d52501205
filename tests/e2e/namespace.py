"""A mount namespace of one server, whose store lies on a small file system of
its own that can be filled or made read-only. Root, or a user namespace."""

import os
import shlex
import subprocess

import server as servers


class Namespace:
    def __init__(self):
        root = os.geteuid() == 0
        enter = [] if root else ["--user", "--map-current-user",
                                 "--keep-caps"]
        self.holder = subprocess.Popen(
            ["unshare", *enter, "--mount", "--propagation", "private", "sh"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        self.run("true")
        self.prefix = ["nsenter", "--target", str(self.holder.pid), "--mount"]
        if not root:
            self.prefix += ["--user", "--preserve-credentials"]
        self.prefix.append("--")

    def run(self, *command):
        """By the shell that made the name space: it alone may mount."""
        self.shell(shlex.join(command))

    def shell(self, script):
        try:
            self.holder.stdin.write(
                ("{ %s\n} 2>&1; echo \"= $?\"\n" % script).encode())
            self.holder.stdin.flush()
        except BrokenPipeError:
            pass    # its last words are read below
        said = b""
        for line in self.holder.stdout:
            if line.startswith(b"= "):
                assert line == b"= 0\n", (script, said)
                return
            said += line
        raise AssertionError("unshare -m does not work here, and these "
                             "tests need it: %r" % said)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()
        self.holder.stdout.close()


class SmallStore(servers.Server):
    """A server whose DIR/store is a tmpfs of its own."""

    def __init__(self, flavour="lighttpd", **settings):
        self.space = Namespace()
        super().__init__(flavour, prefix=self.space.prefix, **settings)

    def init(self, room=8 << 20):
        """room: what is free beyond what a new store takes."""
        self.ctl.prefix = []
        super().init()
        self.ctl.prefix = self.prefix
        store, copy = self.path("store"), self.path("store.copy")
        os.rename(store, copy)
        os.mkdir(store, 0o700)
        os.chown(store, self.user.pw_uid, self.user.pw_gid)
        used = sum(os.lstat(os.path.join(copy, f)).st_blocks * 512
                   for f in os.listdir(copy))
        self.space.run(
            "mount", "-t", "tmpfs", "-o", "mode=0700,uid=%d,gid=%d,size=%d"
            % (self.user.pw_uid, self.user.pw_gid, used + room),
            "tmpfs", store)
        self.space.run("cp", "-a", copy + "/.", store)
        return self

    def remount(self, mode):
        self.space.run("mount", "-o", "remount," + mode, self.path("store"))

    def fill(self):
        """Not one block is left."""
        self.space.shell("dd if=/dev/zero of=%s/filler bs=4k || true"
                         % self.path("store"))

    def empty(self):
        self.space.run("rm", self.path("store", "filler"))

    def remove(self):
        self.space.close()
        super().remove()
