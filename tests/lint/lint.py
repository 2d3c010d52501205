"""What the checks share: finding the tree, reading C, and saying TAP.

A check is a function that takes the root of a tree and yields one line for
each place where its rule is broken, so that selftest.py can run it on trees
that are broken on purpose.
"""
import os
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True
ROOT = Path(__file__).resolve().parents[2]


def run(*checks, root=ROOT):
    """Runs each check as one TAP test, named by its first docstring line."""
    print("1..%d" % len(checks))
    failed = 0
    for number, check in enumerate(checks, 1):
        problems = list(check(root))
        failed += bool(problems)
        print("%sok %d - %s" % ("not " if problems else "", number,
                                check.__doc__.strip().splitlines()[0]))
        for problem in problems:
            print("# " + problem)
    sys.exit(1 if failed else 0)


def files(root, folders, *suffixes):
    """The files below these folders, as paths relative to the root."""
    for folder in folders:
        for where, below, names in os.walk(root / folder):
            below[:] = sorted(b for b in below
                              if not b.startswith(".") and b != "__pycache__")
            for name in sorted(names):
                if name.endswith(suffixes):
                    yield (Path(where) / name).relative_to(root)


def read(root, path):
    return (root / path).read_bytes().decode("utf-8")


TOKEN = re.compile(r"""
    /\*.*?(?:\*/|\Z) | //[^\n]* | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
    """, re.X | re.S)


def bare(text):
    """C without comments, and with empty strings; lines stay where they are."""
    def blank(match):
        token = match.group()
        if token[0] in "\"'":
            return token[0] * 2
        return " " + "\n" * token.count("\n")
    return TOKEN.sub(blank, text)


INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)


def includes(text):
    """(line number, '<' or '"', what) of each #include."""
    # Comments go, but a string stays: it may be what is included.
    plain = TOKEN.sub(lambda m: m.group() if m.group()[0] in "\"'"
                      else " " + "\n" * m.group().count("\n"), text)
    for match in INCLUDE.finditer(plain):
        yield plain.count("\n", 0, match.start()) + 1, match[1], match[2]
