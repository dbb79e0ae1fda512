#!/usr/bin/python3
"""[roads]: several files and patterns, what they repeat, what they leave out; speeds that depend on the place."""
import json
import os
import shutil
import struct

from osgeo import gdal, osr

from support import (BARE_TABLE, BAD_USAGE, DONE, FAILED, PLAN, SIDE_M, SOUTH_M, WEST_M, Checks, Rows, edit, need_quinze, road_rows,
                     run, save_communes, save_roads, square, territory, write)

check = Checks()


def with_roads(name, value, files):
    """The four communes with these road files, {path: rows}, and `file = value`."""
    at = territory(name.replace(" ", "_").replace(",", ""))
    os.remove(os.path.join(at, "roads.gpkg"))
    for path, rows in files.items():
        full = os.path.join(at, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        save_roads(full, rows, driver="ESRI Shapefile" if path.endswith(".shp") else "GPKG")
    write(os.path.join(at, "plan.ini"), PLAN.replace("file = roads.gpkg", "file = " + value))
    return at


def checked(at, what):
    done = run("check", "--json", os.path.join(at, "plan.ini"))
    if not check.equal(done.code, DONE, "%s: exit" % what):
        print(done)
        return {"issues": [], "stages": []}
    return json.loads(done.out)


def codes(report):
    return sorted(i["code"] for i in report["issues"] if i["code"] not in BARE_TABLE)


def reverse(row):
    values, text = row
    points = text[len("LINESTRING ("):-1].split(",")
    return values, "LINESTRING (%s)" % ",".join(reversed(points))


# ---- several files
def results(at, what):
    """Times by commune, and the provenance of the roads."""
    out = os.path.join(at, "out.gpkg")
    done = run("run", "-q", "--overwrite", os.path.join(at, "plan.ini"), out)
    if not check.equal(done.code, DONE, "%s: run" % what):
        print(done)
        return None, []
    rows = Rows(out)
    times = [tuple(r) for r in rows.all("select insee_com, gp_time_min, status from communes order by 1")]
    inputs = [r["value"] for r in rows.all("select * from provenance where kind = 'input' and name = 'roads'")]
    dems = [r["value"] for r in rows.all("select * from provenance where kind = 'input' and name = 'dem'")]
    rows.close()
    check.equal(dems, ["dem.tif"] if "slopes" in what else [], "%s: heights in the provenance" % what)
    return times, inputs


def several():
    ring = road_rows()
    want, inputs = results(with_roads("one", "roads.gpkg", {"roads.gpkg": ring}), "one file")
    check.equal(inputs, ["roads.gpkg"], "one file: its name in the provenance")
    west, east = ring[:5], ring[4:] + ring[:1]  # two roads in both
    for name, value, files, names in [
            ("a list", "west.gpkg, east.gpkg", {"west.gpkg": west, "east.gpkg": east}, ["west.gpkg", "east.gpkg"]),
            ("a pattern", "D0??/ROADS.gpkg", {"D02A/ROADS.gpkg": east, "D001/ROADS.gpkg": west},
             ["D001/ROADS.gpkg", "D02A/ROADS.gpkg"]),
            ("both, one named twice", "D0*/*.gpkg, D001/ROADS.gpkg",
             {"D001/ROADS.gpkg": west, "D02A/ROADS.gpkg": east}, ["D001/ROADS.gpkg", "D02A/ROADS.gpkg"]),
            ("formats mixed, drawn the other way", "a.shp,b.gpkg",
             {"a.shp": west, "b.gpkg": [reverse(r) for r in east]}, ["a.shp", "b.gpkg"])]:
        at = with_roads(name, value, files)
        report = checked(at, name)
        check.equal(codes(report), ["repeated_roads"], "%s: issues" % name)
        check.ok(any(i["message"].startswith("2 roads ") for i in report["issues"]), "%s: two roads twice" % name)
        times, inputs = results(at, name)
        check.equal(times, want, "%s: the times of one file" % name)
        check.equal([i[-len(n):] for i, n in zip(inputs, names)], names, "%s: a row of provenance a file" % name)
        check.equal(len(inputs), len(names), "%s: no more rows" % name)


def key_of(report, stage):
    return next((s["key"] for s in report["stages"] if s["name"] == stage), None)


def keys():
    ring = road_rows()
    at = with_roads("keys", "a.gpkg, b.gpkg", {"a.gpkg": ring[:4], "b.gpkg": ring[4:]})
    first = checked(at, "two files")
    os.remove(os.path.join(at, "b.gpkg"))
    save_roads(os.path.join(at, "b.gpkg"), [(["secondary", "no"], r[1]) for r in ring[4:]])
    second = checked(at, "the second file changed")
    check.ok(key_of(first, "roads") != key_of(second, "roads"), "the key holds every file")
    check.equal(key_of(first, "communes"), key_of(second, "communes"), "and only the roads'")


# ---- refusals
def refusals():
    ring = road_rows()
    for name, value, code, pieces in [
            ("no match", "D0??/ROADS.gpkg", BAD_USAGE, ["[roads] file", "'D0??/ROADS.gpkg'", "no file matches"]),
            ("one of a list is missing", "roads.gpkg, other.gpkg", FAILED, ["other.gpkg", "No such file"]),
            ("nothing but commas", ", ,", BAD_USAGE, ["[roads]", "file = PATH"])]:
        at = with_roads(name, value, {"roads.gpkg": ring})
        done = run("check", os.path.join(at, "plan.ini"))
        check.equal(done.code, code, "%s: exit" % name)
        check.holds(done.err, pieces, "%s: message" % name)
    at = with_roads("awkward", "a*.gpkg", {"a1.gpkg": ring})
    odd = os.path.join(os.path.dirname(at), "D[0]*,x")
    shutil.move(at, odd)
    check.equal(codes(checked(odd, "a folder of stars")), [], "a folder of stars: its name is no pattern")
    at = with_roads("comma", "a, b.gpkg", {"a, b.gpkg": ring})
    check.equal(codes(checked(at, "a comma")), [], "a comma in the name of a file that is there")


# ---- what is missing
def missing():
    ring = road_rows()  # 01001, 01002, 01002, 01004, 01004, 2A003, 2A003, 01001 from the middle of the south-west on
    report = checked(with_roads("no_2a", "roads.gpkg", {"roads.gpkg": ring[:4]}), "a departement without roads")
    found = [i for i in report["issues"] if i["code"] == "roads_missing"]
    check.equal(len(found), 1, "roads_missing: one departement")
    check.holds(found[0]["message"] if found else "", ["departement 2A", "1 communes", "[roads]"], "roads_missing: named")
    check.ok("commune_without_road" not in codes(report), "its communes are not told one by one", codes(report))
    report = checked(with_roads("no_dives", "roads.gpkg", {"roads.gpkg": [ring[0], ring[1], ring[7], ring[6]]}),
                     "a commune without roads")
    found = [i for i in report["issues"] if i["code"] == "commune_without_road"]
    check.equal(len(found), 1, "commune_without_road: one")
    check.holds(found[0]["message"] if found else "", ["01004", "Dives"], "commune_without_road: named")
    check.ok("roads_missing" not in codes(report), "its departement has roads elsewhere")


# ---- the edge of the roads
def edge_note(report):
    return [i for i in report["issues"] if i["code"] == "edge_of_roads"]


def open_plan(at):
    edit(os.path.join(at, "plan.ini"), "closed = yes", "closed = no")
    return at


def edge():
    ring = road_rows()
    at = with_roads("edge", "roads.gpkg", {"roads.gpkg": ring})
    check.equal(codes(checked(at, "closed")), [], "edge_of_roads: not where the plan says closed")
    found = edge_note(checked(open_plan(at), "open"))
    check.equal([(i["severity"], i["source"]) for i in found], [("note", "roads")], "edge_of_roads: one note")
    check.holds(found[0]["message"] if found else "",
                ["4 border communes", "departements 01, 2A:", "01001 (Ambly), 01002 (Bréval), 01004 (Dives), 2A003 (Cernay):",
                 "'file' in [roads]", "closed = yes in [territory]"], "edge_of_roads: what it tells")
    # one line from the middle of Bréval over its east side, without a vertex near it; Dives is more than 2 km away
    out = (["primary", "no"], "LINESTRING (606000 6502000,606000 6501500,%d 6501500)" % (WEST_M + 20000))
    found = edge_note(checked(open_plan(with_roads("edge_out", "roads.gpkg", {"roads.gpkg": ring + [out]})), "a road out"))
    check.holds(found[0]["message"] if found else "", ["3 border communes"], "edge_of_roads: one fewer")
    check.ok(found and "Bréval" not in found[0]["message"], "edge_of_roads: not where a road goes on", found)
    ferry = (["ferry", "no"], out[1])
    found = edge_note(checked(open_plan(with_roads("edge_ferry", "roads.gpkg", {"roads.gpkg": ring + [ferry]})), "a ferry"))
    check.holds(found[0]["message"] if found else "", ["4 border communes"], "edge_of_roads: a ferry is no road that goes on")


def departements():
    """Five columns of four communes, two departements one above the other; the second one's roads were forgotten."""
    def place(column, row):
        return "%d %d" % (WEST_M + SIDE_M * column + SIDE_M // 2, SOUTH_M + SIDE_M * row + SIDE_M // 2)

    def road(*places):
        return ["primary", "no"], "LINESTRING (%s)" % ",".join(place(*p) for p in places)

    cells = [("%02d%03d" % (1 + r // 2, 1 + c + 5 * (r % 2)), c, r) for r in range(4) for c in range(5)]
    mine = [road(*[(c, 0) for c in range(5)]), road(*[(c, 1) for c in range(5)]), road((0, 0), (0, 1), (0, 2))]
    for name, more, n_missing, n_bare, n_edge in [("one of ten", [], 1, 0, 8), ("two of ten", [road((0, 2), (1, 2))], 0, 8, 8)]:
        at = open_plan(with_roads(name, "roads.gpkg", {"roads.gpkg": mine + more}))
        os.remove(os.path.join(at, "communes.gpkg"))
        save_communes(os.path.join(at, "communes.gpkg"), [([k, "C" + k, 100], square(c, r)) for k, c, r in cells])
        write(os.path.join(at, "population.csv"), "insee_com,population\n" + "".join("%s,100\n" % k for k, _, _ in cells))
        write(os.path.join(at, "points.csv"), "insee_com,x,y\n" + "".join(
            "%s,%s\n" % (k, place(c, r).replace(" ", ",")) for k, c, r in cells))
        report = checked(at, name)
        found = [i["message"] for i in report["issues"] if i["code"] == "roads_missing"]
        check.equal(len(found), n_missing, "%s: departements without roads" % name)
        check.holds("".join(found), ["departement 02: a road in only 1 of its 10 communes"] * n_missing, "%s: said" % name)
        check.equal(codes(report).count("commune_without_road"), n_bare, "%s: communes without a road" % name)
        found = edge_note(report)
        # row 0, both ends of row 1, the first of row 2: those inside, and those without a road, are not there
        check.holds(found[0]["message"] if found else "", ["%d border communes, departements 01, 02: 01001" % n_edge],
                    "%s: the edge" % name)


# ---- METRIC: one place a commune, density and slopes
def dem(path, epsg, size_m, rise):
    """Cells from the south-west of the four communes on, rising to the east by `rise` a metre."""
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    made = gdal.GetDriverByName("GTiff").Create(path, 100, 100, 1, gdal.GDT_Float32)
    made.SetGeoTransform([WEST_M - 1000, size_m, 0, SOUTH_M + 99 * size_m, 0, -size_m] if epsg == 2154 else
                         [2, 0.001, 0, 46, 0, -0.001])
    made.SetProjection(srs.ExportToWkt())
    made.WriteRaster(0, 0, 100, 100, struct.pack("<10000f", *[rise * size_m * (i % 100) for i in range(10000)]))
    made = None


def metric():
    at = with_roads("metric", "roads.gpkg", {"roads.gpkg": [(["primary", "yes"], r[1]) for r in road_rows()]})
    plan = os.path.join(at, "plan.ini")
    edit(plan, "profile = osm-car", "profile = metric")
    side_min = 4000 * 60 / 65000  # between two neighbours, 75 people/km2 and less, flat and straight
    times, _ = results(at, "metric")
    for (code, minutes, _), want in zip(times, [0, side_min, 2 * side_min, side_min]):
        check.near(minutes, want, 0.006, "metric, flat: %s, one-ways do not count" % code)
    before = checked(at, "metric")
    edit(os.path.join(at, "population.csv"), "01004,300", "01004,9600")  # 600 people/km2
    after = checked(at, "metric, one commune denser")
    check.ok(key_of(before, "network") != key_of(after, "network"), "metric: the network depends on densities")
    check.equal(key_of(before, "roads"), key_of(after, "roads"), "metric: its roads do not")
    times, _ = results(at, "metric, one commune denser")
    check.near(times[2][1], side_min * (1.5 + 0.5 * 65 / 40), 0.006, "metric: half a side at 40 km/h to Dives")
    edit(plan, "profile = metric", "profile = osm-car")
    plain = checked(at, "osm-car")
    check.equal(key_of(plain, "roads"), key_of(after, "roads"), "another speed table: the same roads, not read again")
    check.ok(key_of(plain, "network") != key_of(after, "network"), "another speed table: another network")
    edit(os.path.join(at, "population.csv"), "01004,9600", "01004,300")
    check.equal(key_of(checked(at, "osm-car, sparser"), "network"), key_of(plain, "network"),
                "osm-car: the network does not depend on people")
    dem(os.path.join(at, "dem.tif"), 2154, 100, 0.10)
    edit(plan, "profile = osm-car", "profile = metric\ndem = dem.tif")
    times, _ = results(at, "metric, slopes")
    want = [0, 4000 * 60 / 55000, 4000 * 60 / 55000 + side_min, side_min]  # 10 % to the east: 65 - 0.1 x 100
    for (code, minutes, _), minutes_want in zip(times, want):
        check.near(minutes, minutes_want, 0.006, "metric, 10 %% to the east: %s" % code)
    done = run("network", "--profile", "metric", os.path.join(at, "roads.gpkg"), os.path.join(at, "net.qzn"))
    check.ok(done.code != DONE, "metric without communes: refused")
    check.holds(done.err, ["'metric'", "density", "[roads]"], "metric without communes: message")
    dem(os.path.join(at, "dem.tif"), 4326, 0, 0)
    done = run("check", plan)
    check.equal(done.code, FAILED, "heights in degrees: exit")
    check.holds(done.err, ["dem.tif", "degrees", "gdalwarp"], "heights in degrees: message")


need_quinze()
several()
keys()
refusals()
missing()
edge()
departements()
metric()
check.end()
