#!/usr/bin/env python3
"""What is there is listed, and what can be set is described."""
import re

from lint import bare, files, read, run


def words(root, path):
    """The words of a makefile, without its comments."""
    return set(re.sub(r"#.*", "", read(root, path)).replace("\\\n", " ").split())


def keys(root):
    """each key of mooring.conf has its paragraph in mooring.conf.5, once"""
    table = re.findall(r'\.name\s*=\s*"([^"]+)"',
                       read(root, "src/conf/conf_keys.c"))
    page = re.findall(r"^\.It Ic (\S+)", read(root, "man/mooring.conf.5"), re.M)
    if not table:
        yield "src/conf/conf_keys.c: no .name = \"...\" found"
    for key in sorted(set(table) | set(page)):
        if page.count(key) != 1:
            yield "%s: %d paragraphs in man/mooring.conf.5" % (key, page.count(key))
        if table.count(key) != 1:
            yield "%s: %d rows in src/conf/conf_keys.c" % (key, table.count(key))


def sources(root):
    """each source is in its local.mk, so that it is built and distributed"""
    for folder in ("src", "cgi-bin"):
        listed = words(root, folder + "/local.mk")
        for path in files(root, [folder], ".c", ".h"):
            if str(path) not in listed:
                yield "%s: not in %s/local.mk" % (path, folder)
    listed = words(root, "tests/local.mk")
    for path in files(root, ["tests/unit", "tests/store"], ".c"):
        if path.name.startswith("test_") and str(path) not in listed and \
                str(path.with_suffix("")) not in listed:
            yield "%s: not in tests/local.mk" % path
    for path in files(root, ["tests/fuzz"], ".c"):
        if path.name.startswith("fuzz_") and \
                str(path.with_suffix("")) not in listed:
            yield "%s: not in tests/local.mk" % path


def tests(root):
    """each test that a file defines is run by it"""
    for path in files(root, ["tests/unit", "tests/store"], ".c"):
        text = bare(read(root, path))
        for name in re.findall(r"^static void (\w+)\(void \*\*\w*\)", text, re.M):
            if len(re.findall(r"\b%s\b" % name, text)) < 2:
                yield "%s: %s is never run" % (path, name)


def pages(root):
    """each manual page is installed"""
    listed = words(root, "man/local.mk")
    for path in files(root, ["man"], *(".%d" % n for n in range(1, 9))):
        if str(path) not in listed:
            yield "%s: not in man/local.mk" % path


def references(root):
    """each document that a source sends its reader to is in the repository"""
    for path in files(root, ["src", "cgi-bin", "tests", "apache", "lighttpd",
                             "systemd"], ".c", ".h", ".conf", ".mk", ".in"):
        for name in re.findall(r"[\w./-]+\.md\b", read(root, path)):
            if not (root / name).exists():
                yield "%s: there is no %s" % (path, name)


def units(root):
    """a program that pushes by itself has the network in its unit"""
    for path in files(root, ["cgi-bin"], ".c"):
        unit = "systemd/mooring-%s.service.in" % path.stem
        if not re.search(r"\.pushes\s*=\s*true", bare(read(root, path))):
            continue
        text = read(root, unit) if (root / unit).exists() else ""
        if "AF_INET AF_INET6" not in text or "PrivateNetwork=yes" in \
                re.sub(r"^#.*", "", text, flags=re.M):
            yield "%s: %s pushes, and cannot reach Apple" % (unit, path)


if __name__ == "__main__":
    run(keys, sources, tests, pages, references, units)
