"""Runs the test_ functions of a module, each one line of TAP."""

import sys
import traceback


def main(module):
    tests = [(n, f) for n, f in vars(module).items() if n.startswith("test_")]
    print("1..%d" % len(tests))
    failed = 0
    for i, (name, test) in enumerate(tests, 1):
        try:
            test()
            print("ok %d - %s" % (i, name), flush=True)
        except Exception:
            failed += 1
            print("not ok %d - %s" % (i, name))
            print("# " + traceback.format_exc().replace("\n", "\n# "),
                  flush=True)
    sys.exit(1 if failed else 0)
