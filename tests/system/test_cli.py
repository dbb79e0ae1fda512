#!/usr/bin/python3
"""The command line: help, usage errors, exit codes, JSON, quiet, progress, demo."""
import hashlib
import json
import os
import pty
import re
import subprocess

import support
from support import BAD_USAGE, DONE, FAILED, Checks, content, folder, listing, run

check = Checks()


# ---- help and usage
def help_and_version():
    shown = run("--help")
    check.equal(shown.code, DONE, "--help: exit")
    check.holds(shown.out, ["usage: quinze COMMAND", "quinze run", "quinze check", "quinze demo", "--overwrite", "--threads",
                            "--json", "--quiet", "exit codes", "metric"], "--help: what it tells")
    check.equal(shown.err, "", "--help: nothing on stderr")
    for command in ("run", "check", "demo"):
        own = run(command, "--help")
        check.equal(own.code, DONE, "%s --help: exit" % command)
        check.holds(own.out, ["quinze " + command], "%s --help: its usage" % command)
    version = run("--version")
    check.equal(version.code, DONE, "--version: exit")
    check.ok(re.fullmatch(r"quinze \d+\.\d+\.\d+ \(GDAL .*PROJ .*GEOS .*Shapelib .*GLib .*\)\n", version.out),
             "--version: libraries", version.out)


USAGE_ERRORS = [
    ("no command", [], ["usage: quinze COMMAND"]),
    ("unknown command", ["rum", "a", "b"], ["unknown command 'rum'", "quinze run"]),
    ("run without output", ["run", "plan.ini"], ["usage: quinze run", "PLAN.ini OUT.gpkg"]),
    ("run without anything", ["run"], ["usage: quinze run"]),
    ("one argument too many", ["run", "a", "b", "c"], ["one argument too many", "'c'"]),
    ("check with an output", ["check", "a", "b"], ["usage: quinze check"]),
    ("unknown option", ["run", "--overwite", "a", "b"], ["--overwite"]),
    ("option without value", ["run", "a", "b", "--threads"], ["--threads"]),
    ("threads 0", ["run", "--threads", "0", "a", "b"], ["'0' is not a whole number in range"]),
    ("threads in words", ["run", "--threads", "two", "a", "b"], ["'two' is not a whole number in range"]),
    ("communes negative", ["demo", "--communes", "-4", "d"], ["'-4' is not a whole number in range"]),
    ("seed with a fraction", ["demo", "--seed", "1.5", "d"], ["'1.5' is not a whole number in range"]),
    ("demo without a folder", ["demo"], ["usage: quinze demo"]),
]


def usage_errors():
    at = folder("usage")
    for name, arguments, pieces in USAGE_ERRORS:
        done = run(*arguments, cwd=at)
        check.equal(done.code, BAD_USAGE, "%s: exit" % name)
        check.holds(done.err, pieces, "%s: message" % name)
        check.equal(done.out, "", "%s: nothing on stdout" % name)
    check.equal(listing(at), [], "usage errors: nothing written")


# ---- run and check
STAGES = ["communes", "system", "ground", "movements", "population", "ages", "groups", "cells", "roads", "places", "network",
          "cover", "points", "practitioners", "homes", "people at home", "territories", "overlays", "tables",
          "class in force", "outlooks", "origins",
          "homes on the roads", "sites", "links", "nearest", "people by site", "scores", "edge", "counts", "land", "isochrones",
          "coverage", "outlines", "candidates", "neighbours", "seats", "zones", "people after",
          "area links", "areas", "candidate links", "siting", "zone figures"]


NOT_ASKED = ("groups", "overlays", "tables", "area links")  # without a section of the plan they have no part


def reports():
    at = support.territory("reports")
    plan, out = os.path.join(at, "plan.ini"), os.path.join(at, "out.gpkg")
    done = run("run", plan, out)
    check.equal(done.code, DONE, "run: exit")
    check.holds(done.out, ["communes    4, 2800 people", "gp          2 heads", "zones ", "0 rows rejected, 0 warnings",
                           out], "run: summary")
    check.equal(done.err, "", "run: no progress when stderr is no terminal")
    done = run("run", "-q", "--overwrite", plan, out)
    check.equal((done.code, done.out, done.err), (DONE, "", ""), "run -q: silent")
    done = run("run", "--overwrite", "--json", plan, out)
    report = parsed(done, "run --json")
    check.equal([report.get(k) for k in ("output", "communes", "people", "rejects", "warnings")], [out, 4, 2800.0, 0, 0],
                "run --json: totals")
    check.equal({i["code"] for i in report["issues"]}, set(support.BARE_TABLE), "run --json: issues")
    check.equal([s["name"] for s in report["stages"]], STAGES, "run --json: stages, in their order")
    check.ok(all(re.fullmatch("[0-9a-f]{64}", s["key"]) for s in report["stages"]), "run --json: a key each")
    check.equal(len({s["key"] for s in report["stages"]}), len(STAGES), "run --json: keys differ")
    check.ok(all(s["parts"] >= (s["name"] not in NOT_ASKED) and s["seconds"] >= 0 for s in report["stages"]),
             "run --json: parts and seconds")
    gp = report["professions"][0]
    check.equal((gp["key"], gp["label"], gp["heads"], gp["people_within_15min"] + gp["people_beyond_15min"]),
                ("gp", "médecin généraliste", 2, 2800.0), "run --json: profession")
    done = run("check", plan)
    check.equal(done.code, DONE, "check: exit")
    check.holds(done.out, ["communes    4, 2800 people", "gp          2 heads"], "check: summary")
    checked = parsed(run("check", "--json", plan), "check --json")
    check.equal((checked["output"], checked["communes"]), (None, 4), "check --json: totals")
    check.equal([(s["name"], s["key"]) for s in checked["stages"]],
                [(s["name"], s["key"]) for s in report["stages"]][:len(checked["stages"])],
                "check --json: the same keys as run's")
    check.equal(listing(at), ["communes.gpkg", "gp.csv", "out.gpkg", "plan.ini", "points.csv", "population.csv", "roads.gpkg"],
                "run and check: no other file")


def parsed(done, what):
    try:
        return json.loads(done.out)
    except ValueError as wrong:
        check.ok(False, what + ": is JSON", "%s: %r" % (wrong, done))
        return {"stages": [], "professions": [{}]}


def json_escapes():
    """Texts of the data end in the report: quotes, backslashes and controls must not break it."""
    at = support.territory("escapes")
    support.edit(os.path.join(at, "population.csv"), "01004,300", '01004,"3\\""0\t0"')
    report = parsed(run("check", "--json", os.path.join(at, "plan.ini")), "JSON with odd values")
    messages = [i["message"] for i in report.get("issues", [])]
    check.ok(any('3\\"0\t0' in m for m in messages), "JSON with odd values: the value is told", messages)


def keys():
    """A key changes with what its stage depends on, and with nothing else."""
    at = support.territory("keys")
    plan = os.path.join(at, "plan.ini")

    def now():
        done = run("run", "--json", "--overwrite", plan, os.path.join(at, "out.gpkg"))
        return {s["name"]: s["key"] for s in parsed(done, "keys")["stages"]}

    first = now()
    check.equal(now(), first, "keys: the same twice")
    os.utime(os.path.join(at, "gp.csv"), (1, 1))
    check.equal(now(), first, "keys: a file time does not count")
    downstream = {
        "population.csv": ("01001,1200", "01001,1201",
                           {"population", "people at home", "people by site", "scores", "counts", "isochrones", "coverage",
                            "candidates", "zones", "people after", "areas", "siting", "zone figures"}),
        "gp.csv": ("01001,2", "01002,2", {"practitioners", "outlooks", "sites", "links", "nearest", "people by site", "scores",
                                          "edge", "counts", "isochrones", "coverage", "people after", "siting", "zone figures"}),
        "plan.ini": ("people_max = 3000", "people_max = 2900", {"zones", "people after", "zone figures"}),
    }
    for name, (old, new, changed) in downstream.items():
        support.edit(os.path.join(at, name), old, new)
        then = now()
        check.equal({s for s in first if then.get(s) != first[s]}, changed, "keys: what an edit of %s changes" % name)
        support.edit(os.path.join(at, name), new, old)
    check.equal(now(), first, "keys: back when the edits are undone")


# ---- progress
def on_terminal(*arguments):
    """Runs with stderr on a terminal; what it showed."""
    master, slave = pty.openpty()
    process = subprocess.Popen([support.QUINZE, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=slave)
    os.close(slave)
    shown = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    process.communicate()
    os.close(master)
    return process.returncode, shown.decode().replace("\r\n", "\n")


def progress():
    at = support.territory("progress")
    plan, out = os.path.join(at, "plan.ini"), os.path.join(at, "out.gpkg")
    whole = "0...10...20...30...40...50...60...70...80...90...100\n"
    check.equal(on_terminal("run", plan, out), (DONE, whole), "progress of run on a terminal")
    check.equal(on_terminal("run", "-q", "--overwrite", plan, out), (DONE, ""), "no progress when quiet")
    check.equal(on_terminal("run", "--json", "--overwrite", plan, out), (DONE, ""), "no progress with --json")
    check.equal(on_terminal("demo", "--communes", "20", os.path.join(at, "demo")), (DONE, whole), "progress of demo")
    code, shown = on_terminal("run", plan, out)
    check.equal(code, FAILED, "an error on a terminal: exit")
    check.ok(re.search(r"(^|\n)quinze: error: .*--overwrite", shown), "an error begins a line of its own", shown)


# ---- demo
def sums(path):
    return {name: hashlib.sha256(content(os.path.join(path, name))).hexdigest() for name in listing(path)}


def demo():
    at = folder("demos")
    made = run("demo", "--communes", "40", "--seed", "3", os.path.join(at, "a"))
    check.equal(made.code, DONE, "demo: exit")
    check.holds(made.out, ["a/plan.ini", "quinze run"], "demo: tells what to do next")
    files = ["carreaux.csv", "chefs_lieux.csv", "communes.gpkg", "cpts.csv", "derogations.csv", "equipements.csv", "etablissements.csv",
             "iris.gpkg", "menages.csv", "mouvements_communes.csv", "occupation_sol.tif", "plan.ini", "population.csv",
             "population_ages.csv", "praticiens.csv", "praticiens_2021.csv", "qpv.gpkg", "relief.tif", "routes.cpg", "routes.dbf",
             "routes.prj", "routes.shp", "routes.shx", "territoires.csv", "zonages.csv"]
    check.equal(listing(os.path.join(at, "a")), files, "demo: its files")
    check.equal(len(support.read_csv(os.path.join(at, "a", "population.csv"))), 40, "demo --communes 40")
    check.equal(run("demo", "-q", "--communes", "40", "--seed", "3", os.path.join(at, "b")).out, "", "demo -q: silent")
    check.equal(sums(os.path.join(at, "a")), sums(os.path.join(at, "b")), "demo: same seed, same bytes")
    run("demo", "-q", "--communes", "40", "--seed", "4", os.path.join(at, "c"))
    first, other = sums(os.path.join(at, "a")), sums(os.path.join(at, "c"))
    check.ok(first["communes.gpkg"] != other.get("communes.gpkg") and first["routes.shp"] != other.get("routes.shp"),
             "demo: another seed, another territory")
    again = run("demo", "--communes", "40", "--seed", "4", os.path.join(at, "a"))
    check.equal(again.code, FAILED, "demo over a demo: refused")
    check.holds(again.err, ["exists", "--overwrite"], "demo over a demo: message")
    check.equal(sums(os.path.join(at, "a")), first, "demo over a demo: untouched")
    check.equal(run("demo", "-q", "--overwrite", "--communes", "40", "--seed", "4", os.path.join(at, "a")).code, DONE,
                "demo --overwrite")
    check.equal(sums(os.path.join(at, "a")), other, "demo --overwrite: as made afresh")
    for count in ("19", "40001"):
        done = run("demo", "--communes", count, os.path.join(at, "d"))
        check.ok(done.code in (FAILED, BAD_USAGE), "demo --communes %s: refused" % count, done)
        check.holds(done.err, [count, "20", "40000"], "demo --communes %s: message" % count)
    check.ok(not os.path.exists(os.path.join(at, "d")), "demo refused: no folder is left")


support.need_quinze()
help_and_version()
usage_errors()
reports()
json_escapes()
keys()
progress()
demo()
check.end()
