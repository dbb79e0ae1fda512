#!/usr/bin/python3
"""Metropolitan France whole: its 35 228 communes of 2018 with their GPs and maternity wards, over a network made of the
communes' own points. Checks that the run ends, that its figures add up and that their deciles are plausible; says the time of
each stage and the memory. Not among the system tests: it takes minutes (scripts/test --long, or by hand).

usage: tests/national.py [--movements] [--keep FOLDER] [--threads N]
  --movements  gives the files of 2025 and 2026 as they are, with INSEE's table of movements, in place of converted ones
Environment: QUINZE (the program, default build/quinze). Data: ../shared/data/france and cog; without them it says SKIPPED."""
import argparse
import csv
import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile

import numpy
from osgeo import ogr, osr
from scipy.spatial import Delaunay

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "system"))
import support  # noqa: E402

FRANCE, COG = os.path.join(support.DATA, "france"), os.path.join(support.DATA, "cog")
LAYER = "communes_metropole_2018_l93"
LONGEST_M = 25000  # of a road between two neighbours: beyond it lies the sea
SINUOSITY, KMH = 1.25, 50.0
OVERSEAS = ("97", "98")
CONSULTATIONS = 5400  # a year of one full-time equivalent: preset apl2017

PLAN = """[territory]
name=France métropolitaine
crs=EPSG:2154
closed=yes
[communes]
file=%(layer)s.gpkg
vintage=2018
[points]
file=points.csv
crs=EPSG:2154
%(points_vintage)s
[territories]
file=territories.csv
%(points_vintage)s
[roads]
nodes=nodes.csv
edges=edges.csv
crs=EPSG:2154
[population]
file=population.csv
%(population_vintage)s
[practitioners gp]
file=gp.csv
heads=NB_D201
vintage=2018
[practitioners maternity]
file=maternity.csv
heads=NB_D107
vintage=2018
[travel]
snap_limit_m=20000
[isochrones]
profession=maternity
cell_m=5000
[output]
date=2026-01-01
%(movements)s"""


def table(folder, name, delimiter=","):
    path = os.path.join(folder, name)
    opened = gzip.open(path, "rb") if name.endswith(".gz") else open(path, "rb")
    with io.TextIOWrapper(opened, encoding="utf-8") as f:
        return list(csv.DictReader(f, delimiter=delimiter))


def write(folder, name, header, rows):
    with open(os.path.join(folder, name), "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(header)
        w.writerows(rows)


def communes_of(folder):
    """Unpacks the layer; gives {code: (x, y on the surface, area in m2)}."""
    with zipfile.ZipFile(os.path.join(FRANCE, LAYER + ".gpkg.zip")) as z:
        z.extractall(folder)
    source = ogr.Open(os.path.join(folder, LAYER + ".gpkg"))
    found = {}
    for feature in source.GetLayer(0):
        shape = feature.GetGeometryRef()
        at = shape.PointOnSurface()
        found[feature.GetField("code")] = (at.GetX(), at.GetY(), shape.GetArea())
    return found


def points_of_2025():
    """{code: (x, y)} in Lambert 93."""
    wgs84, lambert = osr.SpatialReference(), osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    lambert.ImportFromEPSG(2154)
    wgs84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    lambert.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    change = osr.CoordinateTransformation(wgs84, lambert)
    rows = [r for r in table(FRANCE, "communes_points_2025.csv.gz", ";") if r["Code_Officiel_Commune"][:2] not in OVERSEAS]
    made = change.TransformPoints([(float(r["longitude"]), float(r["latitude"])) for r in rows])
    return {r["Code_Officiel_Commune"]: (x, y) for r, (x, y, _) in zip(rows, made)}


def write_roads(folder, points):
    """A road between each two neighbours: the sides of the Delaunay triangles, each way alike."""
    codes = sorted(points)
    at = numpy.array([points[c] for c in codes])
    corners = Delaunay(at).simplices
    sides = numpy.unique(numpy.sort(numpy.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    length = SINUOSITY * numpy.hypot(*(at[sides[:, 0]] - at[sides[:, 1]]).T)
    kept = length <= SINUOSITY * LONGEST_M
    write(folder, "nodes.csv", ["id", "x", "y"], [(c, "%.1f" % x, "%.1f" % y) for c, (x, y) in zip(codes, at)])
    rows = []
    for (a, b), m in zip(sides[kept], length[kept]):
        seconds = "%.3f" % max(m / (KMH / 3.6), 1)
        rows += [(codes[a], codes[b], seconds, "%.1f" % m), (codes[b], codes[a], seconds, "%.1f" % m)]
    write(folder, "edges.csv", ["from", "to", "seconds", "length_m"], rows)
    return len(codes), len(rows)


def passages(layer):
    """({code of 2018: code of 2025}, the part that keeps the code where a commune was split; {code of 2025: codes of 2018})."""
    now, then = {}, {}
    for r in table(COG, "cog_passage_historique_to_2025_COGiter.csv.gz"):
        old, new = r["DEPCOM_HIST"], r["DEPCOM"]
        if old in layer:
            then.setdefault(new, []).append(old)
            if old not in now or new == old:
                now[old] = new
    return now, then


def population_of_2026():
    return {r["code"]: float(r["population"]) for r in table(FRANCE, "communes_cog2026.csv.gz")
            if r["type"] == "commune-actuelle" and r["population"] and r["code"][:2] not in OVERSEAS}


def population_of_2018(layer, now, then, people):
    """Shares the people of a commune of today among those that it was made of, by area; (shared, unknown)."""
    parts = {}
    for code in layer:
        parts.setdefault(now.get(code, code), []).append(code)
    ret, lost = {}, {}
    for code, n in people.items():
        of = parts.get(code) or then.get(code)  # one that left another since 2018 is counted with it
        if not of:
            lost[code] = n
            continue
        area = sum(layer[c][2] for c in of)
        for c in of:
            ret[c] = ret.get(c, 0) + n * layer[c][2] / area
    return ret, lost


TERRITORIES = ["EPCI", "NOM_EPCI", "DEP", "NOM_DEP", "REG", "NOM_REG"]


def territories_of_2025():
    """{code: (EPCI, its name ... region, its name, bassin de vie, its name, canton)}"""
    zones = {r["DEPCOM"]: r for r in table(FRANCE, "communes_zonages_2025.csv.gz")}
    ret = {}
    for r in table(FRANCE, "communes_epci_dep_reg_2025_COGiter.csv.gz"):
        z = zones.get(r["DEPCOM"], {})
        ret[r["DEPCOM"]] = [r[c] for c in TERRITORIES] + [z.get("BV2022", ""), z.get("LIB_BV2022", ""), z.get("CV", "")]
    return ret


def write_inputs(folder, movements):
    """All files of the plan; gives what the checks compare with."""
    layer = communes_of(folder)
    (now, then), points, people, areas = passages(layer), points_of_2025(), population_of_2026(), territories_of_2025()
    nodes = dict(points)
    nodes.update({c: points.get(c, (x, y)) for c, (x, y, _) in layer.items()})
    n_nodes, n_edges = write_roads(folder, nodes)
    if movements:
        lost = {}
        shutil.copy(os.path.join(COG, "cog_mvtcommunes_2025_COGiter.csv.gz"), folder)
        with gzip.open(os.path.join(folder, "cog_mvtcommunes_2025_COGiter.csv.gz")) as f:
            with open(os.path.join(folder, "movements.csv"), "wb") as g:
                shutil.copyfileobj(f, g)
    else:
        points = {c: nodes[c] for c in layer}
        people, lost = population_of_2018(layer, now, then, people)
        areas = {c: areas[now.get(c, c)] for c in layer if now.get(c, c) in areas}
    write(folder, "points.csv", ["insee_com", "x", "y"], [(c, "%.1f" % x, "%.1f" % y) for c, (x, y) in sorted(points.items())])
    write(folder, "population.csv", ["insee_com", "population"], [(c, "%.6f" % n) for c, n in sorted(people.items())])
    write(folder, "territories.csv", ["insee_com", "siren_epci", "nom_epci", "insee_dep", "nom_dep", "insee_reg", "nom_reg",
                                      "bassin_vie", "nom_bassin_vie", "canton"], [[c] + a for c, a in sorted(areas.items())])
    shutil.copy(os.path.join(FRANCE, "gp_by_commune_2018.csv"), os.path.join(folder, "gp.csv"))
    shutil.copy(os.path.join(FRANCE, "maternity_by_commune_2018.csv"), os.path.join(folder, "maternity.csv"))
    with open(os.path.join(folder, "plan.ini"), "w", encoding="utf-8") as f:
        f.write(PLAN % {"layer": LAYER, "points_vintage": "vintage=2025" if movements else "",
                        "population_vintage": "vintage=2026" if movements else "",
                        "movements": "[movements]\nfile=movements.csv\n" if movements else ""})
    heads = {key: sum(float(r[column]) for r in table(FRANCE, name) if r["CODGEO"] in layer) for key, name, column in (
        ("gp", "gp_by_commune_2018.csv", "NB_D201"), ("maternity", "maternity_by_commune_2018.csv", "NB_D107"))}
    print("%d communes, %d nodes, %d edges, %.0f people (%.0f more, of %d communes without a part in 2018)" % (
        len(layer), n_nodes, n_edges, sum(people.values()), sum(lost.values()), len(lost)))
    return {"communes": len(layer), "people": sum(people.values()), "heads": heads}


def run(folder, threads):
    """The report of the run, its seconds and its peak of memory; None: it failed."""
    arguments = [support.QUINZE, "run", "--json"] + (["--threads", str(threads)] if threads else [])
    from_s = time.monotonic()
    with open(os.path.join(folder, "report.json"), "wb") as out, open(os.path.join(folder, "errors.txt"), "wb") as err:
        process = subprocess.Popen(arguments + [os.path.join(folder, "plan.ini"), os.path.join(folder, "france.gpkg")],
                                   stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - from_s
    if status != 0:
        print(open(os.path.join(folder, "errors.txt"), encoding="utf-8", errors="replace").read()[-3000:])
        return None
    with open(os.path.join(folder, "report.json"), encoding="utf-8") as f:
        report = json.load(f)
    print("%.1f s, %.2f GB, %.1f MB written" % (seconds, usage.ru_maxrss / 1e6,
                                                 os.path.getsize(os.path.join(folder, "france.gpkg")) / 1e6))
    for stage in sorted(report["stages"], key=lambda s: -s["seconds"])[:14]:
        print("  %-20s %9.2f s" % (stage["name"], stage["seconds"]))
    return report


def columns_of(db, name):
    return [r[1] for r in db.execute("pragma table_info(%s)" % name)]


def deciles(db, column, weight="population"):
    """Of the communes where the figure is known, by people."""
    rows = sorted(db.execute("select %s, %s from communes where %s is not null and %s > 0" % (column, weight, column, weight)))
    values, weights = numpy.array(rows, dtype=float).T
    upto = numpy.cumsum(weights) / weights.sum()
    found = [values[min(numpy.searchsorted(upto, d / 10), len(values) - 1)] for d in range(1, 10)]
    print("  %-18s %s   mean %.3f" % (column, " ".join("%7.2f" % v for v in found), (values * weights).sum() / weights.sum()))
    return found


def check_sums(check, db, want):
    check.equal(db.execute("select count(*) from communes").fetchone()[0], want["communes"], "one row a commune")
    people = db.execute("select sum(population) from communes").fetchone()[0]
    check.near(people / want["people"], 1, 1e-6, "people of the communes, of the file")
    levels = [r[0] for r in db.execute("select distinct level from territories")]
    for level in ("departement", "region"):
        check.ok(level in levels, "level %s" % level, levels)
    for key, total in want["heads"].items():
        got = db.execute("select sum(%s_heads) from communes" % key).fetchone()[0]
        check.near(got, total, 1e-6, "%s: heads of the communes, of the file" % key)
        for level in ("departement", "region"):
            got = db.execute("select sum(%s_heads) from territories where level = ?" % key, (level,)).fetchone()[0]
            check.near(got, total, 1e-6, "%s: heads of level %s" % (key, level))
    for level in ("departement", "region"):
        got = db.execute("select sum(population) from territories where level = ?", (level,)).fetchone()[0]
        check.near(got / people, 1, 1e-6, "people of level %s" % level)


def check_figures(check, db):
    """The neighbourhood of what is known: 84 % have a GP in their commune and 98 % within ten minutes by real roads; some
    85 to 90 GPs per 100 000; an APL about 3 to 4 consultations a year."""
    has = columns_of(db, "communes")
    print("deciles by people:")
    minutes = deciles(db, "gp_time_min")
    check.ok(minutes[6] == 0 and minutes[8] < 10, "minutes to a GP", minutes)
    wards = deciles(db, "maternity_time_min")
    check.ok(2 < wards[4] < 40 and wards[8] < 75, "minutes to a maternity ward", wards)
    check.ok(all(w >= 0 for w in wards), "no time below 0")
    density = deciles(db, "gp_per_100k")
    check.ok(density[0] < 60 < density[4] < 130 < density[8] + 40, "GPs per 100 000", density)
    if "gp_apl" in has:
        apl = deciles(db, "gp_apl")
        check.ok(0 < apl[0] < apl[4] < apl[8] < 20 * apl[0], "deciles of the APL", apl)
        # without ages demand is people, without FTE each head counts as one: nothing is made, nothing is lost
        used, heads = db.execute("select sum(gp_apl * population), sum(gp_heads) from communes").fetchone()
        check.near(used / (CONSULTATIONS * heads), 1, 1e-4, "consultations used, of those offered")
    else:
        print("SKIPPED: the APL, which this program does not compute")
    status = dict(db.execute("select status, count(*) from communes group by status"))
    print("  status: %s" % status)
    check.ok(status.get("ok", 0) > 0.97 * sum(status.values()), "nearly all communes are well", status)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--movements", action="store_true")
    parser.add_argument("--keep")
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if not os.path.isdir(FRANCE):
        print("SKIPPED: no %s\n0 passed, 0 failed" % FRANCE)
        return
    check = support.Checks()
    folder = options.keep or tempfile.mkdtemp(prefix="quinze-national-")
    os.makedirs(folder, exist_ok=True)
    try:
        want = write_inputs(folder, options.movements)
        report = run(folder, options.threads)
        if check.ok(report is not None, "the run ends"):
            with sqlite3.connect("file:%s?mode=ro" % os.path.join(folder, "france.gpkg"), uri=True) as db:
                check_sums(check, db, want)
                check_figures(check, db)
    finally:
        if not options.keep:
            shutil.rmtree(folder, True)
    check.end()


main()
