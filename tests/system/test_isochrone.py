#!/usr/bin/python3
"""The command isochrone: three formats, bad input, the same bytes on one thread and two; on Corsica, how far the drawn
bands agree with the times that people have themselves; the field under them against the network, node by node."""
import json
import math
import os
import struct
import subprocess

from osgeo import gdal, ogr, osr

import support
from support import BAD_USAGE, DONE, FAILED, Checks, content, folder, listing, read_csv, run, write

check = Checks()


def places(path, rows, header="id,x,y"):
    write(path, header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))


def middles():
    return [(code, *support.middle(c, r)) for code, _, c, r, _ in support.COMMUNES]


def made(name):
    """The four communes with their roads compiled, sites at two middles, everyone at theirs."""
    at = support.territory(name)
    places(os.path.join(at, "s.csv"), [("west", *support.middle(0, 0)), ("east", *support.middle(1, 1))])
    places(os.path.join(at, "people.csv"), [(*m, c[4]) for m, c in zip(middles(), support.COMMUNES)], "id,x,y,population")
    check.equal(run("network", "-q", os.path.join(at, "roads.gpkg"), os.path.join(at, "net.qzn")).code, DONE, "network")
    return at, lambda *arguments: run("isochrone", "--crs", "EPSG:2154", *arguments, cwd=at)


def rows_of(path):
    dataset = ogr.Open(path)
    layer = dataset.GetLayer(0)
    fields = [layer.GetLayerDefn().GetFieldDefn(i).GetName() for i in range(layer.GetLayerDefn().GetFieldCount())]
    rows = [({n: f[n] for n in fields}, f.GetGeometryRef().Clone()) for f in layer]
    return fields, rows, layer.GetSpatialRef()


# ---- shapes
def nested(what, rows, key, covers=1e-3):
    """Valid polygons, each within the next longer one of its site: what sticks out, in square metres."""
    check.equal([r for r, g in rows if not g.IsValid() or g.IsEmpty()], [], "%s: valid" % what)
    bad = []
    for (r, g), (longer, around) in zip(rows, rows[1:]):
        if key is None or r[key] == longer[key]:
            if not (r["band_min"] < longer["band_min"] and g.Difference(around).Area() <= covers and
                    around.Area() - g.Area() >= -covers):
                bad.append((r, longer))
    check.equal(bad, [], "%s: each band covers the shorter one" % what)


def in_metres(geometry, srs):
    back = geometry.Clone()
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    back.Transform(osr.CoordinateTransformation(srs, support.lambert93()))
    return back


# ---- formats
def formats():
    at, here = made("formats")
    answers = {}
    for name in ("o.gpkg", "o.shp", "o.geojson"):
        done = here("--bands-min", "2,4.5,9", "--people", "people.csv", "net.qzn", "s.csv", name)
        check.equal((done.code, done.err), (DONE, ""), "%s: exit" % name)
        check.holds(done.out, ["2 sites (0 without a road), 4 of people (0 without a road)", "6 polygons", name], "%s: summary" % name)
        fields, rows, srs = answers[name] = rows_of(os.path.join(at, name))
        check.equal(fields, ["site_id", "band_min", "area_km2", "people"], "%s: columns" % name)
        check.equal([(r["site_id"], r["band_min"]) for r, _ in rows],
                    [(s, b) for s in ("west", "east") for b in (2, 4.5, 9)], "%s: rows in order" % name)
        nested(name, rows, "site_id", 1e-3 if "geojson" not in name else 1e-10)
        for r, g in rows:
            g = in_metres(g, srs)
            check.near(g.Area() / 1e6, r["area_km2"], 0.0006 + 1e-4 * r["area_km2"], "%s: area of %r" % (name, r))
            site = support.middle(0, 0) if r["site_id"] == "west" else support.middle(1, 1)
            check.ok(g.Contains(ogr.CreateGeometryFromWkt("POINT (%r %r)" % site)), "%s: %r holds its site" % (name, r))
    check.equal([r for r, _ in answers["o.shp"][1]], [r for r, _ in answers["o.gpkg"][1]], "Shapefile: as GeoPackage")
    check.equal([r for r, _ in answers["o.geojson"][1]], [r for r, _ in answers["o.gpkg"][1]], "GeoJSON: as GeoPackage")
    west, south, *_ = answers["o.geojson"][1][0][1].Centroid().GetPoint()
    check.ok(1 < west < 5 and 45 < south < 47, "GeoJSON: degrees, east first", (west, south))
    check.holds(content(os.path.join(at, "o.geojson")).decode(), ['"Feature"'], "GeoJSON")
    check.ok('"crs"' not in content(os.path.join(at, "o.geojson")).decode(), "GeoJSON: RFC 7946 names no system")
    check.equal(sorted(f for f in listing(at) if f.startswith("o.")),
                ["o.cpg", "o.dbf", "o.geojson", "o.gpkg", "o.prj", "o.shp", "o.shx"], "nothing else is left")
    for name in ("o.gpkg", "o.shp", "o.geojson"):
        first = content(os.path.join(at, name))
        here("-q", "--overwrite", "--threads", "1", "--bands-min", "2,4.5,9", "--people", "people.csv", "net.qzn", "s.csv",
             name)
        check.equal(content(os.path.join(at, name)), first, "%s: the same bytes on one thread" % name)


def people():
    """A side of the ring is 4 km; people live at its corners: 1200 at the west site itself, 800 and 500 a side away."""
    at, here = made("people")
    run("nearest", "-q", "--crs", "EPSG:2154", "net.qzn", "s.csv", "people.csv", "n.csv", cwd=at)
    side = float(read_csv(os.path.join(at, "n.csv"))[1]["seconds"]) / 60
    bands = "%.6f,%.6f,%.6f" % (side * 0.9, side + 1e-4, 2 * side + 1e-4)
    here("-q", "--bands-min", bands, "--people", "people.csv", "net.qzn", "s.csv", "p.gpkg")
    got = [r["people"] for r, _ in rows_of(os.path.join(at, "p.gpkg"))[1]]
    check.equal(got, [1200, 2500, 2800, 300, 1600, 2800], "people by site and band")
    here("-q", "--merge", "--bands-min", bands, "--people", "people.csv", "net.qzn", "s.csv", "m.gpkg")
    fields, rows, _ = rows_of(os.path.join(at, "m.gpkg"))
    check.equal(fields, ["band_min", "area_km2", "people"], "merged: columns")
    check.equal([r["people"] for r, _ in rows], [1500, 2800, 2800], "merged: people to the nearest site")
    nested("merged", rows, None)
    single = [g for _, g in rows_of(os.path.join(at, "p.gpkg"))[1]]
    for i, (r, g) in enumerate(rows):
        both = single[i].Union(single[i + 3])
        check.ok(g.SymmetricDifference(both.Buffer(51)).Area() < both.Buffer(102).Area() - both.Area(),
                 "merged: about the union of the sites", r)
    write(os.path.join(at, "named.csv"), "id,x,y,habitants\n1,%r,%r,7\n2,%r,%r,lots\n3,%r,%r,-1\n4,%r,%r,2\n5,%r,%r,3\n"
          % (5 * support.middle(0, 0)))
    done = here("--bands-min", "5", "--people", "named.csv", "--population", "habitants", "net.qzn", "s.csv", "n.gpkg")
    check.equal(done.code, DONE, "--population: exit")
    check.holds(done.err, ["named.csv: row 2: no_people", "named.csv: row 3: no_people"], "--population: rejects")
    check.equal(rows_of(os.path.join(at, "n.gpkg"))[1][0][0]["people"], 12, "--population")


def drawing():
    """Options that change the drawing: land, cells, walking, exactness, least areas."""
    at, here = made("drawing")
    areas = {}
    for name, options in (("plain", []), ("land", ["--territory", "communes.gpkg"]), ("fine", ["--cell-m", "50"]),
                          ("short walk", ["--walk-limit-m", "200"]), ("exact", ["--simplify-m", "0"]),
                          ("no hole", ["--min-hole-ha", "5000"]), ("no island", ["--min-island-ha", "1000000"])):
        done = here("-q", "--overwrite", "--bands-min", "10", *options, "net.qzn", "s.csv", "d.gpkg")
        check.equal((done.code, done.err), (DONE, ""), "%s: exit" % name)
        rows = rows_of(os.path.join(at, "d.gpkg"))[1]
        areas[name] = sum(r["area_km2"] for r, _ in rows)
        areas[name, "rings"] = sum(p.GetGeometryCount() for _, g in rows for p in g)
        areas[name, "points"] = sum(ring.GetPointCount() for _, g in rows for p in g for ring in p)
        if name == "land":
            box = [g.GetEnvelope() for _, g in rows]
            check.ok(all(w >= support.WEST_M - 100 and e <= support.WEST_M + 2 * support.SIDE_M + 100 for w, e, _, _ in box),
                     "nobody walks off the territory", box)
    check.ok(areas["short walk"] < 0.5 * areas["plain"], "a shorter walk", areas)
    check.near(areas["fine"], areas["plain"], 0.06 * areas["plain"], "finer cells")
    check.near(areas["exact"], areas["plain"], 0.02 * areas["plain"], "simplified")
    check.ok(areas["exact", "points"] > 2 * areas["plain", "points"], "fewer points when simplified", areas)
    check.ok(areas["no hole", "rings"] < areas["plain", "rings"] and areas["no hole"] > areas["plain"], "holes dropped", areas)
    check.equal(areas["no island"], 0, "islands dropped: no row")


def friction(path, slow=lambda x, y: 0.72, cell=50):
    """Seconds a metre over the four communes, by easting and northing; None: no data."""
    n = int(2 * support.SIDE_M / cell)
    made = gdal.GetDriverByName("GTiff").Create(path, n, n, 1, gdal.GDT_Float32)
    made.SetGeoTransform([support.WEST_M, cell, 0, support.SOUTH_M + n * cell, 0, -cell])
    made.SetProjection(support.lambert93().ExportToWkt())
    made.GetRasterBand(1).SetNoDataValue(-1)
    values = [slow(support.WEST_M + (c + 0.5) * cell, support.SOUTH_M + (n - r - 0.5) * cell) for r in range(n) for c in range(n)]
    made.WriteRaster(0, 0, n, n, struct.pack("<%df" % (n * n), *[-1 if v is None else v for v in values]))
    made = None


def degrees(x, y):
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    wgs84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return osr.CoordinateTransformation(support.lambert93(), wgs84).TransformPoint(x, y)[:2]


def ground():
    """Over a plain of 5 km/h a band of 15 minutes is a circle of 1250 m, to what 16 moves make of one; by road and over the
    ground together people walk at its speed off the roads."""
    at, here = made("ground")
    x, y = support.middle(0, 0)
    friction(os.path.join(at, "plain.tif"))
    friction(os.path.join(at, "slow.tif"), lambda *_: 2 * 0.72)
    friction(os.path.join(at, "wall.tif"), lambda east, _: None if x + 200 < east < x + 300 else 0.72)
    places(os.path.join(at, "near.csv"), [("a", x + 100, y, 5), ("b", x + 1200, y, 7), ("c", x + 1300, y, 11)], "id,x,y,population")
    areas = {}
    for name, arguments in (("plain", ["--friction", "plain.tif"]), ("wall", ["--friction", "wall.tif"]),
                            ("within", ["--friction", "plain.tif", "--territory", "communes.gpkg"])):
        done = here("-q", "--bands-min", "5,15", "--people", "near.csv", *arguments, "s.csv", name + ".gpkg")
        check.equal((done.code, done.err), (DONE, ""), "%s: exit" % name)
        fields, rows, _ = rows_of(os.path.join(at, name + ".gpkg"))
        check.equal([(r["site_id"], r["band_min"]) for r, _ in rows], [(s, b) for s in ("west", "east") for b in (5, 15)], name)
        nested(name, rows, "site_id")
        areas[name] = [(r["area_km2"], r["people"]) for r, _ in rows]
    circle = math.pi * 1.25 ** 2  # the moves' polygon has 16 corners on it
    check.ok(0.94 * circle < areas["plain"][1][0] < 1.01 * circle, "over the ground alone: a circle", areas)
    check.equal([p for _, p in areas["plain"][:2]], [5, 12], "over the ground alone: people, cut-off included")
    check.equal([p for _, p in areas["wall"][:2]], [5, 5], "a wall: who lives beyond it")
    check.ok(0.5 * circle < areas["wall"][1][0] < 0.7 * circle, "a wall: what lies beyond it", areas)
    check.equal(areas["within"], areas["plain"], "a territory as large as the ground")
    here("-q", "--merge", "--bands-min", "15", "--friction", "plain.tif", "s.csv", "m.gpkg")
    merged = rows_of(os.path.join(at, "m.gpkg"))[1]
    check.near(merged[0][0]["area_km2"], areas["plain"][1][0] + areas["plain"][3][0], 0.02, "over the ground alone, merged")
    for name in ("plain", "slow"):
        done = here("-q", "--bands-min", "5,10", "--friction", name + ".tif", "net.qzn", "s.csv", name + "-road.gpkg")
        check.equal((done.code, done.err), (DONE, ""), "%s and roads: exit" % name)
        nested("%s and roads" % name, rows_of(os.path.join(at, name + "-road.gpkg"))[1], "site_id")
    here("-q", "--bands-min", "5,10", "--cell-m", "50", "net.qzn", "s.csv", "flat-road.gpkg")
    of = lambda name: [r["area_km2"] for r, _ in rows_of(os.path.join(at, name + "-road.gpkg"))[1]]
    for plain, flat, slow in zip(of("plain"), of("flat"), of("slow")):
        check.near(plain, flat, 0.01 * flat, "the usual speed off the roads")
        check.ok(slow < 0.75 * plain, "slower ground, less of it", (slow, plain))
    friction(os.path.join(at, "high.tif"), lambda *_: 500, cell=100)  # level land, 500 m up, and nothing known around it
    here("-q", "--bands-min", "5,10", "net.qzn", "s.csv", "level-road.gpkg")
    here("-q", "--bands-min", "5,10", "--dem", "high.tif", "net.qzn", "s.csv", "high-road.gpkg")
    for level, high in zip(of("level"), of("high")):
        check.near(high, level, 0.03 * level, "no cliff at the edge of the heights")
    river = [(support.WEST_M - 5000, y + 150), (support.WEST_M + 20000, y + 150)]
    write(os.path.join(at, "river.geojson"), json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {}, "geometry": {"type": "LineString", "coordinates": [degrees(*p) for p in river]}}]}))
    here("-q", "--bands-min", "5,10", "--barriers", "river.geojson", "net.qzn", "s.csv", "river-road.gpkg")
    check.ok(all(r < 0.95 * l for r, l in zip(of("river")[:2], of("level")[:2])), "barriers alone, by road", (of("river"), of("level")))
    before = content(os.path.join(at, "plain.tif"))
    for what, arguments in (("the roads", ["net.qzn", "s.csv", "roads.gpkg"]), ("the territory", ["net.qzn", "s.csv", "communes.gpkg"])):
        done = here("--overwrite", "--territory", "communes.gpkg", *([a if a != "net.qzn" else "roads.gpkg" for a in arguments]))
        check.equal(done.code, FAILED, "%s as output: refused" % what)
        check.holds(done.err, [arguments[2], "is an input"], "%s as output" % what)
    for command in (["nearest", "--overwrite", "--crs", "EPSG:2154", "net.qzn", "s.csv", "near.csv", "near.csv"],
                    ["matrix", "--overwrite", "--limit-min", "5", "--crs", "EPSG:2154", "net.qzn", "near.csv", "s.csv", "near.csv"],
                    ["run", "--overwrite", "plan.ini", "communes.gpkg"]):
        kept = content(os.path.join(at, command[-1]))
        done = run(*command, cwd=at)
        check.ok(done.code == FAILED and content(os.path.join(at, command[-1])) == kept, "%s: its input is kept" % command[0], done)
        check.holds(done.err, [command[-1], "is an input"], "%s onto its input" % command[0])
    done = run("surface", "--overwrite", "--friction", "plain.tif", "plain.tif", cwd=at)
    check.ok(done.code == FAILED and content(os.path.join(at, "plain.tif")) == before, "the friction as output: refused", done)
    done = subprocess.run(["bash", "-c", "ulimit -v 1000000; exec \"$@\"", "bash", support.QUINZE, "isochrone", "--crs", "EPSG:2154",
                           "--cell-m", "1", "--territory", "communes.gpkg", "net.qzn", "s.csv", "never.gpkg"], cwd=at,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, universal_newlines=True)
    if "sanitize" not in support.QUINZE:  # their shadow memory does not fit
        check.equal(done.returncode, FAILED, "a grid too large: exit")
        check.holds(done.stderr, ["million cells", "GB", "cell_m"], "a grid too large: its memory is told first")
    done = here("--roads", "roads.gpkg", "--friction", "plain.tif", "s.csv", "never.gpkg")
    check.equal(done.code, BAD_USAGE, "--roads: not of this command")
    places(os.path.join(at, "bad.csv"), [("in", x, y), ("wall", x + 250, y), ("far", x - 90000, y)])
    done = here("--bands-min", "15", "--friction", "wall.tif", "bad.csv", "b.gpkg")
    check.equal(done.code, DONE, "sites off the ground: exit")
    check.holds(done.err, ["bad.csv: row 2: on_barrier", "'wall'", "bad.csv: row 3: outside", "'far'"], "sites off the ground")
    check.equal([r["site_id"] for r, _ in rows_of(os.path.join(at, "b.gpkg"))[1]], ["in"], "the others are drawn")
    for what, arguments, words in (
            ("cells of another size", ["--cell-m", "100", "--friction", "plain.tif", "s.csv"], ["plain.tif", "50 m", "100 m"]),
            ("no site left", ["--friction", "wall.tif", "lost.csv"], ["lost.csv", "none of its 1 sites"]),
            ("a land that is not there", ["--cover", "none.tif", "s.csv"], ["none.tif"])):
        places(os.path.join(at, "lost.csv"), [("far", 0, 0)])
        done = here(*arguments, "never.gpkg")
        check.ok(done.code == FAILED and not os.path.exists(os.path.join(at, "never.gpkg")), "%s: refused" % what, done)
        check.holds(done.err, words, what)


def refuses():
    at, here = made("refuse")
    write(os.path.join(at, "there.gpkg"), "x")
    write(os.path.join(at, "far_people.csv"), "id,x,y,population\nfar,%r,%r,3\n" % (support.WEST_M + 1e5, support.SOUTH_M))
    write(os.path.join(at, "nowhere.csv"), "id,x,y\nfar,%r,%r\n" % (support.WEST_M + 1e5, support.SOUTH_M))
    for name, arguments, code, pieces in [
            ("bands that fall", ["--bands-min", "10,5", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["10,5", "rising"]),
            ("the same band twice", ["--bands-min", "5,5", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["5,5", "rising"]),
            ("a band of 0", ["--bands-min", "0,5", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["0,5"]),
            ("bands in words", ["--bands-min", "5,ten", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["5,ten"]),
            ("no band", ["--bands-min", "", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["rising"]),
            ("13 bands", ["--bands-min", ",".join(map(str, range(1, 14))), "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["12"]),
            ("cells of 0", ["--cell-m", "0", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["'0'", "metres"]),
            ("cells of 50 cm", ["--cell-m", "0.5", "net.qzn", "s.csv", "o.gpkg"], FAILED, ["0.5", "1 to"]),
            ("another format", ["net.qzn", "s.csv", "o.kml"], FAILED, ["o.kml", ".gpkg, .shp or .geojson"]),
            ("one file", ["s.csv"], BAD_USAGE, ["usage: quinze isochrone"]),
            ("no roads and no ground", ["s.csv", "o.gpkg"], BAD_USAGE, ["roads", "--cover", "--friction", "--dem"]),
            ("an output that exists", ["net.qzn", "s.csv", "there.gpkg"], FAILED, ["there.gpkg", "exists", "--overwrite"]),
            ("no such sites", ["net.qzn", "no.csv", "o.gpkg"], FAILED, ["no.csv"]),
            ("no such territory", ["--territory", "no.gpkg", "net.qzn", "s.csv", "o.gpkg"], FAILED, ["no.gpkg"]),
            ("a territory of points", ["--territory", "s.csv", "net.qzn", "s.csv", "o.gpkg"], FAILED, ["s.csv", "polygons"]),
            ("a territory of lines", ["--territory", "roads.gpkg", "net.qzn", "s.csv", "o.gpkg"], FAILED, ["roads.gpkg"]),
            ("people without a number", ["--people", "s.csv", "net.qzn", "s.csv", "o.gpkg"], FAILED,
             ["s.csv", "population", "--population"]),
            ("--population alone", ["--population", "n", "net.qzn", "s.csv", "o.gpkg"], BAD_USAGE, ["--people"]),
            ("no folder", ["net.qzn", "s.csv", "none/o.gpkg"], FAILED, ["none/o.gpkg", "folder"]),
    ]:
        before = listing(at)
        done = here(*arguments)
        check.equal(done.code, code, "%s: exit" % name)
        check.holds(done.err, pieces, "%s: message" % name)
        check.equal(listing(at), before, "%s: nothing written" % name)
    done = here("--bands-min", "5", "net.qzn", "nowhere.csv", "far.gpkg")
    check.equal(done.code, DONE, "a site without a road: exit")
    check.holds(done.out, ["1 sites (1 without a road), 0 of people (0 without a road)", "0 polygons"],
                "a site without a road: counted")
    check.holds(done.err, ["quinze: warning: nowhere.csv: row 1: no_road: site 'far' has no road within 5000 m: nobody reaches "
                           "it; check its place and system"], "a site without a road: named")
    done = here("--json", "--bands-min", "5", "--people", "far_people.csv", "net.qzn", "s.csv", "far2.gpkg")
    report = json.loads(done.out)
    check.equal([report[k] for k in ("sites_no_road", "people_no_road", "warnings")], [0, 1, 0],
                "people without a road: counted on their own")
    done = here("-q", "--bands-min", "5", "roads.gpkg", "s.csv", "direct.gpkg")
    check.equal((done.code, len(rows_of(os.path.join(at, "direct.gpkg"))[1])), (DONE, 2), "from roads")


# ---- Corsica: own times against the drawing
def corsica_points():
    """Commune, point in Lambert-93, people."""
    data = os.path.join(support.DATA, "corsica")
    people = {r["insee_com"]: float(r["population"]) for r in read_csv(os.path.join(data, "population.csv"))}
    wgs = osr.SpatialReference()
    wgs.ImportFromEPSG(4326)
    wgs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    to = osr.CoordinateTransformation(wgs, support.lambert93())
    for r in read_csv(os.path.join(data, "commune_points.csv")):
        x, y, _ = to.TransformPoint(float(r["lon"]), float(r["lat"]))
        yield r["insee_com"], ogr.CreateGeometryFromWkt("POINT (%r %r)" % (x, y)), people[r["insee_com"]]


def disagreement(pairs, cell_m=100):
    """Shares of people within by their own time but farther than a cell outside the drawing, and the reverse."""
    total = left_out = let_in = 0
    for people, within, point, shape in pairs:
        total += people
        drawn = shape is not None and shape.Contains(point)
        off = drawn != within and (shape is None or shape.Boundary().Distance(point) > cell_m)
        left_out += people if off and within else 0
        let_in += people if off and drawn else 0
    return left_out / total, let_in / total


def corsica():
    if not support.have_shared():
        return
    at, data = folder("corsica"), os.path.join(support.DATA, "corsica")
    points = list(corsica_points())
    net, sites = os.path.join(at, "c.qzn"), os.path.join(data, "commune_points.csv")
    run("network", "-q", "--crs", "EPSG:2154", "--profile", "osm-car", os.path.join(data, "roads.gpkg"), net)
    gp = {r["insee_com"] for r in read_csv(os.path.join(data, "gp_by_commune.csv"))}
    write(os.path.join(at, "gp.csv"), "id,lon,lat\n" + "".join(
        "%s,%s,%s\n" % (r["insee_com"], r["lon"], r["lat"]) for r in read_csv(sites) if r["insee_com"] in gp))
    land = ["--territory", os.path.join(data, "communes.gpkg")]
    for what, options in (("all sites", ["--merge"]), ("by site", [])):
        done = run("isochrone", "-q", *options, *land, net, os.path.join(at, "gp.csv"), os.path.join(at, "o.gpkg"), "--overwrite")
        check.equal((done.code, done.err), (DONE, ""), "corsica, %s: exit" % what)
        rows = rows_of(os.path.join(at, "o.gpkg"))[1]
        nested("corsica, " + what, rows, None if "--merge" in options else "site_id")
        if "--merge" in options:
            run("nearest", "-q", net, os.path.join(at, "gp.csv"), sites, os.path.join(at, "n.csv"))
            seconds = {r["origin"]: float(r["seconds"] or "inf") for r in read_csv(os.path.join(at, "n.csv"))}
            shape = {r["band_min"]: g for r, g in rows}
            bands = {b: [(p, seconds[code] <= 60 * b, point, shape.get(b)) for code, point, p in points]
                     for b in (5, 10, 15, 20, 30)}
        else:
            run("matrix", "-q", "--limit-min", "30", net, os.path.join(at, "gp.csv"), sites, os.path.join(at, "m.csv"))
            seconds = {(r["site"], r["origin"]): float(r["seconds"]) for r in read_csv(os.path.join(at, "m.csv"))}
            shape = {(r["site_id"], r["band_min"]): g for r, g in rows}
            bands = {b: [(p, seconds.get((site, code), 1e9) <= 60 * b, point, shape.get((site, b)))
                         for site in sorted(gp) for code, point, p in points] for b in (15,)}
        for band, pairs in bands.items():
            left_out, let_in = disagreement(pairs)
            print("corsica, %s, %d min: %.3f %% of people within by their own time but drawn outside, %.3f %% the reverse"
                  % (what, band, 100 * left_out, 100 * let_in))
            check.ok(left_out < 0.01 and let_in < 0.01, "corsica, %s: the drawing of %d min tells the times" % (what, band),
                     (left_out, let_in))


# ---- the field against the network
def at_nodes():
    """At every node on a plain road the field has the network's time, but where another road in the cell, or a walk from
    one, is sooner by more than a cell: the tool checks each of those against all roads within reach."""
    for name, plan in support.cases():
        n = json.loads(support.tool("field-bench", "nodes", plan, 30))
        share = lambda *keys: sum(n[k] for k in keys) / n["nodes"]
        print("%s: %d nodes within 30 min: %.2f %% within a cell's walk of the field, %.2f %% sooner by another road in the cell, "
              "%.2f %% sooner on foot, %.2f %% over the water" % (name, n["nodes"], *(100 * share(k) for k in (
                  "within", "sooner_by_road", "sooner_on_foot", "off_land"))))
        check.ok(n["nodes"] > 10000, "%s: nodes" % name, n)
        check.equal(n["nodes"], sum(n[k] for k in ("off_land", "late", "within", "sooner_by_road", "sooner_on_foot")),
                    "%s: each node once" % name)
        check.equal([n[k] for k in ("late", "ashore_late", "unexplained")], [0, 0, 0], "%s: node by node" % name)
        check.ok(n["worst_over_s"] < 0.001, "%s: no node's field is later than the network" % name, n)
        check.ok(share("within") > 0.97 and share("off_land") < 0.005, "%s: nearly all within a cell's walk" % name, n)


support.need_quinze()
formats()
people()
drawing()
ground()
refuses()
corsica()
at_nodes()
check.end()
