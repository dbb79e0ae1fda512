"""What the system tests share: counted checks, runs of quinze, a made demonstration, small crafted inputs.

Environment: QUINZE (the program, default build/quinze); tools of tests/ are looked for beside it."""
import atexit
import csv
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import traceback

from osgeo import gdal, ogr, osr

for library in (gdal, ogr, osr):
    library.DontUseExceptions()  # an extent of NaN, as test_bad_input writes it, would be one
gdal.PushErrorHandler("CPLQuietErrorHandler")

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
SHARED = os.path.join(ROOT, "..", "shared")
DATA = os.path.join(SHARED, "data")
CORSICA_PLAN = os.path.join(ROOT, "tests", "corsica.ini")
QUINZE = os.path.abspath(os.environ.get("QUINZE") or os.path.join(ROOT, "build", "quinze"))

DONE, FAILED, BAD_USAGE = 0, 1, 2


class Checks:
    """Counts checks, prints those that fail, ends the script with the line that scripts/test adds up."""

    def __init__(self):
        self.passed = self.failed = 0
        sys.excepthook = self.broken_off

    def broken_off(self, kind, value, trace):
        """An exception that nobody expected is a failure, and the last line is still said."""
        traceback.print_exception(kind, value, trace, file=sys.stdout)
        self.failed += 1
        print("%d passed, %d failed" % (self.passed, self.failed))

    def ok(self, condition, what, detail=""):
        if condition:
            self.passed += 1
        else:
            self.failed += 1
            print("FAIL %s%s" % (what, ": " + str(detail)[:600] if detail != "" else ""))
        return bool(condition)

    def equal(self, got, want, what):
        return self.ok(got == want, what, "got %r, want %r" % (got, want))

    def near(self, got, want, tolerance, what):
        good = got is not None and want is not None and abs(got - want) <= tolerance
        return self.ok(good, what, "got %r, want %r within %g" % (got, want, tolerance))

    def holds(self, text, pieces, what):
        """Every piece is in the text."""
        missing = [p for p in pieces if p not in text]
        return self.ok(not missing, what, "%r not in %r" % (missing, text))

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        sys.stdout.flush()
        sys.exit(1 if self.failed else 0)


# ---- a folder of this script, gone at its end
_folder = None


def work_folder():
    global _folder
    if _folder is None:
        _folder = tempfile.mkdtemp(prefix="quinze-system-")
        atexit.register(shutil.rmtree, _folder, True)
    return _folder


def folder(name):
    """A fresh, empty folder."""
    path = os.path.join(work_folder(), name)
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def listing(path):
    return sorted(os.listdir(path))


def content(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, text):
    with open(path, "wb" if isinstance(text, bytes) else "w") as f:
        f.write(text)


# ---- quinze itself
class Result:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return "exit %d, out %r, err %r" % (self.code, self.out[-300:], self.err[-300:])


def run(*args, timeout=120, env=None, cwd=None):
    """Runs quinze, standard input closed; a hang fails as code 124."""
    environment = dict(os.environ, **(env or {}))
    try:
        return Result(subprocess.run([QUINZE, *map(str, args)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                     stderr=subprocess.PIPE, timeout=timeout, env=environment, cwd=cwd,
                                     encoding="utf-8", errors="replace"))
    except subprocess.TimeoutExpired as late:
        return Result(subprocess.CompletedProcess(args, 124, late.stdout or "", "TIMEOUT after %d s" % timeout))


def tool(name, *args):
    """Runs a program of tests/, built beside quinze; its output."""
    path = os.path.join(os.path.dirname(QUINZE), "tests", name)
    return subprocess.run([path, *map(str, args)], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def need_quinze():
    if not os.access(QUINZE, os.X_OK):
        sys.exit("%s: no such program; build it with 'meson setup build && ninja -C build', or set QUINZE" % QUINZE)


def demo():
    """The demonstration territory, made once: its plan."""
    path = os.path.join(work_folder(), "demo")
    plan = os.path.join(path, "plan.ini")
    if not os.path.exists(plan):
        made = run("demo", "-q", path)
        if made.code != DONE:
            sys.exit("quinze demo failed: %r" % made)
    return plan


def have_shared():
    """The real data and acceptance scripts stand beside the project, where they are."""
    if os.path.isdir(os.path.join(DATA, "corsica")):
        return True
    print("SKIPPED: ../shared/data is not there")
    return False


def cases():
    """(name, plan) of the two territories that everything is tried on."""
    yield "demo", demo()
    if have_shared():
        yield "corsica", CORSICA_PLAN


# ---- reading results
class Rows:
    """A GeoPackage, read only."""

    def __init__(self, path):
        self.db = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
        self.db.row_factory = sqlite3.Row

    def all(self, sql, *args):
        return self.db.execute(sql, args).fetchall()

    def one(self, sql, *args):
        row = self.db.execute(sql, args).fetchone()
        return row[0] if row is not None and len(row) == 1 else row

    def columns(self, table):
        return [r[1] for r in self.db.execute("pragma table_info(\"%s\")" % table)]

    def close(self):
        self.db.close()


def read_csv(path):
    with open(path, encoding="utf-8-sig", newline="") as f:
        return list(csv.DictReader(f))


# What a bare table of heads by commune gets told, whatever else is tried on it.
BARE_TABLE = ("rules_without_column", "heads_as_fte", "ages_unknown")
BUT_BARE = "code not in %r" % (BARE_TABLE,)


# ---- crafted inputs: four communes of 4 km, two by two, a road through them, an answer one can work out by hand
SIDE_M = 4000
WEST_M, SOUTH_M = 600000, 6500000
COMMUNES = [("01001", "Ambly", 0, 0, 1200), ("01002", "Bréval", 1, 0, 800), ("2A003", "Cernay", 0, 1, 500),
            ("01004", "Dives", 1, 1, 300)]


def lambert93():
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(2154)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


def square(column, row):
    w, s = WEST_M + column * SIDE_M, SOUTH_M + row * SIDE_M
    return "MULTIPOLYGON (((%d %d,%d %d,%d %d,%d %d,%d %d)))" % (
        w, s, w, s + SIDE_M, w + SIDE_M, s + SIDE_M, w + SIDE_M, s, w, s)


def middle(column, row):
    return WEST_M + column * SIDE_M + SIDE_M / 2, SOUTH_M + row * SIDE_M + SIDE_M / 2


def save(path, layer, fields, rows, kind, driver="GPKG", srs="L93", options=(), field_types=None):
    """Writes a layer through OGR. rows: (values, WKT, a geometry, or None)."""
    dataset = ogr.GetDriverByName(driver).CreateDataSource(path)
    made = dataset.CreateLayer(layer, lambert93() if srs == "L93" else srs, kind, list(options))
    for name in fields:
        made.CreateField(ogr.FieldDefn(name, (field_types or {}).get(name, ogr.OFTString)))
    for values, shape in rows:
        feature = ogr.Feature(made.GetLayerDefn())
        for i, value in enumerate(values):
            if value is not None:
                feature.SetField(i, value)
        if shape is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkt(shape) if isinstance(shape, str) else shape)
        assert made.CreateFeature(feature) == ogr.OGRERR_NONE, "a row of " + path
    made = dataset = None


def commune_rows():
    return [([code, name, people], square(c, r)) for code, name, c, r, people in COMMUNES]


def save_communes(path, rows=None, **how):
    how.setdefault("field_types", {"population": ogr.OFTInteger})
    save(path, "communes", ["insee_com", "nom", "population"], commune_rows() if rows is None else rows,
         ogr.wkbMultiPolygon, **how)


def road_rows():
    """A ring through the four middles, in eight pieces."""
    (ax, ay), (bx, by), (dx, dy), (cx, cy) = middle(0, 0), middle(1, 0), middle(1, 1), middle(0, 1)
    corners = [(ax, ay), (bx, by), (dx, dy), (cx, cy), (ax, ay)]
    rows = []
    for (x, y), (u, v) in zip(corners, corners[1:]):
        mx, my = (x + u) / 2, (y + v) / 2
        rows.append((["primary", "no"], "LINESTRING (%r %r,%r %r)" % (x, y, mx, my)))
        rows.append((["primary", "no"], "LINESTRING (%r %r,%r %r)" % (mx, my, u, v)))
    return rows


def save_roads(path, rows=None, **how):
    save(path, how.pop("layer", "roads"), how.pop("fields", ["highway", "oneway"]),
         road_rows() if rows is None else rows, how.pop("kind", ogr.wkbLineString), **how)


PLAN = """[territory]
name = Quatre communes
closed = yes

[communes]
file = communes.gpkg

[points]
file = points.csv
crs = EPSG:2154

[roads]
file = roads.gpkg
profile = osm-car

[population]
file = population.csv

[practitioners gp]
file = gp.csv

[zones]
people_min = 500
people_target = 1500
people_max = 3000

[output]
date = 2026-01-01
"""


def territory(name):
    """Writes the four communes and their plan into a fresh folder; gives it."""
    at = folder(name)
    save_communes(os.path.join(at, "communes.gpkg"))
    save_roads(os.path.join(at, "roads.gpkg"))
    write(os.path.join(at, "points.csv"), "insee_com,x,y,basis\n" + "".join(
        "%s,%.1f,%.1f,mairie\n" % (code, *middle(c, r)) for code, _, c, r, _ in COMMUNES))
    write(os.path.join(at, "population.csv"), "insee_com,population\n" + "".join(
        "%s,%d\n" % (code, people) for code, _, _, _, people in COMMUNES))
    write(os.path.join(at, "gp.csv"), "insee_com,heads\n01001,2\n")
    write(os.path.join(at, "plan.ini"), PLAN)
    return at


def edit(path, old, new):
    """Replaces a text of a file that must be there."""
    text = content(path).decode()
    assert old in text, "%s does not hold %r" % (path, old)
    write(path, text.replace(old, new))
