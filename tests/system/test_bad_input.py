#!/usr/bin/python3
"""Bad input: one clear message, or a counted reject; never a half-written output, never a commune lost."""
import glob
import os
import shutil
import signal
import stat
import struct
import subprocess
import time

from osgeo import gdal, ogr

import support
from support import BAD_USAGE, DONE, FAILED, Checks, Rows, content, edit, listing, run, save_communes, save_roads, write

check = Checks()
L93 = "L93"


# ---- how inputs are spoilt: each takes the folder of the four communes
def changes(*edits):
    """(file, old, new) one after the other."""
    def spoil(at):
        for name, old, new in edits:
            edit(os.path.join(at, name), old, new)
    return spoil


def without(*names):
    def spoil(at):
        for name in names:
            os.remove(os.path.join(at, name))
    return spoil


def holding(name, text):
    return lambda at: write(os.path.join(at, name), text)


def cut(name, share):
    """Only the first part of the file is left."""
    def spoil(at):
        path = os.path.join(at, name)
        whole = content(path)
        write(path, whole[:int(len(whole) * share)])
    return spoil


def both(*spoils):
    def spoil(at):
        for one in spoils:
            one(at)
    return spoil


def roads(rows=None, **how):
    """The road layer made again."""
    def spoil(at):
        os.remove(os.path.join(at, "roads.gpkg"))
        save_roads(os.path.join(at, "roads.gpkg"), rows, **how)
    return spoil


def more_roads(*rows):
    return roads(support.road_rows() + list(rows))


def communes(change=lambda rows: rows, **how):
    """The communes made again, their rows changed."""
    def spoil(at):
        os.remove(os.path.join(at, "communes.gpkg"))
        save_communes(os.path.join(at, "communes.gpkg"), change(support.commune_rows()), **how)
    return spoil


def as_shapefile(name, **how):
    """communes or roads as a Shapefile, the plan following."""
    def spoil(at):
        save = save_communes if name == "communes" else save_roads
        os.remove(os.path.join(at, name + ".gpkg"))
        save(os.path.join(at, name + ".shp"), driver="ESRI Shapefile", **how)
        if name == "communes":  # OGR calls the file after the layer
            assert os.path.exists(os.path.join(at, "communes.shp"))
        edit(os.path.join(at, "plan.ini"), name + ".gpkg", name + ".shp")
    return spoil


def shape(wkt):
    return lambda rows: rows[:3] + [(rows[3][0], wkt)]


def wgs84():
    srs = support.osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    return srs


def line(*points):
    g = ogr.Geometry(ogr.wkbLineString)
    for x, y in points:
        g.AddPoint_2D(x, y)
    return g


def polygon_of(*points):
    ring = ogr.Geometry(ogr.wkbLinearRing)
    for x, y in points:
        ring.AddPoint_2D(x, y)
    polygon, multi = ogr.Geometry(ogr.wkbPolygon), ogr.Geometry(ogr.wkbMultiPolygon)
    polygon.AddGeometry(ring)
    multi.AddGeometry(polygon)
    return multi


def fifo(name):
    def spoil(at):
        os.remove(os.path.join(at, name))
        os.mkfifo(os.path.join(at, name))
    return spoil


def a_folder(name):
    def spoil(at):
        os.remove(os.path.join(at, name))
        os.mkdir(os.path.join(at, name))
    return spoil


def several_layers(at):
    dataset = gdal.OpenEx(os.path.join(at, "communes.gpkg"), gdal.OF_VECTOR | gdal.OF_UPDATE)
    dataset.CreateLayer("cantons", support.lambert93(), ogr.wkbMultiPolygon)


VRT = """<OGRVRTDataSource><OGRVRTLayer name="communes"><SrcDataSource>%s</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"""


def vrt_as(name):
    """A VRT under another name opens another file for a reader that trusts it."""
    def spoil(at):
        os.rename(os.path.join(at, "communes.gpkg"), os.path.join(at, "elsewhere.gpkg"))
        write(os.path.join(at, name), VRT % os.path.join(at, "elsewhere.gpkg"))
        edit(os.path.join(at, "plan.ini"), "communes.gpkg", name)
    return spoil


def dbf_without_a_row(at):
    path = os.path.join(at, "communes.dbf")
    whole = bytearray(content(path))
    n, = struct.unpack_from("<I", whole, 4)
    struct.pack_into("<I", whole, 4, n - 1)
    write(path, bytes(whole))


FAR_PEOPLE = "".join("%d,7\n" % (90001 + i) for i in range(60))  # sixty communes that the layer does not have
FAR_POINTS = "".join("%d,600000,6500000,mairie\n" % (90001 + i) for i in range(60))
HERE_PEOPLE = "".join("%s,%d\n" % (code, people) for code, _, _, _, people in support.COMMUNES)
GP_XY = "insee_com,heads,x,y\n01001,2,%.1f,%.1f\n" % support.middle(0, 0)
SECTION_GP = "[practitioners gp]\nfile = gp.csv\n"
POINTS_XY = ("points.csv\ncrs = EPSG:2154", "points.csv")
ALL_NULL = [(["primary", "no"], None)] * 9

# ---- what ends the run: name, how, exit code, pieces of the message
FATAL = [
    # missing files
    ("no communes", without("communes.gpkg"), FAILED, ["communes.gpkg", "No such file", "check the path"]),
    ("no roads", without("roads.gpkg"), FAILED, ["roads.gpkg", "No such file", "check the path"]),
    ("no points", without("points.csv"), FAILED, ["points.csv", "No such file", "check the path"]),
    ("no population", without("population.csv"), FAILED, ["population.csv", "No such file", "check the path"]),
    ("no practitioners", without("gp.csv"), FAILED, ["gp.csv", "No such file", "check the path"]),
    ("no speed table", changes(("plan.ini", "profile = osm-car", "speeds = mine.csv")), FAILED,
     ["mine.csv", "No such file", "speeds"]),
    # missing columns
    ("communes without code", communes(lambda rows: rows, field_types={}), DONE, []),
    ("roads without class", roads([([], support.road_rows()[0][1])], fields=[]), FAILED,
     ["roads.gpkg", "layer 'roads'", "no column for 'class'", "highway", "class = COLUMN"]),
    ("population without a figure", holding("population.csv", "insee_com,surface\n01001,3\n"), FAILED,
     ["population.csv", "layer 'population'", "no column for 'population'", "it has: insee_com, surface",
      "population = COLUMN"]),
    ("points without a code", holding("points.csv", "ident,x,y\n1,2,3\n"), FAILED,
     ["points.csv", "no column for 'code'", "it has: ident, x, y", "code = COLUMN"]),
    ("practitioners without place", holding("gp.csv", "nom,heads\nA,1\n"), FAILED,
     ["gp.csv", "neither a commune code nor coordinates", "'code ='"]),
    ("a column that is not there", changes(("plan.ini", "file = gp.csv", "file = gp.csv\nheads = effectifs")), FAILED,
     ["gp.csv", "no column 'effectifs'", "asked by 'heads ='", "it has: insee_com, heads"]),
    ("profession without its column", changes(("plan.ini", "file = gp.csv", "file = gp.csv\nprofession = mg")), FAILED,
     ["gp.csv", "no column for 'profession", "it has: insee_com, heads"]),
    ("no such profession", both(holding("gp.csv", "insee_com,profession\n01001,dentiste\n"),
                                changes(("plan.ini", "file = gp.csv", "file = gp.csv\nprofession = mg"))), FAILED,
     ["gp.csv", "'mg'", "profession"]),
    # reference systems
    ("roads without CRS", roads(srs=None), FAILED,
     ["roads.gpkg", "layer 'roads'", "no reference system", "crs = EPSG:2154"]),
    ("communes without CRS", communes(srs=None), FAILED,
     ["communes.gpkg", "layer 'communes'", "no reference system", "crs = EPSG:2154"]),
    ("points without CRS", changes(("plan.ini", *POINTS_XY)), FAILED,
     ["points.csv", "layer 'points'", "no reference system", "crs = EPSG:2154"]),
    ("practitioners' x and y without CRS", holding("gp.csv", GP_XY), FAILED,
     ["gp.csv", "layer 'gp'", "no reference system", "crs = EPSG:2154"]),
    ("Shapefile without .prj", both(as_shapefile("roads"), without("roads.prj")), FAILED,
     ["roads.shp", "layer 'roads'", "no reference system", "crs = EPSG:2154"]),
    ("unknown CRS", changes(("plan.ini", "crs = EPSG:2154", "crs = EPSG:99999")), FAILED,
     ["points.csv", "'EPSG:99999'", "not a known reference system", "EPSG:2154"]),
    ("working system in degrees", changes(("plan.ini", "closed = yes", "crs = EPSG:4326")), FAILED,
     ["WGS 84", "not a projected system in metres", "[territory] crs"]),
    ("metres said to be degrees", roads(srs=wgs84()), FAILED,
     ["roads.gpkg", "coordinates do not fit 'WGS 84'", "reference system"]),
    # layers
    ("communes empty", communes(lambda rows: []), FAILED, ["communes.gpkg", "layer 'communes' has no row", "check"]),
    ("roads empty", roads([]), FAILED, ["roads.gpkg", "layer 'roads' has no row", "check"]),
    ("population with a header only", holding("population.csv", "insee_com,population\n"), FAILED,
     ["population.csv", "has no row", "check"]),
    ("practitioners with a header only", holding("gp.csv", "insee_com,heads\n"), FAILED, ["gp.csv", "has no row", "check"]),
    ("several layers", several_layers, FAILED,
     ["communes.gpkg", "several layers", "communes, cantons", "'layer ='"]),
    ("no such layer", changes(("plan.ini", "file = communes.gpkg", "file = communes.gpkg\nlayer = COMUNES")), FAILED,
     ["communes.gpkg", "no layer 'COMUNES'", "communes"]),
    ("communes without polygons", changes(("plan.ini", "communes.gpkg", "population.csv")), FAILED,
     ["population.csv", "no polygons", "communes"]),
    # rows
    ("no road has a shape", roads(ALL_NULL), FAILED, ["roads.gpkg", "9 of 9 rows cannot be used", "the first is row 1: ", "no geometry"]),
    ("no commune has a shape", communes(lambda rows: [(v, None) for v, _ in rows]), FAILED,
     ["communes.gpkg", "4 of 4 rows cannot be used", "the first is row 1: commune 01001 "]),
    ("no practitioner in a commune", holding("gp.csv", "insee_com,heads\n98765,1\n98766,1\n"), FAILED,
     ["gp.csv", "none of its 2 rows", "leading zeros", "row 1: code '98765'"]),
    ("codes without their zeros", holding("population.csv", "insee_com,population\n1001,5\n1002,6\n1004,7\n"), FAILED,
     ["population.csv", "none of its 3 rows", "3 codes have lost their leading zero (row 1: '1001')", "repair_codes = yes"]),
    ("most rows of the territory bad", holding("population.csv", "insee_com,population\n01001,x\n01002,y\n01004,7\n" +
                                               FAR_PEOPLE), FAILED,
     ["population.csv", "2 of 3 rows of the territory cannot be used", "the first is row 1: commune 01001: 'x'"]),
    ("no car may pass", roads([(["footway", "no"], g) for _, g in support.road_rows()]), FAILED,
     ["roads.gpkg", "no drivable road", "class column", "speed table"]),
    ("bad speed table", both(holding("mine.csv", "nature,importance,kmh,kind\nprimary,*,fast,plain\n"),
                             changes(("plan.ini", "profile = osm-car", "speeds = mine.csv"))), FAILED,
     ["mine.csv", "line 2", "primary,*,fast,plain", "nature,importance,km/h,kind"]),
    # files that are not what they say
    ("empty file", holding("gp.csv", ""), FAILED, ["gp.csv", "the file is empty", "deliver it again"]),
    ("a pipe", fifo("gp.csv"), FAILED, ["gp.csv", "not a regular file"]),
    ("a pipe for communes", fifo("communes.gpkg"), FAILED, ["communes.gpkg", "not a regular file"]),
    ("a folder", a_folder("roads.gpkg"), FAILED, ["roads.gpkg", "not a regular file"]),
    ("text named .gpkg", holding("communes.gpkg", "insee_com,nom\n01001,Ambly\n"), FAILED,
     ["communes.gpkg", "cannot be read"]),
    ("GeoPackage cut in half", cut("roads.gpkg", 0.5), FAILED, ["roads.gpkg"]),
    ("VRT named .shp", vrt_as("communes.shp"), FAILED, ["communes.shp", "missing"]),
    ("VRT named .shp with its files", both(as_shapefile("communes"), lambda at: write(
        os.path.join(at, "communes.shp"), VRT % "/etc/hostname")), FAILED, ["communes.shp"]),
    ("VRT named .gpkg", vrt_as("deep.gpkg"), FAILED, ["deep.gpkg", "cannot be read"]),
    (".shp cut short", both(as_shapefile("roads"), cut("roads.shp", 0.6)), FAILED,
     ["roads.shp", "cut short", "deliver it again"]),
    (".dbf cut short", both(as_shapefile("communes"), cut("communes.dbf", 0.8)), FAILED,
     ["communes.dbf", "cut short", "deliver it again"]),
    (".shx cut short", both(as_shapefile("roads"), cut("roads.shx", 0.9)), FAILED,
     ["roads.shx", "cut short", "deliver it again"]),
    (".dbf with a row less", both(as_shapefile("communes"), dbf_without_a_row), FAILED,
     ["communes.dbf", "3 rows", "4", "deliver both again"]),
    ("no .dbf", both(as_shapefile("roads"), without("roads.dbf")), FAILED, ["roads.shp", ".dbf file is missing", "copy all"]),
    ("no .shx", both(as_shapefile("roads"), without("roads.shx")), FAILED, ["roads.shp", ".shx file is missing", "copy all"]),
    # the plan
    ("unknown section", changes(("plan.ini", "[population]", "[popluation]")), BAD_USAGE,
     ["plan.ini", "unknown section [popluation]", "did you mean [population]?"]),
    ("unknown key", changes(("plan.ini", "profile = osm-car", "profil = osm-car")), BAD_USAGE,
     ["plan.ini", "[roads]", "unknown key 'profil'", "did you mean 'profile'?"]),
    ("unknown column key", changes(("plan.ini", "file = gp.csv", "file = gp.csv\nhead = n")), BAD_USAGE,
     ["plan.ini", "[practitioners gp]", "'head'", "did you mean 'heads'?"]),
    ("not a number", changes(("plan.ini", "people_max = 3000", "people_max = many")), BAD_USAGE,
     ["plan.ini", "[zones] people_max = 'many'", "a number from"]),
    ("out of range", changes(("plan.ini", "[zones]", "[travel]\naccess_speed_kmh = 0\n[zones]")), BAD_USAGE,
     ["plan.ini", "[travel] access_speed_kmh = '0'", "from 0.1 to 130"]),
    ("not a number at all", changes(("plan.ini", "[zones]", "[travel]\nsnap_limit_m = nan\n[zones]")), BAD_USAGE,
     ["plan.ini", "[travel] snap_limit_m = 'nan'", "a number from"]),
    ("neither yes nor no", changes(("plan.ini", "closed = yes", "closed = perhaps")), BAD_USAGE,
     ["plan.ini", "[territory] closed = 'perhaps'", "yes or no"]),
    ("bands that fall", changes(("plan.ini", "[zones]", "[isochrones]\nbands_min = 10,5\n[zones]")), BAD_USAGE,
     ["plan.ini", "[isochrones] bands_min = '10,5'", "rising list"]),
    ("no band", changes(("plan.ini", "[zones]", "[isochrones]\nbands_min = \n[zones]")), BAD_USAGE,
     ["plan.ini", "[isochrones] bands_min", "minutes"]),
    ("zones upside down", changes(("plan.ini", "people_min = 500", "people_min = 5000")), BAD_USAGE,
     ["plan.ini", "[zones]", "people_min <= people_target <= people_max"]),
    ("unknown profile", changes(("plan.ini", "profile = osm-car", "profile = car")), BAD_USAGE,
     ["plan.ini", "[roads] profile = 'car'", "osm-car, bdtopo-car, route500-car, metric or auto"]),
    ("unknown profession to draw", changes(("plan.ini", "[zones]", "[isochrones]\nprofession = nurse\n[zones]")), BAD_USAGE,
     ["plan.ini", "[isochrones] profession = 'nurse'", "[practitioners nurse]"]),
    ("no such date", changes(("plan.ini", "date = 2026-01-01", "date = 1 January")), BAD_USAGE,
     ["plan.ini", "[output] date = '1 January'", "2026-01-31"]),
    ("no file key", changes(("plan.ini", "file = population.csv", "vintage = 2020")), BAD_USAGE,
     ["plan.ini", "[population] needs 'file = PATH'"]),
    ("no roads section", changes(("plan.ini", "[roads]\nfile = roads.gpkg\nprofile = osm-car\n", "")), BAD_USAGE,
     ["plan.ini", "[roads] needs 'file = PATH'"]),
    ("nobody", changes(("plan.ini", SECTION_GP, "")), BAD_USAGE,
     ["plan.ini", "no practitioners", "[practitioners gp]"]),
    ("strange profession", changes(("plan.ini", "[practitioners gp]", "[practitioners Gé né]")), BAD_USAGE,
     ["plan.ini", "[practitioners Gé né]", "small letters"]),
    ("not a plan", holding("plan.ini", "hello\n"), BAD_USAGE, ["plan.ini"]),
    ("no plan", without("plan.ini"), FAILED, ["plan.ini", "No such file"]),
]
FATAL = [case for case in FATAL if case[2] != DONE]


def commune_without_code(at):
    os.remove(os.path.join(at, "communes.gpkg"))
    support.save(os.path.join(at, "communes.gpkg"), "communes", ["nom"], [([v[1]], g) for v, g in support.commune_rows()],
                 ogr.wkbMultiPolygon)


FATAL.append(("communes without code", commune_without_code, FAILED,
              ["communes.gpkg", "layer 'communes'", "no column for 'code'", "insee_com", "it has: nom", "code = COLUMN"]))


def fails(name, spoil, code, pieces):
    """The message; nothing is written; what was there stays."""
    at = support.territory("fatal")
    spoil(at)
    out, plan = os.path.join(at, "out.gpkg"), os.path.join(at, "plan.ini")
    before = listing(at)
    done = run("run", plan, out, timeout=30)
    check.equal(done.code, code, "%s: exit" % name)
    check.holds(done.err, ["quinze: error: ", *pieces], "%s: message" % name)
    check.equal(done.err.count("\n"), 1, "%s: one line" % name)
    check.equal(done.out, "", "%s: nothing on stdout" % name)
    check.equal(listing(at), before, "%s: nothing is written" % name)
    write(out, b"what was there")
    again = run("run", "--overwrite", plan, out, timeout=30)
    check.equal((again.code, content(out), listing(at)), (code, b"what was there", sorted(before + ["out.gpkg"])),
                "%s: the old output stays, alone" % name)


# ---- what is counted, and does not stop: name, how, (severity, source, row, code, pieces), expected statuses by commune
OK = {"01001": "ok", "01002": "ok", "2A003": "ok", "01004": "ok"}
AMBLY, DIVES = support.middle(0, 0), support.middle(1, 1)
SPUR = line(AMBLY, (AMBLY[0] - 300, AMBLY[1]))
ISLE = ([("01009"), "Île-sans-Route", 150], polygon_of((650000, 6500000), (650000, 6502000), (652000, 6502000),
                                                       (652000, 6500000), (650000, 6500000)))
BOWTIE = polygon_of((604000, 6504000), (608000, 6508000), (608000, 6504000), (604000, 6508000), (604000, 6504000))
EXTRA_POINT = changes(("points.csv", "01004,", "01009,651000,6501000,mairie\n01004,"))
EXTRA_PEOPLE = changes(("population.csv", "01004,", "01009,150\n01004,"))
COUNTED = [
    ("a road without a shape", more_roads((["primary", "no"], None)),
     [("reject", "roads.gpkg", 9, "unreadable_geometry", ["no geometry", "left out"])], OK),
    ("a road of NaN", more_roads((["primary", "no"], line(AMBLY, (float("nan"), 6500000)))),
     [("reject", "roads.gpkg", 9, "unreadable_geometry", ["not finite", "left out"])], OK),
    ("a road to infinity", more_roads((["primary", "no"], line(AMBLY, (float("inf"), 6500000)))),
     [("reject", "roads.gpkg", 9, "unreadable_geometry", ["not finite", "left out"])], OK),
    ("an empty road", more_roads((["primary", "no"], "LINESTRING EMPTY")),
     [("reject", "roads.gpkg", 9, "unreadable_geometry", ["no geometry", "left out"])], OK),
    ("a point among the roads", roads(support.road_rows() + [(["primary", "no"], "POINT (600000 6500000)")],
                                      kind=ogr.wkbUnknown),
     [("reject", "roads.gpkg", 9, "unreadable_geometry", ["not a line", "left out"])], OK),
    ("a class nobody knows", more_roads((["hyperloop", "no"], SPUR)),
     [("warning", "network", None, "unknown_class", ["1 roads", "'hyperloop'", "add a line"])], OK),
    ("a direction nobody knows", more_roads((["primary", "sideways"], SPUR)),
     [("warning", "roads.gpkg", None, "unknown_oneway", ["1 roads", "both ways"])], OK),
    ("an absurd limit", roads([(v + ["900"], g) for v, g in support.road_rows()], fields=["highway", "oneway", "maxspeed"]),
     [("warning", "roads.gpkg", None, "bad_speed", ["8 roads", "200 km/h"])], OK),
    ("a length below 0", roads([(v + ["-3"], g) for v, g in support.road_rows()], fields=["highway", "oneway", "length_m"]),
     [("warning", "roads.gpkg", None, "bad_length", ["8 roads", "measured"])], OK),
    ("a commune without a shape", communes(shape(None)),
     [("reject", "communes.gpkg", 4, "unreadable_geometry", ["01004", "repair"])], OK),
    ("a commune of NaN", communes(shape(polygon_of((604000, float("nan")), (604000, 6508000), (608000, 6508000),
                                                   (604000, float("nan"))))),
     [("reject", "communes.gpkg", 4, "unreadable_geometry", ["01004", "repair"])], OK),
    ("an empty commune", communes(shape("MULTIPOLYGON EMPTY")),
     [("reject", "communes.gpkg", 4, "unreadable_geometry", ["01004", "repair"])], OK),
    ("a commune that crosses itself", communes(shape(BOWTIE)),
     [("warning", "communes.gpkg", 4, "invalid_geometry", ["01004", "repaired"])], OK),
    ("a code twice", communes(lambda rows: rows + [(["01004", "Dives bis", 9], support.square(2, 1))]),
     [("warning", "communes.gpkg", 5, "duplicate_code", ["01004", "2 times", "row 4"])], OK),
    ("a lost leading zero", communes(lambda rows: rows[:3] + [(["1004", "Dives", 300], rows[3][1])]),
     [("warning", "communes.gpkg", 4, "malformed_code", ["'1004'", "INSEE", "correct"]),
      ("reject", "points.csv", 4, "unknown_commune", ["'01004'"]),
      ("reject", "population.csv", 4, "unknown_commune", ["'01004'"]),
      ("warning", "population", None, "no_population", ["1004", "Dives"])],
     {"01001": "ok", "01002": "ok", "2A003": "ok", "1004": "no_population"}),
    ("a commune without a code", communes(lambda rows: rows[:3] + [([None, "Dives", 300], rows[3][1])]),
     [("warning", "communes.gpkg", 4, "malformed_code", ["INSEE"])],
     {"01001": "ok", "01002": "ok", "2A003": "ok", "?4": "no_population"}),
    ("a population twice", changes(("population.csv", "01004,300", "01004,300\n01004,7")),
     [("reject", "population.csv", 5, "duplicate_code", ["01004", "twice", "first"])], OK),
    ("a population in words", changes(("population.csv", "01004,300", "01004,three hundred")),
     [("reject", "population.csv", 4, "bad_population", ["01004", "'three hundred'"]),
      ("warning", "population", None, "no_population", ["01004", "Dives", "complete"])], dict(OK, **{"01004": "no_population"})),
    ("a population below 0", changes(("population.csv", "01004,300", "01004,-300")),
     [("reject", "population.csv", 4, "bad_population", ["01004", "'-300'"])], dict(OK, **{"01004": "no_population"})),
    ("a commune without population", changes(("population.csv", "01004,300\n", "")),
     [("warning", "population", None, "no_population", ["01004", "Dives", "complete"])], dict(OK, **{"01004": "no_population"})),
    ("a population of 0", changes(("population.csv", "01004,300", "01004,0")), [], dict(OK, **{"01004": "no_population"})),
    ("an island without a road", both(communes(lambda rows: rows + [ISLE]), EXTRA_POINT, EXTRA_PEOPLE),
     [("warning", "network", None, "no_road", ["01009", "Île-sans-Route", "5000 m", "check"])],
     dict(OK, **{"01009": "no_road"})),
    ("an island without a road nor a point", both(communes(lambda rows: rows + [ISLE]), EXTRA_PEOPLE),
     [("warning", "network", None, "no_road", ["01009"]), ("warning", "points", None, "centroid", ["01009", "[points]"])],
     dict(OK, **{"01009": "no_road"})),
    ("a point that cannot be read", changes(("points.csv", "01004,606000.0", "01004,east")),
     [("reject", "points.csv", 4, "unreadable_point", ["01004", "coordinates"])], OK),
    ("a practitioner in no commune", holding("gp.csv", "insee_com,heads\n01001,2\n99999,1\n01002,1\n"),
     [("reject", "gp.csv", 2, "no_commune", ["'99999'", "not counted", "correct"])], OK),
    ("a practitioner in the sea", both(holding("gp.csv", GP_XY + ",1,100000,6000000\n"),
                                       changes(("plan.ini", "file = gp.csv", "file = gp.csv\ncrs = EPSG:2154"))),
     [("reject", "gp.csv", 2, "no_commune", ["lies in none", "not counted"])], OK),
    ("people of the whole country", holding("population.csv", "insee_com,population\n" + FAR_PEOPLE + HERE_PEOPLE),
     [("reject", "population.csv", None, "unknown_commune", ["60 of 64 rows", "not counted"])], OK, 60),
    ("practitioners of the whole country", holding("gp.csv", "insee_com,heads\n01001,2\n" + FAR_PEOPLE),
     [("reject", "gp.csv", None, "no_commune", ["60 of 61 rows"])], OK, 60),
    ("points of the whole country", changes(("points.csv", "01004,", FAR_POINTS + "01004,")),
     [("reject", "points.csv", None, "unknown_commune", ["60 of 64 rows"])], OK, 60),
    ("territories of the whole country", both(holding("tvs.csv", "insee_com,tvs\n" + FAR_PEOPLE + "01001,T1\n"),
                                              changes(("plan.ini", "[zones]", "[territories]\nfile = tvs.csv\n\n[zones]"))),
     [("reject", "tvs.csv", None, "unknown_commune", ["60 of 61 rows"])], OK, 60),
    ("people of five other communes", changes(("population.csv", "01004,300", "01004,300\n" + FAR_PEOPLE[:40])),
     [("reject", "population.csv", 4 + i, "unknown_commune", ["'9000%d'" % i]) for i in range(1, 6)], OK),
    ("a site far from any road", both(holding("gp.csv", GP_XY + "01004,1,640000,6500000\n"),
                                      changes(("plan.ini", "file = gp.csv", "file = gp.csv\ncrs = EPSG:2154"))),
     [("warning", "network", None, "site_no_road", ["gp-01004", "5000 m", "check"])], OK),
    ("heads in words", holding("gp.csv", "insee_com,heads\n01001,2\n01002,deux\n01004,1\n"),
     [("reject", "gp.csv", 2, "bad_number", ["'deux'", "left out"])], OK),
    ("two registers without ids", both(holding("old.csv", "insee_com,heads\n01001,3\n"), changes(
        ("plan.ini", "file = gp.csv", "file = gp.csv\nvintage = 2026\nprevious = old.csv\nprevious_vintage = 2021"))),
     [("warning", "gp", None, "flows_unnamed", ["3.0 of 3.0 heads in 2021", "2.0 of 2.0 now", "person ="])], OK),
    ("years to come, and no ages", changes(("plan.ini", "[zones]", "[horizon]\nyears = 2036\n\n[zones]")),
     [("warning", "horizon", None, "no_age_known", ["nothing is projected", "age_bands"])], OK),
    ("an age of 200", holding("gp.csv", "insee_com,heads,age\n01001,2,40\n01002,1,200\n01004,1,\n"),
     [("warning", "gp.csv", 2, "bad_value", ["'200'", "18 and 110", "stays unknown", "the row counts"])], OK),
]


def counts(name, spoil, wanted, statuses, n_as_one=1):
    """Done; each issue is in the layer diagnostics; every commune is there with its status. n_as_one: rows of an issue."""
    at = support.territory("counted")
    spoil(at)
    out = os.path.join(at, "out.gpkg")
    before = listing(at)
    done = run("run", os.path.join(at, "plan.ini"), out, timeout=60)
    if not check.equal(done.code, DONE, "%s: exit (%s)" % (name, done.err.strip())):
        return
    check.equal(listing(at), sorted(before + ["out.gpkg"]), "%s: one file is written" % name)
    rows = Rows(out)
    issues = [dict(r) for r in rows.all("select severity, source, row, code, message from diagnostics")]
    for severity, source, row, code, pieces in wanted:
        found = [i for i in issues if (i["severity"], i["source"], i["row"], i["code"]) == (severity, source, row, code)]
        if check.equal(len(found), 1, "%s: %s of %s in diagnostics (%s)" % (name, code, source, issues)):
            check.holds(found[0]["message"], pieces, "%s: message of %s" % (name, code))
    n_rejects = sum(i["severity"] == "reject" for i in issues)
    check.holds(done.out, ["%d rows rejected" % n_rejects], "%s: the summary counts the rejects" % name)
    check.equal(rows.one("select coalesce(sum(rejected), 0) from provenance where kind = 'input'"), n_rejects * n_as_one,
                "%s: provenance counts the rejects" % name)
    check.equal(dict(tuple(r) for r in rows.all("select insee_com, status from communes")), statuses,
                "%s: every commune, with its status" % name)
    listed = run("check", os.path.join(at, "plan.ini"))
    for severity, source, row, code, _ in wanted:
        place = "%s: %s: row %d: %s: " % (severity, source, row, code) if row else "%s: %s: %s: " % (severity, source, code)
        check.holds(listed.out, [place], "%s: quinze check lists it" % name)
    rows.close()


# ---- figures of some of them
def figures():
    at = support.territory("figures")
    communes(lambda rows: rows + [ISLE])(at)
    EXTRA_POINT(at)
    EXTRA_PEOPLE(at)
    write(os.path.join(at, "gp.csv"), GP_XY + "01004,1,640000,6500000\n")
    edit(os.path.join(at, "plan.ini"), "file = gp.csv", "file = gp.csv\ncrs = EPSG:2154")
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, DONE, "figures: runs")
    rows = Rows(out)
    check.equal(tuple(rows.one("select gp_time_min, gp_nearest_site, gp_share_15min, gp_people_beyond_15, population "
                               "from communes where insee_com = '01009'")), (None, None, 0, 150, 150),
                "no road: no time, beyond 15 min")
    far = rows.one("select status, snap_m, people_15min from sites where insee_com = '01004'")
    check.equal(tuple(far), ("no_road", None, 0), "a site off the road: its status, nobody reached")
    check.equal(rows.one("select count(*) from communes where gp_nearest_site = 'gp-01004'"), 0, "nobody goes there")
    check.equal(rows.one("select sum(gp_heads) from communes"), 3, "its practitioner counts all the same")
    rows.close()


# ---- encodings
def latin1(cpg):
    """A Shapefile in Windows-1252, with or without a .cpg that says so."""
    at = support.territory("latin1")
    names = ["Évron-l'Abbaye", "Bréval", "Çà-et-là", "Œuilly"]
    as_shapefile("communes", options=["ENCODING=CP1252"])(at)
    for end in ("shp", "shx", "dbf", "prj", "cpg"):
        if os.path.exists(os.path.join(at, "communes." + end)):
            os.remove(os.path.join(at, "communes." + end))
    save_communes(os.path.join(at, "communes.shp"), [([v[0], n, v[2]], g) for (v, g), n in zip(support.commune_rows(), names)],
                  driver="ESRI Shapefile", options=["ENCODING=CP1252"])
    check.ok(names[0].encode("cp1252") in content(os.path.join(at, "communes.dbf")), "latin1: the file is in Windows-1252")
    if not cpg:
        os.remove(os.path.join(at, "communes.cpg"))
        whole = bytearray(content(os.path.join(at, "communes.dbf")))
        whole[29] = 0  # the language driver tells nothing
        write(os.path.join(at, "communes.dbf"), bytes(whole))
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, DONE, "latin1: runs")
    rows = Rows(out)
    check.equal([r[0] for r in rows.all("select nom from communes order by insee_com")],
                [names[0], names[1], names[3], names[2]], "Windows-1252 %s: accents" % ("with .cpg" if cpg else "without .cpg"))
    rows.close()


def table_habits():
    """A byte order mark, CRLF, semicolons, decimal commas, blanks, capital letters."""
    at = support.territory("habits")
    write(os.path.join(at, "population.csv"), "\ufeffINSEE_COM;Population\r\n01001; 1200 \r\n01002;800\r\n2A003;500,0\r\n"
                                              "01004;300\r\n".encode())
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, DONE, "table habits: runs")
    rows = Rows(out)
    check.equal([tuple(r) for r in rows.all("select insee_com, population from communes order by 1")],
                [("01001", 1200), ("01002", 800), ("01004", 300), ("2A003", 500)], "table habits: read right")
    rows.close()


# ---- the output's own place
def outputs():
    at = support.territory("outputs")
    plan, out = os.path.join(at, "plan.ini"), os.path.join(at, "out.gpkg")

    def refused(name, target, pieces, *options):
        before = listing(at)
        done = run("run", *options, plan, target)
        check.equal(done.code, FAILED, "%s: exit" % name)
        check.holds(done.err, ["quinze: error: ", target, *pieces], "%s: message" % name)
        check.equal(listing(at), before, "%s: nothing is written" % name)

    write(out, b"mine")
    refused("output exists", out, ["exists", "--overwrite"])
    check.equal(content(out), b"mine", "output exists: untouched")
    for end in ("-wal", "-journal"):
        write(out + end, b"")
        refused("a %s beside" % end, out, ["open elsewhere", out + end, "QGIS"], "--overwrite")
        check.equal(content(out), b"mine", "a %s beside: untouched" % end)
        os.remove(out)
        refused("a %s alone" % end, out, ["open elsewhere", out + end, "QGIS"])
        write(out, b"mine")
        os.remove(out + end)
    check.equal(run("run", "-q", "--overwrite", plan, out).code, DONE, "--overwrite replaces")
    check.ok(content(out).startswith(b"SQLite format 3"), "--overwrite replaces: a GeoPackage")
    check.equal(stat.S_IMODE(os.stat(out).st_mode) & 0o600, 0o600, "the output can be read and written by its owner")
    refused("missing folder", os.path.join(at, "nowhere", "out.gpkg"), ["cannot write in its folder", "No such file"])
    refused("a file for a folder", os.path.join(at, "gp.csv", "out.gpkg"), ["Not a directory"])
    os.mkdir(os.path.join(at, "dir.gpkg"))
    refused("output is a folder", os.path.join(at, "dir.gpkg"), ["exists and is not a file"], "--overwrite")
    os.mkfifo(os.path.join(at, "pipe.gpkg"))
    refused("output is a pipe", os.path.join(at, "pipe.gpkg"), ["exists and is not a file"], "--overwrite")
    if os.geteuid() != 0:
        os.mkdir(os.path.join(at, "locked"), 0o500)
        refused("a folder without rights", os.path.join(at, "locked", "out.gpkg"), ["cannot write", "Permission denied"])
    full_disk(at, plan)


def full_disk(at, plan):
    """Writing stops at a file size limit: the run fails, nothing is left."""
    before = listing(at)
    done = subprocess.run(["bash", "-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "bash", support.QUINZE, "run", plan,
                           os.path.join(at, "full.gpkg")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", timeout=60)
    check.equal(done.returncode, FAILED, "no room: exit (%s)" % done.stderr)
    check.holds(done.stderr, ["quinze: error: ", "full.gpkg"], "no room: message")
    check.equal(listing(at), before, "no room: nothing is left")


# ---- signals
def start(*arguments):
    return subprocess.Popen([support.QUINZE, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, encoding="utf-8")


def stopped_run(plan, at, after_s, number):
    """A signal `after_s` seconds into a run over an old output; False: the run was over before."""
    out = os.path.join(at, "out.gpkg")
    write(out, b"what was there")
    process = start("run", "--overwrite", plan, out)
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    name = "%s after %.2f s" % (signal.Signals(number).name, after_s)
    if process.returncode == DONE:
        check.ok(content(out).startswith(b"SQLite"), name + ": over already, and complete")
        return False
    if process.returncode == -number:  # before the handler stands, the system ends it
        check.ok(after_s < 0.1, name + ": before the handler stands")
    else:
        check.equal(process.returncode, FAILED, name + ": exit")
        check.holds(stderr, ["quinze: error: stopped on request; nothing was written"], name + ": message")
    check.equal(content(out), b"what was there", name + ": the old output stays")
    check.equal(listing(at), ["out.gpkg"], name + ": nothing else is left")
    return True


def signals():
    plan = support.demo()
    at = support.folder("signals")
    began = time.monotonic()
    check.equal(run("run", "-q", plan, os.path.join(at, "out.gpkg")).code, DONE, "signals: a whole run")
    whole_s = time.monotonic() - began
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    stopped = 0
    for i, share in enumerate((0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)):
        stopped += stopped_run(plan, at, whole_s * share, numbers[i % 3])
    check.ok(stopped >= 6, "signals: most of them came in time", stopped)


def stopped_demo():
    at = support.folder("stopped")
    for number, after_s in ((signal.SIGINT, 0.3), (signal.SIGTERM, 0.8), (signal.SIGHUP, 1.5)):
        process = start("demo", "--communes", "5000", os.path.join(at, "demo"))
        time.sleep(after_s)
        process.send_signal(number)
        _, stderr = process.communicate(timeout=60)
        name = "demo, %s" % signal.Signals(number).name
        check.equal(process.returncode, FAILED, name + ": exit")
        check.holds(stderr, ["quinze: error: stopped on request"], name + ": message")
        left = listing(os.path.join(at, "demo")) if os.path.exists(os.path.join(at, "demo")) else []
        check.equal(left, [], name + ": no half-written file")


def killed():
    """kill -9 leaves its temporary; the next run to the same place sweeps it."""
    plan = support.demo()
    at = support.folder("killed")
    out = os.path.join(at, "out.gpkg")
    for attempt in range(5):
        process = start("run", plan, out)
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            if glob.glob(os.path.join(at, ".out.gpkg.quinze-*", "*")):  # it is writing
                process.send_signal(signal.SIGKILL)
                break
        process.communicate(timeout=60)
        if process.returncode == -signal.SIGKILL:
            break
        os.remove(out)
    check.equal(process.returncode, -signal.SIGKILL, "kill -9 while it writes")
    check.ok(not os.path.exists(out), "kill -9: no output")
    check.equal(len(listing(at)), 1, "kill -9: a temporary is left")
    neighbour = os.path.join(at, ".other.gpkg.quinze-%d" % process.pid)
    alive = os.path.join(at, ".out.gpkg.quinze-%d" % os.getpid())
    os.mkdir(neighbour)
    os.mkdir(alive)
    check.equal(run("run", "-q", plan, out).code, DONE, "kill -9: the next run")
    check.equal(listing(at), sorted([os.path.basename(neighbour), os.path.basename(alive), "out.gpkg"]),
                "kill -9: swept, but neither another output's nor a living process's")


def lost_zeros():
    """Codes without their zero in every table, the layer and the movements too: restored where the plan says so."""
    at = support.territory("lost zeros")
    os.remove(os.path.join(at, "communes.gpkg"))
    support.save_communes(os.path.join(at, "communes.gpkg"),
                          [([v[0].lstrip("0"), *v[1:]], shape) for v, shape in support.commune_rows()])
    write(os.path.join(at, "gp.csv"), "insee_com,heads\n1050,2\n1002,1\n")
    write(os.path.join(at, "moves.csv"), "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP\n"
                                         "32,2020-01-01,COM,1050,COM,1001\n")
    support.edit(os.path.join(at, "plan.ini"), "closed = yes", "closed = yes\nrepair_codes = yes")
    support.edit(os.path.join(at, "plan.ini"), "[roads]", "[movements]\nfile = moves.csv\n\n[roads]")
    support.edit(os.path.join(at, "plan.ini"), "file = communes.gpkg", "file = communes.gpkg\nvintage = 2025")
    support.edit(os.path.join(at, "plan.ini"), "file = gp.csv", "file = gp.csv\nvintage = 2018")
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, DONE, "lost zeros: it runs")
    rows = support.Rows(out)
    check.equal([tuple(r) for r in rows.all("select insee_com, population, gp_heads from communes order by 1")],
                [("01001", 1200, 2), ("01002", 800, 1), ("01004", 300, 0), ("2A003", 500, 0)], "lost zeros: restored")
    check.equal([r[0] for r in rows.all("select source from diagnostics where code = 'lost_zero' order by 1")],
                ["communes.gpkg", "gp.csv", "moves.csv"], "lost zeros: told of each file")
    rows.close()


def hidden_zones():
    """A zone whose heads are secret is scored by the rest: people too far, 15 professionals missing where no structure is known."""
    at = support.territory("hidden zones")
    write(os.path.join(at, "gp.csv"), "insee_com,heads\n01001,9\n01002,8\n01004,12\n2A003,13\n")
    support.edit(os.path.join(at, "plan.ini"), "date = 2026-01-01", "date = 2026-01-01\nmask_under = 11")
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, DONE, "hidden zones: it runs")
    rows = support.Rows(out)
    three15 = "from zones where kind = 'three15'"
    hidden = rows.one("select count(*) %s and gp_heads is null" % three15)
    check.ok(0 < hidden, "hidden zones: one at least", hidden)
    check.equal(rows.one("select count(*) %s and gp_heads is null and (gp_per_100k is not null or gp_shortfall is not null or "
                         "abs(score - 100 * (0.5 * people_beyond_15_now / people + 0.2 * missing / 15) / 0.7) > 0.01)" % three15), 0,
                "hidden zones: nothing that tells the heads")
    check.equal(rows.one("select count(*) %s and gp_heads is null and reasons like '%%pour 100%%'" % three15), 0,
                "hidden zones: nor do the reasons")
    rows.close()


support.need_quinze()
for case in FATAL:
    fails(*case)
for case in COUNTED:
    counts(*case)
figures()
lost_zeros()
hidden_zones()
latin1(True)
latin1(False)
table_habits()
outputs()
signals()
stopped_demo()
killed()
check.end()
