#!/usr/bin/python3
"""Population cells end to end: four communes worked out by hand, thresholds by profession, bad grids, a real one (Olemps)."""
import os

from osgeo import ogr, osr

import support
from support import BAD_USAGE, DONE, FAILED, Checks, Rows, edit, listing, run, write

check = Checks()


def transform(source, target):
    made = []
    for code in (source, target):
        srs = osr.SpatialReference()
        srs.ImportFromEPSG(code)
        srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        made.append(srs)
    return osr.CoordinateTransformation(*made)


TO_GRID, FROM_GRID = transform(2154, 3035), transform(3035, 2154)


def cell(x, y):
    """Code of the cell of 200 m that holds a place of Lambert 93; its centre there."""
    e, n = [int(v // 200 * 200) for v in TO_GRID.TransformPoint(x, y)[:2]]
    return "CRS3035RES200mN%dE%d" % (n, e), FROM_GRID.TransformPoint(e + 100, n + 100)[:2]


def with_cells(name, text, plan=""):
    """The four communes and a grid."""
    at = support.territory(name)
    write(os.path.join(at, "cells.csv"), text)
    edit(os.path.join(at, "plan.ini"), "[zones]", "[cells]\nfile = cells.csv\n%s[zones]" % plan)
    return at


def finished(at, what):
    done = run("run", "--overwrite", os.path.join(at, "plan.ini"), os.path.join(at, "out.gpkg"), timeout=60)
    check.equal(done.code, DONE, "%s: exit (%s)" % (what, done.err.strip()))
    return Rows(os.path.join(at, "out.gpkg")), done


# ---- by hand. GPs at the middle of Ambly; the ring road at 65 km/h; from a cell to the road, straight, at 20 km/h.
def by_hand():
    """Bréval (800 people) has two cells on its own middle's side of the road: near Ambly with 100 people, at its own middle
    with 300. The threshold of 3 minutes lies between them: a quarter, 200 people, is within. Cernay (500) has one cell;
    Ambly and Dives have none: their point."""
    (ax, ay), (bx, by), (cx, cy) = support.middle(0, 0), support.middle(1, 0), support.middle(0, 1)
    near, near_at = cell(ax + 2400, ay + 60)
    far, far_at = cell(bx, by + 60)
    third, third_at = cell(cx + 300, cy)
    at = with_cells("by_hand", "idcar_200m,lcog_geo,ind\n%s,01002,100\n%s,01002,300.0\n%s,,\"12,5\"\n" % (near, far, third))
    edit(os.path.join(at, "plan.ini"), "file = gp.csv", "file = gp.csv\nthreshold_min = 3")

    def minutes(place):  # along the southern side of the ring, to Ambly's middle, where the GPs are
        road = min(max(place[0] - ax, 0), bx - ax)
        leg = ((place[0] - ax - road) ** 2 + (place[1] - ay) ** 2) ** 0.5
        return (road / 65 + leg / 20) * 3.6 / 60

    def north(place):  # Cernay's: along the northern side westwards, then down the western one
        return ((place[0] - cx) / 65 + (cy - ay) / 65 + abs(place[1] - cy) / 20) * 3.6 / 60

    rows, done = finished(at, "by hand")
    t_near, t_far = minutes(near_at), minutes(far_at)
    check.ok(t_near < 3 < t_far, "by hand: the threshold lies between the cells", (t_near, t_far))
    got = {r["insee_com"]: r for r in rows.all("select * from communes")}
    b = got["01002"]
    check.equal((b["point_basis"], b["cells"], b["cells_factor"]), ("cells", 2, 2.0), "by hand: 400 people stand for 800")
    check.near(b["gp_time_min"], (100 * t_near + 300 * t_far) / 400, 0.0051, "by hand: the mean is weighed by people")
    check.equal((b["gp_share_3min"], b["gp_people_beyond_3"]), (0.25, 600.0), "by hand: a quarter within 3 min")
    check.equal(b["reasons"], "600 habitants à plus de 3 min d'un médecin généraliste", "by hand: the reason says the number")
    c = got["2A003"]
    check.equal((c["point_basis"], c["cells"], c["cells_factor"]), ("cells", 1, 40.0), "by hand: 12.5 people stand for 500")
    check.near(c["gp_time_min"], north(third_at), 0.0051, "by hand: a cell found by its place")
    for code in ("01001", "01004"):
        check.equal((got[code]["point_basis"], got[code]["cells"], got[code]["cells_factor"]), ("mairie", 0, None),
                    "by hand: %s keeps its point" % code)
    check.equal([tuple(r) for r in rows.all("select indicator, value, basis from indicators where code = '01002' and "
                                            "indicator like '%_within_5min'")],
                [("share_within_5min", 1.0, "cells"), ("people_within_5min", 800.0, "cells")], "by hand: all within 5 min")
    check.equal([r[0] for r in rows.all("select distinct basis from coverage")], ["mixed"], "by hand: cells and points")
    check.equal(rows.one("select people from coverage where band_min = 30"), 2800, "by hand: people in, people out")
    site = rows.one("select people_15min, threshold_min, people_served from sites")
    check.equal(tuple(site), (2800, 3, 1200 + 200), "by hand: people within the threshold of the site")
    messages = sorted((r[0], r[1][:14]) for r in rows.all("select code, message from diagnostics where " + support.BUT_BARE))
    check.equal(messages, [("cells_factor", "commune 01002 "), ("cells_factor", "commune 2A003 "), ("no_cells", "commune 01001 "),
                           ("no_cells", "commune 01004 ")], "by hand: odd factors and missing cells are said")
    check.equal(tuple(rows.one("select rows_read, rejected, crs from provenance where name = 'cells'")), (3, 0, "EPSG:3035"),
                "by hand: provenance")
    check.holds(done.out, ["people within 3 min, "], "by hand: the summary says the threshold")
    rows.close()


def territories_and_zones():
    """Sums of territories and people of zones beyond 15 minutes come from the cells."""
    (bx, by) = support.middle(1, 0)
    far, far_at = cell(bx, by - 1600)  # inside Bréval, 1.6 km from the road: over 4 minutes of leg
    at = with_cells("zones", "idcar_200m,lcog_geo,ind\n%s,01002,50\n%s,01002,50\n" % (far, cell(bx, by)[0]))
    edit(os.path.join(at, "plan.ini"), "[zones]", "[travel]\naccess_speed_kmh = 5\n[zones]")
    rows, _ = finished(at, "zones")
    check.near(rows.one("select gp_share_15min from communes where insee_com = '01002'"), 0.5, 1e-9, "zones: half is too far")
    check.equal(rows.one("select sum(gp_people_beyond_15) from territories where level = 'departement'"), 400,
                "zones: departements add up the cells")
    zone = rows.one("select people_beyond_15_now, people_beyond_15_after from zones where zone_id = (select zone_three15 from "
                    "communes where insee_com = '01002')")
    check.equal(tuple(zone), (400, 400), "zones: a pole at the seat is too far for the cell as well")
    rows.close()


# ---- thresholds
def thresholds():
    """A maternity ward counts 45 minutes, unless the plan says otherwise; the GP's columns keep 15."""
    at = support.territory("thresholds")
    plan = os.path.join(at, "plan.ini")
    write(os.path.join(at, "wards.csv"), "insee_com,heads\n01004,1\n")
    for own, minutes in (("", 45), ("threshold_min = 4\n", 4)):
        write(plan, support.PLAN + "\n[practitioners maternity]\nfile = wards.csv\n" + own)
        rows, done = finished(at, "thresholds")
        names = rows.columns("communes") + rows.columns("territories")
        for column in ("maternity_share_%dmin", "maternity_people_beyond_%d"):
            check.equal(names.count(column % minutes), 2, "thresholds: " + column % minutes)
        check.ok("gp_share_15min" in names and "gp_people_beyond_15" in names, "thresholds: 15 min for the GP")
        within = sum(r[0] for r in rows.all("select population from communes where maternity_time_min <= %d" % minutes))
        check.equal(rows.one("select sum(maternity_people_beyond_%d) from communes" % minutes), 2800 - within,
                    "thresholds: people beyond %d min" % minutes)
        check.ok("à %d min ou moins" % minutes in rows.one("select styleQML from layer_styles where f_table_name = 'communes'"),
                 "thresholds: the title says %d" % minutes)
        check.equal([tuple(r) for r in rows.all("select profession, threshold_min, people_served from sites order by 1")],
                    [("gp", 15, 2800.0), ("maternity", minutes, float(within))], "thresholds: people of the sites")
        check.equal(rows.one("select value from provenance where name = '[practitioners maternity] threshold_min'"),
                    str(minutes), "thresholds: provenance")
        check.holds(done.out, ["people within %d min" % minutes], "thresholds: summary")
        rows.close()


# ---- what stops a run, and what is counted
GOOD = cell(*support.middle(0, 0))[0]
HEAD = "idcar_200m,lcog_geo,ind\n"
FATAL = [
    ("no people column", "idcar_200m,men\n%s,3\n" % GOOD, "", FAILED, ["cells.csv", "'people'", "people = COLUMN"]),
    ("no code and no square", "commune,ind\n01001,3\n", "", FAILED, ["cells.csv", "'cell'", "cell = COLUMN"]),
    ("an empty grid", "", "", FAILED, ["cells.csv", "the file is empty"]),
    ("a grid without rows", HEAD, "", FAILED, ["cells.csv", "no row"]),
    ("more bad rows than good", HEAD + "x,,1\ny,,1\n%s,,1\n" % GOOD, "", FAILED, ["cells.csv", "2 of 3 rows"]),
    ("a grid of elsewhere", HEAD + "CRS3035RES200mN2029800E4252400,,3\n", "", FAILED, ["cells.csv", "no cell", "this territory"]),
    ("a column that is not there", HEAD + GOOD + ",,3\n", "people = habitants\n", FAILED, ["cells.csv", "'habitants'"]),
    ("an unknown key", HEAD + GOOD + ",,3\n", "peple = ind\n", BAD_USAGE, ["[cells]", "'peple'", "'people'"]),
    ("a wrong threshold", HEAD + GOOD + ",,3\n", "[practitioners nurse]\nfile = gp.csv\nthreshold_min = 7,5\n", BAD_USAGE,
     ["[practitioners nurse] threshold_min = '7,5'", "whole number from 1 to 240"]),
]


def fatal(name, text, plan, code, pieces):
    at = with_cells("fatal", text, plan)
    before = listing(at)
    done = run("run", os.path.join(at, "plan.ini"), os.path.join(at, "out.gpkg"), timeout=30)
    check.equal(done.code, code, "%s: exit" % name)
    check.holds(done.err, ["quinze: error: ", *pieces], "%s: message" % name)
    check.equal((done.out, done.err.count("\n"), listing(at)), ("", 1, before), "%s: one line, nothing written" % name)


def at_middle(column, row, ind, codes=""):
    return "%s,%s,%s\n" % (cell(*support.middle(column, row))[0], codes, ind)


BASE = at_middle(0, 0, 1200) + at_middle(1, 0, 800) + at_middle(0, 1, 500) + at_middle(1, 1, 300)
COUNTED = [
    ("a code in words", "over there,,5\n", [("reject", 5, "bad_cell_code", ["'over there'", "CRS3035RES200m"])]),
    ("a code of degrees", "CRS4326RES200mN46E3,,5\n", [("reject", 5, "bad_cell_code", ["EPSG:4326", "metres"])]),
    ("an unknown system", "CRS99999RES200mN46E3,,5\n", [("reject", 5, "bad_cell_code", ["EPSG:99999", "metres"])]),
    ("people below 0", at_middle(0, 0, -3), [("reject", 5, "bad_people", ["'-3'", "left out"])]),
    ("people not a number", at_middle(0, 0, "nan"), [("reject", 5, "bad_people", ["'nan'", "left out"])]),
    ("people kept secret", at_middle(0, 0, "s"), [("reject", 5, "bad_people", ["'s'", "left out"])]),
    ("no people", at_middle(0, 0, ""), [("reject", 5, "bad_people", ["''", "left out"])]),
    ("a cell twice", at_middle(0, 0, 7), [("reject", 5, "duplicate_cell", ["earlier row"])]),
    ("a cell in the sea", "CRS3035RES200mN2029800E4252400,,6.5\n",
     [("note", None, "cells_outside", ["1 cells with 6.5 people", "not counted"])]),
    ("nobody in a cell", "%s,,0\n" % cell(support.middle(0, 0)[0] + 900, support.middle(0, 0)[1])[0], []),
]


def counted(name, row, wanted):
    at = with_cells("counted", HEAD + BASE + row)
    rows, done = finished(at, name)
    issues = [dict(r) for r in rows.all("select severity, source, row, code, message from diagnostics where " +
                                          support.BUT_BARE)]
    check.equal([(i["severity"], i["source"], i["row"], i["code"]) for i in issues],
                [(severity, "cells.csv", number, code) for severity, number, code, _ in wanted], "%s: diagnostics" % name)
    for issue, (_, _, _, pieces) in zip(issues, wanted):
        check.holds(issue["message"], pieces, "%s: message" % name)
    rejected = sum(w[0] == "reject" for w in wanted)
    check.equal(tuple(rows.one("select rows_read, rejected from provenance where name = 'cells'")), (5, rejected),
                "%s: provenance" % name)
    check.equal([tuple(r) for r in rows.all("select cells, cells_factor from communes")], [(1, 1.0)] * 4, "%s: factors" % name)
    rows.close()


def odd_people():
    """Cells of a commune without legal population are said, and count for nobody; a cell off every road as beyond."""
    at = with_cells("nobody", HEAD + BASE)
    edit(os.path.join(at, "population.csv"), "01004,300", "01004,0")
    rows, _ = finished(at, "nobody")
    check.equal([tuple(r) for r in rows.all("select code, source from diagnostics where " + support.BUT_BARE)],
                [("cells_without_population", "cells")], "nobody: diagnostics")
    check.equal(tuple(rows.one("select status, point_basis, gp_people_beyond_15, cells_factor from communes where insee_com = "
                               "'01004'")), ("no_population", "cells", 0.0, 0.0), "nobody: its row")
    check.equal(rows.one("select people from coverage where band_min = 30"), 2500, "nobody: counts for nobody")
    rows.close()
    at = with_cells("off", HEAD + BASE + "%s,01004,100\n" % cell(640000, 6500000)[0])
    rows, _ = finished(at, "off the road")
    check.equal([r[0] for r in rows.all("select code from diagnostics where %s order by 1" % support.BUT_BARE)],
                ["cells_factor", "cells_no_road"], "off the road: diagnostics")
    check.equal(tuple(rows.one("select status, cells, gp_share_15min, gp_people_beyond_15 from communes where insee_com = "
                               "'01004'")), ("ok", 2, 0.75, 75.0), "off the road: a quarter is beyond")
    rows.close()


def between_communes():
    """METRIC's commune is one place, at 0 of its own sites: cells are told to be otherwise."""
    at = with_cells("metric", HEAD + BASE)
    edit(os.path.join(at, "plan.ini"), "profile = osm-car", "profile = metric")
    rows, _ = finished(at, "metric")
    check.equal([r[0] for r in rows.all("select severity from diagnostics where code = 'cells_not_points'")], ["warning"],
                "metric: cells are told")
    rows.close()
    edit(os.path.join(at, "plan.ini"), "[cells]\nfile = cells.csv\n", "")
    rows, _ = finished(at, "metric, points")
    check.equal(rows.one("select count(*) from diagnostics where code = 'cells_not_points'"), 0, "metric: points are not")
    check.equal(rows.one("select gp_time_min from communes where insee_com = '01001'"), 0, "metric: 0 in the own commune")
    rows.close()


def formats():
    """The same grid as CSV with decimal commas, GeoPackage and Shapefile squares, with codes or without: the same figures."""
    def square(code):
        n, e = map(int, code.split("mN")[1].split("E"))
        return "POLYGON ((%d %d,%d %d,%d %d,%d %d,%d %d))" % (e, n, e, n + 200, e + 200, n + 200, e + 200, n, e, n)

    grid = osr.SpatialReference()
    grid.ImportFromEPSG(3035)
    grid.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    cells = [line.split(",") for line in BASE.split()]
    answers = []
    for name, driver, with_code in (("cells.csv", None, True), ("c.gpkg", "GPKG", True), ("c.gpkg", "GPKG", False),
                                    ("c.shp", "ESRI Shapefile", True), ("c.shp", "ESRI Shapefile", False)):
        at = with_cells("formats", HEAD + BASE)
        if driver:
            fields = ["ind"] + ["IdINSPIRE"] * with_code
            support.save(os.path.join(at, name), "c", fields, [([float(ind)] + [code] * with_code, square(code))
                                                               for code, _, ind in cells], ogr.wkbPolygon, driver=driver,
                         srs=grid, field_types={"ind": ogr.OFTReal})
            edit(os.path.join(at, "plan.ini"), "file = cells.csv", "file = " + name)
        rows, _ = finished(at, "formats: %s" % name)
        answers.append([tuple(r) for r in rows.all("select insee_com, gp_time_min, cells, cells_factor from communes")])
        rows.close()
    check.ok(all(a == answers[0] for a in answers), "formats: the same figures", answers)


# ---- a real delivery: IGN roads and INSEE's 200 m cells round one commune
OLEMPS = """[territory]
name = Olemps
[communes]
file = {at}/COMMUNE.shp
[roads]
file = {at}/ROUTE.shp
[population]
file = population.csv
[cells]
file = {at}/population.shp
[practitioners gp]
file = gp.csv
[zones]
people_min = 1000
people_target = 2000
[output]
date = 2026-01-01
"""


def olemps():
    at = support.folder("olemps")
    write(os.path.join(at, "plan.ini"), OLEMPS.format(at=os.path.abspath(os.path.join(support.DATA, "bdtopo_olemps"))))
    write(os.path.join(at, "population.csv"), "insee_com,population\n12174,3300\n")
    write(os.path.join(at, "gp.csv"), "insee_com,heads\n12174,3\n")
    done = run("check", os.path.join(at, "plan.ini"))
    check.equal(done.code, DONE, "olemps: check (%s)" % done.err)
    check.holds(done.out + done.err, ["cells_outside", "0 rows rejected"], "olemps: check tells of cells outside")
    rows, _ = finished(at, "olemps")
    check.equal(tuple(rows.one("select rows_read, rejected from provenance where name = 'cells'")), (457, 0), "olemps: 457 cells")
    commune = rows.one("select * from communes")
    check.equal((commune["insee_com"], commune["point_basis"], commune["status"]), ("12174", "cells", "ok"), "olemps: cells")
    shapes = ogr.Open(os.path.join(support.DATA, "bdtopo_olemps", "population.shp"))
    communes = ogr.Open(os.path.join(support.DATA, "bdtopo_olemps", "COMMUNE.shp"))
    polygon = [f.GetGeometryRef().Clone() for f in communes.GetLayer(0)][0]
    mine = [f["ind"] for f in shapes.GetLayer(0)
            if f["depcom"].strip('"') == "12174" or polygon.Contains(f.GetGeometryRef().Centroid())]
    check.equal(commune["cells"], len(mine), "olemps: its cells, by code or by place")
    check.near(commune["cells_factor"], 3300 / sum(mine), 1e-5, "olemps: its factor")
    check.equal(rows.one("select value from indicators where indicator = 'people_within_30min'"), 3300, "olemps: people in, out")
    check.ok(0.5 < rows.one("select value from indicators where indicator = 'share_within_5min'") < 1, "olemps: some live apart")
    rows.close()


support.need_quinze()
by_hand()
territories_and_zones()
thresholds()
for case in FATAL:
    fatal(*case)
for case in COUNTED:
    counted(*case)
odd_people()
between_communes()
formats()
if support.have_shared():
    olemps()
check.end()
