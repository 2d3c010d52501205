#!/usr/bin/env python3
"""Who may include whom: src/LAYERS, held against every #include."""
from lint import files, includes, read, run

# The headers of each library that has a door in src/LAYERS.
LIBRARIES = {
    "plist": ("plist/",),
    "jansson": ("jansson.h", "jansson_config.h"),
    "openssl": ("openssl/", "crypto/"),
    "curl": ("curl/",),
    "fcgi": ("fcgiapp.h", "fcgi_stdio.h", "fcgi_config.h", "fcgios.h",
             "fcgimisc.h", "fastcgi.h"),
    "ini": ("ini.h",),
    "lmdb": ("lmdb.h",),
    "qrencode": ("qrencode.h",),
}
# ISO C, POSIX and what glibc adds; anything else needs a door.
LIBC = set("""
aio alloca arpa/inet assert byteswap complex cpio crypt ctype dirent dlfcn
elf endian errno err error execinfo fcntl features fenv float fnmatch fts ftw
getopt glob grp ifaddrs inttypes iso646 langinfo libgen limits linux/fs
linux/magic linux/openat2 locale malloc math mntent monetary mqueue net/if
netdb netinet/in netinet/tcp netinet/ip nl_types poll pthread pty pwd
regex sched search semaphore setjmp signal spawn stdalign stdarg stdatomic
stdbool stddef stdint stdio stdlib stdnoreturn string strings sys/auxv
sys/epoll sys/eventfd sys/file sys/inotify sys/ioctl sys/ipc sys/mman
sys/mount sys/msg sys/param sys/personality sys/prctl sys/random sys/resource
sys/select sys/sem sys/sendfile sys/shm sys/signalfd sys/socket sys/stat
sys/statfs sys/statvfs sys/sysinfo sys/sysmacros sys/syscall sys/time
sys/timerfd sys/times sys/types sys/uio sys/un sys/utsname sys/vfs sys/wait
sys/xattr syslog termios tgmath threads time uchar ucontext unistd utime
utmpx wchar wctype wordexp
""".split())


def load(root):
    """src/LAYERS as {folder: layer number} and {library: path}."""
    layer, door = {}, {}
    number = 0
    for line in read(root, "src/LAYERS").splitlines():
        words = line.split("#")[0].split()
        if words[:1] == ["door"]:
            door[words[1]] = words[2]
        elif words:
            number += 1
            layer.update((word, number) for word in words)
    return layer, door


def library_of(header):
    for name, starts in LIBRARIES.items():
        if header.startswith(tuple(s for s in starts if s.endswith("/"))) or \
                header in starts:
            return name
    return None


def folders(root):
    """folders include downwards only"""
    layer, _ = load(root)
    for path in files(root, ["src"], ".c", ".h"):
        if len(path.parts) < 3:
            yield "%s: lies in no folder of src" % path
            continue
        own = path.parts[1]
        if own not in layer:
            yield "%s: folder %s has no layer in src/LAYERS" % (path, own)
            continue
        for line, kind, what in includes(read(root, path)):
            if kind != '"':
                continue
            there = what.split("/")[0]
            if not (root / "src" / what).is_file():
                yield '%s:%d: "%s" is not below src/' % (path, line, what)
            elif there not in layer:
                yield "%s:%d: folder %s has no layer" % (path, line, there)
            elif there != own and layer[there] >= layer[own]:
                yield "%s:%d: %s may not include %s" % (path, line, own, there)


def doors(root):
    """libraries are included only behind their door"""
    _, door = load(root)
    for name in sorted(door.keys() ^ LIBRARIES.keys()):
        yield "src/LAYERS: door %s: not the same libraries as layers.py" % name
    leaks = {}      # header of ours -> libraries that it brings along
    for path in files(root, ["src", "cgi-bin"], ".c", ".h"):
        for line, kind, what in includes(read(root, path)):
            if kind == '"':
                continue
            name = library_of(what)
            if name is None:
                if what[:-2] not in LIBC:
                    yield "%s:%d: <%s> belongs to no door" % (path, line, what)
            elif not str(path).startswith(door.get(name, "?")):
                yield "%s:%d: <%s> is for %s alone" % (path, line, what,
                                                       door.get(name))
            elif path.suffix == ".h":
                leaks[str(path.relative_to("src"))] = name
    yield from leaked(root, door, leaks)


def leaked(root, door, leaks):
    """A header that includes a library stays behind the door with it."""
    for path in files(root, ["src", "cgi-bin"], ".c", ".h"):
        for line, kind, what in includes(read(root, path)):
            name = leaks.get(what) if kind == '"' else None
            if name and not str(path).startswith(door.get(name, "?")):
                yield '%s:%d: "%s" brings %s along' % (path, line, what, name)


if __name__ == "__main__":
    run(folders, doors)
