#!/usr/bin/env python3
"""Writes command_schema.c out of Apple's schema of the MDM commands.

    python3 src/admin/command_schema.py FOLDER >src/admin/command_schema.c

FOLDER is mdm/commands of https://github.com/apple/device-management. Names,
types and values are taken, no texts. Run by hand when Apple has published a
new release (it needs PyYAML); the build only uses what is committed.
"""
import sys
from pathlib import Path

import yaml

TYPES = {"<string>": "S", "<boolean>": "B", "<integer>": "I", "<data>": "X",
         "<dictionary>": "D", "<array>": "A", "<any>": "O", "<real>": "R",
         "<date>": "T"}

# What the schema says of these is narrower than what servers have long sent.
OVERRIDES = {
    # A string here, while InstallMedia's is an integer.
    ("RemoveMedia", "iTunesStoreID"): {"type": "<any>"},
}

HEAD = """\
/* Apple's commands and their keys. Written by command_schema.py: do not edit. */
#include "admin/command_schema.h"

#define S PL_STRING
#define B PL_BOOL
#define I PL_INTEGER
#define R PL_REAL
#define X PL_DATA
#define T PL_DATE
#define D PL_DICT
#define A PL_ARRAY
#define O PL_OTHER
"""


def text(value):
    return '"%s"' % str(value).replace("\\", "\\\\").replace('"', '\\"')


def split(row, width):
    """A row that is too long, at the bars of its values."""
    if len(row) <= width:
        return row
    at = row.rindex("|", 0, width - 2) + 1
    return row[:at] + '"\n\t\t' + split('"' + row[at:], width)


def wrap(rows, width=98):
    """Rows of initialisers, as many on a line as fit behind a tab."""
    line = ""
    for row in (split(r, width - 16) for r in rows):
        if line and len(line) + len(row) + 1 > width - 8:
            yield "\t" + line
            line = ""
        line += (" " if line else "") + row
    yield "\t" + line


class Table:
    def __init__(self):
        self.lists = {}     # initialisers -> name
        self.out = []

    def key(self, path, key):
        key = {**key, **OVERRIDES.get(path, {})}
        values = key.get("rangelist")
        if values:
            values = "|%s|" % "|".join(map(str, values))
        keys = self.keys(path, key.get("subkeys") or [],
                         key["type"] == "<array>")
        return "{ %s, %s, %d, %s, %s }," % (
            text(key["key"]), TYPES[key["type"]],
            key.get("presence") == "required",
            text(values) if values else "0", keys or "0")

    def keys(self, path, keys, elements=False):
        """The name of the list; None when anything goes."""
        if not keys or any(k["key"] == "ANY" for k in keys):
            return None
        if elements and len(keys) > 1:
            self.alternatives(path, keys)
        rows = tuple(self.key(path + (k["key"],), k) for k in keys)
        if rows not in self.lists:
            name = self.lists[rows] = "k%d" % len(self.lists)
            self.out.append("static const struct schema_key %s[] = {\n%s\n};" % (
                name, "\n".join(wrap(rows + ("{ 0, O, 0, 0, 0 },",)))))
        return self.lists[rows]

    @staticmethod
    def alternatives(path, keys):
        """What command_check.c relies on, to tell elements apart."""
        for k in keys:
            first = k["subkeys"][0]
            if first["presence"] != "required" or \
                    len(first["rangelist"]) != 1 or \
                    first["key"] != keys[0]["subkeys"][0]["key"]:
                sys.exit("%s: %s: no first key that tells" % (path, k["key"]))


def main(folder):
    commands, table = {}, Table()
    for path in sorted(Path(folder).glob("*.yaml")):
        for one in yaml.safe_load_all(path.read_text()):
            name = one["payload"]["requesttype"]
            if name in commands:
                sys.exit("%s: %s is there twice" % (path, name))
            commands[name] = table.keys((name,), one.get("payloadkeys") or [])
    if not commands:
        sys.exit("%s: no schema" % folder)
    rows = ["{ %s, %s }," % (text(name), commands[name] or "0")
            for name in sorted(commands)]
    print(HEAD)
    print("\n".join(table.out))
    print("\nconst struct schema_command schema_commands[] = {\n%s\n};\n"
          "const size_t schema_n_commands = sizeof(schema_commands) /\n"
          "\tsizeof(schema_commands[0]);" % "\n".join(wrap(rows)))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
