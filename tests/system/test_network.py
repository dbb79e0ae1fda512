#!/usr/bin/python3
"""The commands on roads: network, its dump, nearest, matrix, and a plan that uses a compiled network."""
import json
import os

from osgeo import gdal, ogr

import support
from support import BAD_USAGE, DONE, FAILED, Checks, content, edit, folder, listing, read_csv, run, write

check = Checks()
EAST = "POINT (%r %r)"


def places(path, rows, header="id,x,y"):
    write(path, header + "\n" + "".join("%s,%r,%r\n" % row for row in rows))


def middles():
    return [(code, *support.middle(c, r)) for code, _, c, r, _ in support.COMMUNES]


def made(name):
    """The four communes with their roads compiled, and origins at their middles."""
    at = support.territory(name)
    places(os.path.join(at, "o.csv"), middles())
    places(os.path.join(at, "s.csv"), [("west", *support.middle(0, 0))])
    done = run("network", os.path.join(at, "roads.gpkg"), os.path.join(at, "net.qzn"))
    check.equal((done.code, done.err), (DONE, ""), "network: exit")
    return at, done


def in_folder(at):
    return lambda *arguments: run(*arguments, cwd=at)


# ---- network
def compiles():
    at, done = made("compile")
    check.holds(done.out, ["network     8 nodes", "8 edges", "1 islands", "16 km", "net.qzn"], "network: summary")
    first = content(os.path.join(at, "net.qzn"))
    here = in_folder(at)
    again = here("network", "roads.gpkg", "net.qzn")
    check.equal(again.code, FAILED, "network over a network: refused")
    check.holds(again.err, ["net.qzn", "exists", "--overwrite"], "network over a network: message")
    done = here("network", "--overwrite", "--json", "roads.gpkg", "net.qzn")
    check.equal(content(os.path.join(at, "net.qzn")), first, "network: the same bytes again")
    report = json.loads(done.out)
    check.equal((report["nodes"], report["edges"], report["islands"], report["rejects"]), (8, 8, 1, 0), "network --json")
    slow = here("network", "-q", "--speeds", "slow.csv", "roads.gpkg", "slow.qzn")
    check.equal(slow.code, FAILED, "network --speeds of no file")
    check.holds(slow.err, ["slow.csv"], "network --speeds of no file: message")
    write(os.path.join(at, "slow.csv"), "nature,importance,kmh,kind\nprimary,*,10,plain\n")
    check.equal(here("network", "-q", "--speeds", "slow.csv", "roads.gpkg", "slow.qzn").code, DONE, "network --speeds")
    here("nearest", "-q", "--crs", "EPSG:2154", "slow.qzn", "s.csv", "o.csv", "slow_out.csv")
    check.equal([r["seconds"] for r in read_csv(os.path.join(at, "slow_out.csv"))],
                ["0.000", "1440.000", "1440.000", "2880.000"], "network --speeds: 10 km/h")
    check.equal(sorted(set(listing(at)) - {"communes.gpkg", "gp.csv", "plan.ini", "points.csv", "population.csv"}),
                ["net.qzn", "o.csv", "roads.gpkg", "s.csv", "slow.csv", "slow.qzn", "slow_out.csv"],
                "network: nothing else is left")


def refuses():
    at, _ = made("refuse")
    here = in_folder(at)
    write(os.path.join(at, "roads.csv"), "a,b\n1,2\n")
    for name, arguments, code, pieces in [
            ("one argument", ["network", "roads.gpkg"], BAD_USAGE, ["NET.qzn"]),
            ("dump with two", ["network", "--dump", "d", "net.qzn", "x"], BAD_USAGE, ["--dump DIR"]),
            ("another ending", ["network", "roads.gpkg", "net.gpkg"], FAILED, ["net.gpkg", ".qzn"]),
            ("no such roads", ["network", "no.gpkg", "n.qzn"], FAILED, ["no.gpkg"]),
            ("no such profile", ["network", "--profile", "bicycle", "roads.gpkg", "n.qzn"], FAILED, ["bicycle", "osm-car"]),
            ("no such layer", ["network", "--layer", "rails", "roads.gpkg", "n.qzn"], FAILED, ["rails", "roads"]),
            ("degrees", ["network", "--crs", "EPSG:4326", "roads.gpkg", "n.qzn"], FAILED, ["metres", "--crs"]),
            ("no such system", ["network", "--crs", "EPSG:999999", "roads.gpkg", "n.qzn"], FAILED, ["EPSG:999999"]),
            ("no lines", ["network", "--crs", "EPSG:2154", "roads.csv", "n.qzn"], FAILED, ["roads.csv"]),
            ("compiled already", ["network", "net.qzn", "n.qzn"], FAILED, ["net.qzn", "already"]),
            ("matrix without a limit", ["matrix", "net.qzn", "s.csv", "o.csv", "m.csv"], BAD_USAGE, ["--limit-min"]),
            ("a limit in words", ["matrix", "--limit-min", "ten", "net.qzn", "s.csv", "o.csv", "m.csv"], BAD_USAGE, ["'ten'"]),
            ("a limit of 0", ["matrix", "--limit-min", "0", "net.qzn", "s.csv", "o.csv", "m.csv"], BAD_USAGE, ["'0'"]),
            ("three files", ["nearest", "net.qzn", "s.csv", "o.csv"], BAD_USAGE, ["usage: quinze nearest"]),
            ("another table", ["nearest", "net.qzn", "s.csv", "o.csv", "n.xlsx"], FAILED, ["n.xlsx", ".csv or .gpkg"]),
            ("no system", ["nearest", "net.qzn", "s.csv", "o.csv", "n.csv"], FAILED, ["s.csv", "reference system"]),
            ("no such column", ["nearest", "--id", "ref", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "n.csv"], FAILED,
             ["s.csv", "'ref'", "id, x, y"]),
            ("an output that is an input", ["nearest", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "o.csv"], FAILED,
             ["o.csv", "is an input"]),
            ("no points", ["nearest", "net.qzn", "gp.csv", "o.csv", "n.csv"], FAILED, ["gp.csv", "x and y"]),
    ]:
        before = listing(at)
        done = here(*arguments)
        check.equal(done.code, code, "%s: exit" % name)
        check.holds(done.err, pieces, "%s: message" % name)
        check.equal(listing(at), before, "%s: nothing written" % name)


# ---- a file cut short, flipped, foreign
def damaged():
    at, _ = made("damaged")
    here = in_folder(at)
    whole = content(os.path.join(at, "net.qzn"))
    flipped = bytearray(whole)
    flipped[-100] ^= 1
    for name, text, pieces in [
            ("cut short", whole[:len(whole) // 2], ["cut short"]),
            ("flipped", bytes(flipped), ["damaged at block"]),
            ("in its head", whole[:60] + b"\xff" + whole[61:], ["damaged"]),
            ("of another version", whole[:12] + b"\x09\0\0\0" + whole[16:], ["another version", "quinze network"]),
            ("of another machine", whole[:8] + whole[8:12][::-1] + whole[12:16][::-1] + whole[16:], ["byte order"]),
            ("of another program", b"PK\x03\x04" + whole[4:], ["not a network of quinze"]),
            ("empty", b"", ["empty"]),
    ]:
        write(os.path.join(at, "bad.qzn"), text)
        done = here("nearest", "--crs", "EPSG:2154", "bad.qzn", "s.csv", "o.csv", "n.csv")
        check.equal(done.code, FAILED, "a network %s: exit" % name)
        check.holds(done.err, ["bad.qzn"] + pieces, "a network %s: message" % name)
        check.ok(not os.path.exists(os.path.join(at, "n.csv")), "a network %s: no output" % name)


# ---- nearest and matrix: the ring is a square, so two sides take twice one side
def times():
    at, _ = made("times")
    here = in_folder(at)
    far = [("far", 700000.0, 6600000.0)]
    places(os.path.join(at, "o.csv"), middles() + far)
    done = here("nearest", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "n.csv")
    check.equal(done.code, DONE, "nearest: exit")
    check.holds(done.out, ["1 sites (0 without a road), 5 origins (1 without a road)", "5 rows, 4 with a time"], "nearest: summary")
    rows = read_csv(os.path.join(at, "n.csv"))
    check.equal([r["origin"] for r in rows], ["01001", "01002", "2A003", "01004", "far"], "nearest: origins in their order")
    check.equal([r["site"] for r in rows], ["west"] * 4 + [""], "nearest: site")
    check.equal([r["status"] for r in rows], ["ok"] * 4 + ["no_road"], "nearest: status")
    check.equal(list(rows[0]), ["origin", "site", "seconds", "status", "snap_m"], "nearest: columns")
    check.equal([r["snap_m"] for r in rows], ["0.0"] * 4 + [""], "nearest: metres to the road, empty without one")
    side = float(rows[1]["seconds"])
    check.ok(100 < side < 1000, "nearest: seconds of 4 km", side)
    check.equal([r["seconds"] for r in rows], ["0.000", "%.3f" % side, "%.3f" % side, "%.3f" % (2 * side), ""],
                "nearest: seconds, empty when unreached")
    straight = here("nearest", "-q", "--crs", "EPSG:2154", "roads.gpkg", "s.csv", "o.csv", "direct.csv")
    check.equal((straight.code, straight.out), (DONE, ""), "nearest from roads")
    check.equal(content(os.path.join(at, "direct.csv")), content(os.path.join(at, "n.csv")),
                "nearest from roads: as from the network")
    for limit, n in (((side + 0.01) / 60, 12), (side * 2 / 60 + 0.01, 16), (0.01, 4)):
        done = here("matrix", "-q", "--overwrite", "--limit-min", "%.6f" % limit, "--crs", "EPSG:2154", "net.qzn", "o.csv",
                    "o.csv", "m.csv")
        rows = read_csv(os.path.join(at, "m.csv"))
        own = [r for r in rows if r["origin"] == r["site"] == "far"]
        check.equal((done.code, len(rows) - len(own)), (DONE, n), "matrix within %.3f min" % limit)
        check.ok(all(float(r["seconds"]) <= limit * 60 + 1e-9 for r in rows), "matrix: all within the limit")
        check.equal([(r["origin"], r["site"]) for r in rows],
                    sorted(((r["origin"], r["site"]) for r in rows),
                           key=lambda p: [c for c, _, _ in middles() + far].index(p[0])), "matrix: by origin")
    geopackages(at, here, side)


def no_road():
    """Beside the west side of the ring by 123.44 m; sites and origins off any road are named."""
    at, _ = made("no_road")
    here = in_folder(at)
    x, y = support.middle(0, 0)
    places(os.path.join(at, "o.csv"), [("beside", x - 123.44, y + 1000)] + [("far%d" % i, 7e5 + i, 6.6e6) for i in range(1, 8)])
    places(os.path.join(at, "s.csv"), [("west", x, y), ("lost", 7e5, 6.6e6)])
    site = "quinze: warning: s.csv: row 2: no_road: site 'lost' has no road within 5000 m: nobody reaches it; check its place " \
        "and system\n"
    done = here("nearest", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "n.csv")
    check.equal((done.code, done.err), (DONE, site), "a site without a road: named once")
    check.holds(done.out, ["2 sites (1 without a road), 8 origins (7 without a road)", "1 warnings"],
                "without a road: sites and origins counted each")
    check.equal([(r["status"], r["snap_m"]) for r in read_csv(os.path.join(at, "n.csv"))],
                [("ok", "123.4")] + [("no_road", "")] * 7, "nearest: snap_m in decimetres")
    done = here("nearest", "-q", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "n.gpkg")
    rows = support.Rows(os.path.join(at, "n.gpkg"))
    check.equal([tuple(r) for r in rows.all("select status, snap_m from nearest order by fid limit 2")],
                [("ok", 123.4), ("no_road", None)], "nearest into a GeoPackage: snap_m, NULL without a road")
    rows.close()
    done = here("matrix", "--json", "--limit-min", "60", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "m.csv")
    check.equal(done.err, site + "quinze: warning: o.csv: no_road: 7 of 8 origins have no road within 5000 m and are left out; "
                "check their place and system: 'far1', 'far2', 'far3', 'far4', 'far5', ...\n", "matrix: who is left out")
    report = json.loads(done.out)
    check.equal([report[k] for k in ("sites_no_road", "origins_no_road", "warnings", "rows")], [1, 7, 2, 1], "matrix --json")


def geopackages(at, here, side):
    """The same out of and into other formats."""
    support.save(os.path.join(at, "o.gpkg"), "origins", ["insee_com"],
                 [([code], EAST % (x, y)) for code, x, y in middles()], ogr.wkbPoint)
    lonlat = ogr.CreateGeometryFromWkt(EAST % support.middle(0, 0))
    wgs = support.osr.SpatialReference()
    wgs.ImportFromEPSG(4326)
    wgs.SetAxisMappingStrategy(support.osr.OAMS_TRADITIONAL_GIS_ORDER)
    lonlat.Transform(support.osr.CoordinateTransformation(support.lambert93(), wgs))
    write(os.path.join(at, "s2.csv"), "ref,lon,lat\nwest,%.9f,%.9f\n" % (lonlat.GetX(), lonlat.GetY()))
    done = here("nearest", "-q", "net.qzn", "s2.csv", "o.gpkg", "n.gpkg")
    check.equal((done.code, done.err), (DONE, ""), "nearest into a GeoPackage")
    rows = support.Rows(os.path.join(at, "n.gpkg"))
    got = rows.all("select origin, site, seconds, status from nearest")
    check.equal([r["origin"] for r in got], [c for c, _, _ in middles()], "GeoPackage: origins named by insee_com")
    check.equal({r["site"] for r in got}, {"1"}, "GeoPackage: a site without id is its row")
    check.near(got[3]["seconds"], 2 * side, 0.05, "GeoPackage: seconds")
    check.equal(rows.one("select geometry_type_name from gpkg_geometry_columns"), "POINT", "GeoPackage: points")
    rows.close()
    check.equal(here("nearest", "-q", "--overwrite", "net.qzn", "s2.csv", "o.gpkg", "n.gpkg").code, DONE, "GeoPackage again")
    first = content(os.path.join(at, "n.gpkg"))
    here("nearest", "-q", "--overwrite", "--threads", "1", "net.qzn", "s2.csv", "o.gpkg", "n.gpkg")
    check.equal(content(os.path.join(at, "n.gpkg")), first, "GeoPackage: the same bytes twice")
    gdal.VectorTranslate(os.path.join(at, "o.shp"), os.path.join(at, "o.gpkg"), format="ESRI Shapefile")
    here("nearest", "-q", "--id", "ref", "net.qzn", "s2.csv", "o.shp", "shp.csv")
    done = here("nearest", "-q", "net.qzn", "s2.csv", "o.shp", "shp.csv")
    check.equal((done.code, len(read_csv(os.path.join(at, "shp.csv")))), (DONE, 4), "origins of a Shapefile")


def rejects():
    at, _ = made("rejects")
    places(os.path.join(at, "o.csv"), middles())
    with open(os.path.join(at, "o.csv"), "a") as f:
        f.write("x1,,\nx2,east,3\n")
    done = in_folder(at)("nearest", "--crs", "EPSG:2154", "net.qzn", "s.csv", "o.csv", "n.csv")
    check.equal(done.code, DONE, "bad rows: exit")
    check.holds(done.err, ["o.csv: row 5: no_place", "o.csv: row 6: no_place"], "bad rows: each is told")
    check.holds(done.out, ["2 rows rejected", "4 rows, 4 with a time"], "bad rows: counted")


# ---- graphs of two tables
def graphs():
    at, _ = made("graphs")
    here = in_folder(at)
    done = here("network", "--dump", "dump", "net.qzn")
    check.equal((done.code, listing(os.path.join(at, "dump"))), (DONE, ["edges.csv", "nodes.csv"]), "dump")
    again = here("network", "--dump", "dump", "net.qzn")
    check.equal(again.code, FAILED, "dump over a dump: refused")
    check.equal(here("network", "-q", "--overwrite", "--dump", "dump", "net.qzn").code, DONE, "dump --overwrite")
    edges = read_csv(os.path.join(at, "dump", "edges.csv"))
    check.equal((list(edges[0]), len(edges), len(read_csv(os.path.join(at, "dump", "nodes.csv")))),
                (["from", "to", "seconds", "length_m"], 16, 8), "dump: its tables")
    check.ok(all(len(e["seconds"].split(".")[1]) == 3 for e in edges), "dump: seconds with three decimals")
    done = here("network", "--nodes", "dump/nodes.csv", "--crs", "EPSG:2154", "dump/edges.csv", "back.qzn")
    check.equal((done.code, done.err), (DONE, ""), "network from a dump")
    here("network", "-q", "--dump", "dump2", "back.qzn")
    check.equal(*[sorted((e["seconds"], e["length_m"]) for e in read_csv(os.path.join(at, d, "edges.csv")))
                  for d in ("dump2", "dump")], "dumped twice")
    for net in ("net.qzn", "back.qzn"):
        here("matrix", "-q", "--limit-min", "60", "--crs", "EPSG:2154", net, "o.csv", "o.csv", net + ".csv")
    check.equal(content(os.path.join(at, "back.qzn.csv")), content(os.path.join(at, "net.qzn.csv")),
                "from a dump: the same times to the millisecond")
    write(os.path.join(at, "bad.csv"), "from,to,seconds\n0,1,5\n1,0,5\n0,nowhere,5\n0,0,1\n0,1,-1\n1,2,7\n2,1,nan\n2,1,8\n")
    done = here("network", "--nodes", "dump/nodes.csv", "--crs", "EPSG:2154", "bad.csv", "bad.qzn")
    check.equal(done.code, DONE, "edges with bad rows: exit")
    check.holds(done.err, ["unknown_node", "'nowhere'", "self_loop", "bad_seconds", "'-1'", "'nan'"], "edges with bad rows: told")
    check.holds(done.out, ["3 nodes", "2 edges", "4 rows rejected"], "edges with bad rows: counted")
    done = here("network", "--nodes", "dump/nodes.csv", "dump/edges.csv", "none.qzn")
    check.equal(done.code, FAILED, "nodes without a system: exit")
    check.holds(done.err, ["nodes.csv", "reference system"], "nodes without a system: message")


OSM = """<osm version="0.6"><node id="1" lat="46" lon="3"/><node id="2" lat="46.01" lon="3"/>
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way></osm>"""


def openstreetmap():
    at = folder("osm")
    here = in_folder(at)
    write(os.path.join(at, "roads.osm"), OSM)
    done = here("network", "roads.osm", "osm.qzn")
    check.equal(done.code, FAILED, "OSM without a system: exit")
    check.holds(done.err, ["roads.osm", "degrees", "--crs"], "OSM without a system: message")
    done = here("network", "--crs", "EPSG:2154", "roads.osm", "osm.qzn")
    check.equal(done.code, DONE, "network from OSM")
    check.holds(done.out, ["2 nodes", "1 edges", "1 km"], "network from OSM: summary")


# ---- in a plan
def columns_of(path):
    rows = support.Rows(path)
    got = [tuple(r) for r in rows.all("select insee_com, gp_time_min, zone_three15, status from communes")]
    rows.close()
    return got


def plans():
    at, _ = made("plans")
    here = in_folder(at)
    plan = os.path.join(at, "plan.ini")
    roads = "file = roads.gpkg\nprofile = osm-car"
    here("network", "-q", "--dump", "dump", "net.qzn")
    check.equal(here("run", "-q", "plan.ini", "roads_out.gpkg").code, DONE, "plan with roads")
    want = columns_of(os.path.join(at, "roads_out.gpkg"))
    for name, section in (("net", "file = net.qzn"),
                          ("graph", "nodes = dump/nodes.csv\nedges = dump/edges.csv\ncrs = EPSG:2154")):
        edit(plan, roads, section)
        done = here("run", "-q", "plan.ini", name + ".gpkg")
        check.equal((done.code, done.err), (DONE, ""), "plan with %s: exit" % name)
        check.equal(columns_of(os.path.join(at, name + ".gpkg")), want, "plan with %s: the same times" % name)
        edit(plan, section, roads)
    for section, pieces in [
            ("file = net.qzn\nprofile = osm-car", ["[roads] profile", "compiled network keeps"]),
            ("file = net.qzn\nspeeds = a.csv", ["[roads] speeds", "compiled network keeps"]),
            ("file = net.qzn\nisland_min_km = 1", ["[roads] island_min_km"]),
            ("nodes = a.csv\nedges = b.csv\nprofile = osm-car", ["[roads] profile", "own seconds"]),
            ("nodes = a.csv", ["[roads]", "'edges = PATH'"]),
            ("edges = a.csv", ["[roads]", "'nodes = PATH'"]),
            ("file = net.qzn\nnodes = a.csv\nedges = b.csv", ["[roads]", "both"]),
            ("licence = none", ["[roads] needs 'file = PATH'"]),
    ]:
        edit(plan, roads, section)
        done = here("check", "plan.ini")
        check.equal(done.code, BAD_USAGE, "plan %r: exit" % section)
        check.holds(done.err, ["plan.ini"] + pieces, "plan %r: message" % section)
        edit(plan, section, roads)
    other_system(at, here, plan, roads)


def other_system(at, here, plan, roads):
    check.equal(here("network", "-q", "--crs", "EPSG:3857", "roads.gpkg", "mercator.qzn").code, DONE, "network --crs")
    edit(plan, roads, "file = mercator.qzn")
    done = here("check", "plan.ini")
    check.equal(done.code, FAILED, "a network of another system: exit")
    check.holds(done.err, ["mercator.qzn", "Pseudo-Mercator", "Lambert-93", "--crs"], "a network of another system: message")


support.need_quinze()
compiles()
refuses()
damaged()
times()
no_road()
rejects()
graphs()
openstreetmap()
plans()
check.end()
