#!/usr/bin/env python3
"""Every suite, one after the other, for `./bootstrap check`: says how long
each took, and at the end how many cases passed and failed, counted from what
the runners wrote. A suite that did not run is a failure."""

import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SANITIZED = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "halt_on_error=1",
}


class Tally:
    def __init__(self):
        self.passed = self.failed = 0
        self.broken = []

    def add(self, suite, passed, failed, fault=None):
        self.passed += passed
        self.failed += failed
        if fault and not failed:
            self.failed += 1
        if failed:
            self.broken.append("%s: %d failed" % (suite, failed))
        if fault:
            self.broken.append("%s: %s" % (suite, fault))


def run(log, command, **more):
    """Runs to the end with its output in a file; the exit status."""
    with open(log, "w") as out:
        return subprocess.run(command, stdout=out, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, cwd=TOP, **more
                              ).returncode


def tail(path, lines=60):
    with open(path, errors="replace") as f:
        sys.stdout.write("".join(f.readlines()[-lines:]))


def environment(extra):
    env = dict(os.environ, **extra)
    env.pop("MAKEFLAGS", None)
    return env


def jobs():
    return "-j%d" % (os.cpu_count() or 1)


def build(folder, *options):
    """A build tree of its own; None, or what went wrong."""
    os.makedirs(folder, exist_ok=True)
    log = os.path.join(folder, "build.log")
    command = "%s/configure -q PYTHON=%s --enable-werror %s && make %s" % (
        TOP, sys.executable, " ".join(options), jobs())
    with open(log, "w") as out:
        code = subprocess.run(command, shell=True, cwd=folder, stdout=out,
                              stderr=subprocess.STDOUT).returncode
    if code:
        tail(log)
        return "the build failed"
    return None


def make_check(folder, extra, *variables):
    """automake's own count of TAP cases."""
    summary = os.path.join(folder, "test-suite.log")
    if os.path.exists(summary):
        os.unlink(summary)
    log = os.path.join(folder, "check.log")
    code = run(log, ["make", "-C", folder, jobs(), "check", *variables],
               env=environment(extra))
    if not os.path.exists(summary):
        tail(log)
        return 0, 0, "no test ran"
    with open(summary, errors="replace") as f:
        text = f.read()
    count = {k: int(n) for k, n in re.findall(
        r"^# (PASS|FAIL|ERROR|XPASS|SKIP): +(\d+)", text, re.M)}
    failed = count["FAIL"] + count["ERROR"] + count["XPASS"]
    if failed or code:
        print(text[-20000:])
    fault = "make check: exit %d" % code if code and not failed else None
    if count["SKIP"]:
        fault = "%d cases were skipped" % count["SKIP"]
    return count["PASS"], failed, fault or (
        None if count["PASS"] else "no test ran")


def end_to_end(folder, extra, *options):
    results = os.path.join(folder, "e2e.xml")
    if os.path.exists(results):
        os.unlink(results)
    log = os.path.join(folder, "e2e.log")
    code = run(log, [sys.executable, "-m", "pytest", "-q", "-rfE",
                     "-p", "no:cacheprovider", "--junitxml", results,
                     "tests/e2e", *options],
               env=environment(dict(extra, MOORING_BUILD=folder,
                                    PYTHONDONTWRITEBYTECODE="1")))
    if not os.path.exists(results):
        tail(log)
        return 0, 0, "no test ran"
    suite = ElementTree.parse(results).getroot().find("testsuite")
    total, failed, errors, skipped = (
        int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped"))
    if failed or errors or code:
        tail(log, 400)
    passed = total - failed - errors - skipped
    fault = "%d tests were skipped" % skipped if skipped else None
    if not passed:
        fault = "no test ran"
    return passed, failed + errors, fault


def distcheck(folder):
    log = os.path.join(folder, "distcheck.log")
    code = run(log, ["make", "-C", folder, jobs(), "distcheck",
                     "AM_DISTCHECK_CONFIGURE_FLAGS=PYTHON=" + sys.executable],
               env=environment({}))
    if code:
        tail(log, 100)
        return 0, 1, "make distcheck: exit %d" % code
    return 1, 0, None


def built(folder, options, then):
    fault = build(folder, *options)
    return (0, 0, fault) if fault else then()


def suites(folder):
    san = os.path.join(folder, "sanitize")
    tsan = os.path.join(folder, "tsan")
    return [
        ("unit, store, fuzz corpora, lint",
         lambda: make_check(folder, {})),
        ("end to end, every web server",
         lambda: end_to_end(folder, {"E2E_CRASH_SECONDS": "60"})),
        ("unit, store, fuzz corpora under ASan and UBSan",
         lambda: built(san, ["--enable-sanitizers"],
                       lambda: make_check(san, SANITIZED))),
        ("end to end under ASan and UBSan, lighttpd",
         lambda: end_to_end(san, SANITIZED, "--flavours", "lighttpd")),
        ("store and other threads under ThreadSanitizer",
         lambda: built(tsan, ["--enable-sanitizers=thread"],
                       lambda: make_check(tsan, SANITIZED,
                                          "TESTS=$(TSAN_TESTS)"))),
        ("make distcheck", lambda: distcheck(folder)),
    ]


def main():
    tally = Tally()
    for name, suite in suites(os.path.abspath(sys.argv[1])):
        print("==> %s" % name, flush=True)
        start = time.monotonic()
        passed, failed, fault = suite()
        tally.add(name, passed, failed, fault)
        print("    %d passed, %d failed, %.0f s%s" % (
            passed, failed, time.monotonic() - start,
            ": " + fault if fault else ""), flush=True)
    for line in tally.broken:
        print("broken: " + line)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
