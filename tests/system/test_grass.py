#!/usr/bin/python3
"""Times over the demonstration's ground, beside GRASS: r.cost over its land cover and roads, r.walk over its relief.

Two barriers that meet at a corner are closed here and open there. Where every such corner is filled the two must agree in every
cell. On the ground as it is, GRASS is never slower; and where filling the corners changes nothing for GRASS, it must change
nothing here: there too the two agree."""
import os
import shutil
import subprocess
import sys

import numpy as np
from osgeo import gdal

import support
from support import DONE, Checks, folder, read_csv, run, tool, write

check = Checks()
SITES = 6
NOT_THERE = "GRASS is not installed: scripts/install test, or apt-get install --no-install-recommends grass-core"
SCRIPT = """set -e
r.in.gdal --q input=raw.tif output=raw
r.in.gdal --q input=filled.tif output=filled
r.in.gdal --q input=relief.tif output=relief
g.region raster=raw
r.mapcalc --q expression="down = -relief"
r.mapcalc --q expression="flat = 1.0"
for name in raw filled; do
  r.cost --q input=$name output=${name}_8 start_coordinates=$1
  r.cost --q -k input=$name output=${name}_16 start_coordinates=$1
done
r.walk --q -k elevation=down friction=flat lambda=0 output=walk start_coordinates=$1
for name in raw_8 raw_16 filled_8 filled_16 walk; do
  r.out.gdal --q -c -f input=$name output=grass_$name.tif type=Float64 nodata=-1
done
"""


# ---- rasters as arrays, the northern row first
def values(path, empty=np.inf):
    data = gdal.Open(path)
    band = data.GetRasterBand(1)
    got = band.ReadAsArray().astype(float)
    got[got == band.GetNoDataValue()] = empty
    return got


def save(path, like, array):
    """Float32 over the grid of another raster; INFINITY: no data."""
    model = gdal.Open(like)
    made = gdal.GetDriverByName("GTiff").Create(path, model.RasterXSize, model.RasterYSize, 1, gdal.GDT_Float32)
    made.SetGeoTransform(model.GetGeoTransform())
    made.SetProjection(model.GetProjection())
    made.GetRasterBand(1).SetNoDataValue(-1)
    made.GetRasterBand(1).WriteArray(np.where(np.isinf(array), -1, array).astype(np.float32))
    made = None


def fill_corners(ground, keep):
    """Closes cells until no two barriers meet at a corner alone; never those to keep."""
    closed = np.isinf(ground)
    while True:
        a, b, c, d = closed[:-1, :-1], closed[:-1, 1:], closed[1:, :-1], closed[1:, 1:]
        falls, rises = np.argwhere(a & d & ~b & ~c), np.argwhere(b & c & ~a & ~d)
        if len(falls) + len(rises) == 0:
            return np.where(closed, np.inf, ground)
        for corners, one, other in ((falls, (0, 1), (1, 0)), (rises, (0, 0), (1, 1))):
            for corner in corners:
                first, second = tuple(corner + one), tuple(corner + other)
                closed[second if first in keep else first] = True


# ---- the two programs
def ask_grass(at, places):
    points = ",".join("%.3f,%.3f" % p for p in places)
    write(os.path.join(at, "grass.sh"), SCRIPT)
    done = subprocess.run(["grass", "--tmp-location", "raw.tif", "--exec", "bash", "grass.sh", points], cwd=at,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8")
    check.equal(done.returncode, 0, "GRASS: exit (%s)" % done.stdout[-400:] if done.returncode else "GRASS: exit")
    return lambda name: values(os.path.join(at, "grass_%s.tif" % name))


def ask_quinze(at, name, moves, *more):
    done = run("surface", "-q", "--overwrite", "--friction", name + ".tif", "--sites", "sites.csv", "--crs", "EPSG:2154", "--moves",
               moves, *more, "ours.tif", cwd=at)
    check.equal((done.code, done.err), (DONE, ""), "%s, %s moves: exit" % (name, moves))
    return values(os.path.join(at, "ours.tif"))


def walk(at, kind, heights, seeds):
    """The engine's times over a relief, by the tool of tests/: quinze itself walks by Tobler's function alone."""
    put = lambda name: os.path.join(at, name)
    rows, columns = heights.shape
    np.full(heights.shape, 0.72, "<f4").tofile(put("friction.raw"))
    heights[::-1].astype("<f4").tofile(put("height.raw"))
    np.array([(rows - 1 - r) * columns + c for r, c in seeds], "<u4").tofile(put("seeds.raw"))
    tool("field-bench", "spread", columns, rows, 100, put("friction.raw"), put("height.raw"), put("seeds.raw"), put("out.raw"), 16,
         kind, 1)
    return np.fromfile(put("out.raw"), "<f4").reshape(heights.shape)[::-1].astype(float)


def apart(ours, theirs):
    """Cells that differ by more than 1e-4 of their time, or that one of the two does not reach."""
    with np.errstate(invalid="ignore"):
        return (np.isfinite(ours) != np.isfinite(theirs)) | (np.abs(ours - theirs) > 1e-4 * np.maximum(theirs, 1))


def agree(ours, theirs, what):
    wrong = apart(ours, theirs)
    reached = np.isfinite(theirs)
    both = reached & np.isfinite(ours)
    worst = (np.abs(ours[both] - theirs[both]) / np.maximum(theirs[both], 1)).max()
    print("%s: %d cells reached, the worst %.1e apart" % (what, reached.sum(), worst))
    check.ok(reached.sum() > 0.3 * reached.size, "%s: most is reached" % what, reached.sum())
    check.equal(int(wrong.sum()), 0, "%s: cells apart" % what)


def costs(at, theirs):
    for moves in (8, 16):
        filled, filled_there = ask_quinze(at, "filled", moves), theirs("filled_%d" % moves) * 100
        agree(filled, filled_there, "r.cost, %d moves, corners filled" % moves)
        raw, raw_there = ask_quinze(at, "raw", moves), theirs("raw_%d" % moves) * 100
        what = "r.cost, %d moves, the ground as it is" % moves
        check.ok(((raw >= raw_there * (1 - 1e-4)) | (raw_there == np.inf)).all() and not (np.isfinite(raw) & np.isinf(raw_there)).any(),
                 "%s: GRASS is never slower" % what)
        same = np.isfinite(raw_there) & ~apart(filled_there, raw_there)
        check.equal(int(apart(raw, raw_there)[same].sum()), 0, "%s: cells apart where no corner matters" % what)
        share = apart(raw, raw_there).sum() / np.isfinite(raw_there).sum()
        print("%s: corners matter for %.3f %% of the cells, %.3f %% differ" % (
            what, 100 - 100 * same.sum() / np.isfinite(raw_there).sum(), 100 * share))
        check.ok(0 < share < 0.005, "%s: share of cells that differ: GRASS slips through, here and there" % what, share)


def grass():
    if not shutil.which("grass"):
        sys.exit(NOT_THERE)
    made, at = os.path.dirname(support.demo()), folder("grass")
    put = lambda name: os.path.join(at, name)
    shutil.copy(os.path.join(made, "relief.tif"), at)
    done = run("surface", "-q", "--cover", os.path.join(made, "occupation_sol.tif"), "--roads", os.path.join(made, "routes.shp"),
               put("raw.tif"))
    check.equal((done.code, done.err), (DONE, ""), "friction: exit")
    west, cell, _, north, _, _ = gdal.Open(put("raw.tif")).GetGeoTransform()
    halls = read_csv(os.path.join(made, "chefs_lieux.csv"))[::260 // SITES][:SITES]
    seeds = [(int((north - float(h["y"])) // cell), int((float(h["x"]) - west) // cell)) for h in halls]
    places = [(west + (c + 0.5) * cell, north - (r + 0.5) * cell) for r, c in seeds]
    write(put("sites.csv"), "x,y\n" + "".join("%r,%r\n" % p for p in places))
    ground, heights = values(put("raw.tif")), values(put("relief.tif"))
    save(put("filled.tif"), put("raw.tif"), fill_corners(ground, set(seeds)))
    save(put("flat.tif"), put("raw.tif"), np.full(ground.shape, 0.72))
    check.ok((np.isinf(values(put("filled.tif"))) != np.isinf(ground)).sum() > 0, "there are corners to fill")
    theirs = ask_grass(at, places)
    costs(at, theirs)
    agree(walk(at, "langmuir", heights, seeds), theirs("walk"), "r.walk -k over the relief")
    agree(walk(at, "tobler", heights, seeds), ask_quinze(at, "flat", 16, "--dem", "relief.tif"), "the tool and quinze over the relief")


support.need_quinze()
grass()
check.end()
