#!/usr/bin/env python3
"""How the sources look: what a compiler does not check."""
import re

from lint import bare, files, includes, read, run

WIDTH = 100         # columns; 80 is the aim
FUNCTION = 60       # lines, braces included
FILE = 500          # lines

C_FOLDERS = ["src", "cgi-bin", "tests"]
OURS = ["src", "cgi-bin"]

BANNED = ("strcpy strcat stpcpy sprintf vsprintf gets strtok system popen "
          "atoi atol atof alloca tmpnam mktemp").split()
CALL = re.compile(r"(?<![\w.>])(%s)\s*\(" % "|".join(BANNED))

# Time is a parameter below these: http/fcgi takes a request's time once.
CLOCK_PLACES = ("src/base/", "src/http/fcgi", "src/web/", "src/cli/",
                "src/courier/", "src/push/pusher.c", "src/sim/")
CLOCK = re.compile(
    r"(?<![\w.>])(time|clk_now|gettimeofday|clock_gettime)\s*\(")

NOTE = re.compile(r"\b(%s)\b" % "|".join(("TO" "DO", "FIX" "ME", "X" "XX")))


def lines(root):
    """lines have at most 100 columns, tab indents and clean ends"""
    for path in files(root, C_FOLDERS, ".c", ".h"):
        text = read(root, path)
        if text and not text.endswith("\n"):
            yield "%s: no newline at the end" % path
        for number, line in enumerate(text[:-1].split("\n"), 1):
            if len(line.expandtabs(8)) > WIDTH:
                yield "%s:%d: more than %d columns" % (path, number, WIDTH)
            if line != line.rstrip():
                yield "%s:%d: blanks at the end" % (path, number)
            # A few blanks after tabs align what goes on from the line above.
            if re.match(r"\t* {8}| (?!\*)", line):
                yield "%s:%d: indented with blanks" % (path, number)


def lengths(root):
    """functions have at most 60 lines, files 500"""
    for path in files(root, OURS, ".c", ".h"):
        text = read(root, path)
        count = text.count("\n")
        if count > FILE:
            yield "%s: %d lines" % (path, count)
        start = None
        for number, line in enumerate(bare(text).splitlines(), 1):
            if line.startswith("{"):
                start = number
            elif line.startswith("}") and start is not None:
                if number - start + 1 > FUNCTION:
                    yield "%s:%d: function of %d lines" % (
                        path, start, number - start + 1)
                start = None


def headers(root):
    """own header first, guards named by path, each .c says what it is"""
    for path in files(root, OURS, ".c", ".h"):
        text = read(root, path)
        if path.suffix == ".c":
            own = path.with_suffix(".h")
            first = next(includes(text), (0, "", ""))
            if not text.startswith("/*"):
                yield "%s: does not start with what it is" % path
            if path.parts[0] == "src" and (root / own).is_file() and \
                    first[2] != str(own.relative_to("src")):
                yield "%s:%d: its own header comes first" % (path, first[0])
            continue
        inner = path.relative_to("src") if path.parts[0] == "src" else path
        guard = "MOORING_" + re.sub(r"\W", "_", str(inner)).upper()
        rows = [r for r in bare(text).splitlines() if r.strip()]
        if rows[:2] != ["#ifndef " + guard, "#define " + guard] or \
                rows[-1].split()[0] != "#endif":
            yield "%s: the guard is not %s" % (path, guard)


def calls(root):
    """no call that is banned"""
    for path in files(root, OURS, ".c", ".h"):
        for number, line in enumerate(bare(read(root, path)).splitlines(), 1):
            for match in CALL.finditer(line):
                yield "%s:%d: %s()" % (path, number, match[1])


def clocks(root):
    """time is a parameter in the lower layers"""
    for path in files(root, ["src"], ".c", ".h"):
        if str(path).startswith(CLOCK_PLACES):
            continue
        for number, line in enumerate(bare(read(root, path)).splitlines(), 1):
            for match in CLOCK.finditer(line):
                yield "%s:%d: %s()" % (path, number, match[1])


def notes(root):
    """no note of what is left to do"""
    for path in files(root, C_FOLDERS + ["man", "apache", "lighttpd", "systemd"],
                      ".c", ".h", ".py", ".mk", ".conf", ".service", ".htaccess",
                      *(".%d" % n for n in range(1, 9))):
        for number, line in enumerate(read(root, path).splitlines(), 1):
            match = NOTE.search(line)
            if match:
                yield "%s:%d: %s" % (path, number, match[1])


if __name__ == "__main__":
    run(lines, lengths, headers, calls, clocks, notes)
