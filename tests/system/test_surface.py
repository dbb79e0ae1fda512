#!/usr/bin/python3
"""The command on the ground: friction from land cover, rasters, barriers, roads and heights; times over it; bad input."""
import json
import math
import os
import struct

from osgeo import gdal, ogr

import support
from support import BAD_USAGE, DATA, DONE, FAILED, Checks, content, folder, listing, run, write

check = Checks()
DEM = os.path.join(DATA, "dem")
WEST, NORTH, CELL = 600000, 6501000, 100  # ten by ten cells


def raster(path, rows, cell=CELL, west=WEST, north=NORTH, nodata=None, kind=gdal.GDT_Float32, epsg=2154, high=None):
    """Writes rows of numbers, the northern one first."""
    made = gdal.GetDriverByName("GTiff").Create(path, len(rows[0]), len(rows), 1, kind)
    made.SetGeoTransform((west, cell, 0, north, 0, -(high or cell)))
    if epsg:
        srs = support.osr.SpatialReference()
        srs.ImportFromEPSG(epsg)
        made.SetProjection(srs.ExportToWkt())
    band = made.GetRasterBand(1)
    if nodata is not None:
        band.SetNoDataValue(nodata)
    flat = [v for row in rows for v in row]
    band.WriteRaster(0, 0, len(rows[0]), len(rows), struct.pack("%df" % len(flat), *flat),
                     buf_type=gdal.GDT_Float32)
    made = band = None


def cells(path):
    """Rows of the first band, None where there is no data."""
    data = gdal.Open(path)
    band = data.GetRasterBand(1)
    w, h = data.RasterXSize, data.RasterYSize
    got = struct.unpack("%dd" % (w * h), band.ReadRaster(0, 0, w, h, buf_type=gdal.GDT_Float64))
    none = band.GetNoDataValue()
    return [[None if v == none else v for v in got[r * w:(r + 1) * w]] for r in range(h)]


def square(value=1.0, n=10):
    return [[value] * n for _ in range(n)]


def at_cell(column, row):
    """Middle of a cell, counted from 0 from the upper left."""
    return WEST + (column + 0.5) * CELL, NORTH - (row + 0.5) * CELL


def sites(path, *places):
    write(path, "id,x,y\n" + "".join("s%d,%r,%r\n" % (i + 1, *at_cell(c, r)) for i, (c, r) in enumerate(places)))


def line(path, *points):
    support.save(path, "lines", ["a"], [(["x"], "LINESTRING (%s)" % ",".join("%r %r" % at_cell(*p) for p in points))],
                 ogr.wkbLineString)


def prepared(name):
    at = folder(name)
    here = lambda *arguments: run(*arguments, cwd=at)
    put = lambda file: os.path.join(at, file)
    raster(put("one.tif"), square(), nodata=-1)
    sites(put("s.csv"), (0, 9), (9, 0))
    return at, here, put


def is_cog(path, what):
    data = gdal.Open(path)
    check.equal(data.GetMetadataItem("LAYOUT", "IMAGE_STRUCTURE"), "COG", "%s: layout" % what)
    check.equal(data.GetMetadataItem("COMPRESSION", "IMAGE_STRUCTURE"), "DEFLATE", "%s: compression" % what)


# ---- friction
def covers():
    at, here, put = prepared("covers")
    rows = square(211)
    rows[0] = [111, 312, 411, 512, 523, 231, 999, -1, 1, 44]
    raster(put("lc.tif"), rows, nodata=-1)
    done = here("surface", "--cover", "lc.tif", "--classes", "corine", "out.tif")
    check.equal(done.code, DONE, "land cover: exit")
    check.holds(done.err, ["lc.tif: unknown_class: 1 cells", "999", "row 1, column 7"], "land cover: unknown class is told")
    check.holds(done.out, ["10 x 10 cells of 100 m, 95.0 % passable", "1 warnings"], "land cover: summary")
    got = cells(put("out.tif"))
    for value, kmh in zip(got[0], [5, 3, 2, 0, 0, 4, 0, 0, 5, 0]):
        check.ok((value is None) == (kmh == 0) and (kmh == 0 or abs(value - 3.6 / kmh) < 1e-6), "land cover: %r km/h" % kmh, value)
    is_cog(put("out.tif"), "friction")
    again = here("surface", "--cover", "lc.tif", "out2.tif")
    check.equal(content(put("out2.tif")), content(put("out.tif")), "land cover: the table is found by its classes, same bytes")
    check.equal(again.code, DONE, "land cover: the table is found")
    write(put("own.csv"), "code;km/h;nom\n10;2,5;prés\n20;0;eau\n")
    raster(put("own.tif"), [[10, 20], [10, 10]])
    check.equal(here("surface", "-q", "--cover", "own.tif", "--classes", "own.csv", "own_out.tif").code, DONE, "a table of one's own")
    check.near(cells(put("own_out.tif"))[0][0], 1.44, 1e-6, "a table of one's own: speed")
    check.equal(cells(put("own_out.tif"))[0][1], None, "a table of one's own: barrier")
    check.equal(set(listing(at)), {"one.tif", "s.csv", "lc.tif", "out.tif", "out2.tif", "own.csv", "own.tif", "own_out.tif"},
                "land cover: nothing else is left")


def frictions():
    at, here, put = prepared("frictions")
    rows = square(0.01)
    rows[2][3] = -1
    raster(put("f.tif"), rows, nodata=-1)
    done = here("surface", "--json", "--friction", "f.tif", "--unit", "min/m", "out.tif")
    check.equal(json.loads(done.out), {"columns": 10, "rows": 10, "cell_m": 100, "passable": 99, "unknown_class": 0,
                                       "no_height": 0, "rejects": 0, "warnings": 0}, "friction --json")
    got = cells(put("out.tif"))
    check.equal((got[2][3], round(got[0][0], 6)), (None, 0.6), "friction: minutes a metre, no data is a barrier")
    raster(put("lc.tif"), square(111))
    here("surface", "-q", "--cover", "lc.tif", "--friction", "f.tif", "both.tif")
    got = cells(put("both.tif"))
    check.equal((round(got[2][3], 6), round(got[0][0], 6)), (0.72, 0.01), "friction over land cover, where it has data")


def burnt():
    at, here, put = prepared("burnt")
    line(put("river.gpkg"), (5, -3), (5, 12))
    support.save(put("road.gpkg"), "roads", ["highway"],
                 [(["primary"], "LINESTRING (%r %r,%r %r)" % (*at_cell(0, 4), *at_cell(9, 4)))], ogr.wkbLineString)
    raster(put("lc.tif"), square(111))
    done = here("surface", "-q", "--cover", "lc.tif", "--barriers", "river.gpkg", "--roads", "road.gpkg", "--profile", "osm-car",
                "out.tif")
    check.equal((done.code, done.err), (DONE, ""), "barriers and roads: exit")
    got = cells(put("out.tif"))
    check.equal([row[5] is None for row in got], [r != 4 for r in range(10)], "the river is closed but for the bridge")
    check.ok(all(abs(v - 3.6 / 65) < 1e-4 for v in got[4]), "the road's cells cost what the road does", got[4])
    check.ok(abs(got[3][0] - 0.72) < 1e-6, "beside it the ground does", got[3][0])
    sites(put("east.csv"), (9, 9))
    for name, more, reached in (("a river", [], 0), ("a bridge", ["--roads", "road.gpkg", "--profile", "osm-car"], 50)):
        for moves in ("8", "16"):
            here("surface", "-q", "--overwrite", "--cover", "lc.tif", "--barriers", "river.gpkg", *more, "--sites", "east.csv",
                 "--crs", "EPSG:2154", "--moves", moves, "t.tif")
            west = sum(v is not None for row in cells(put("t.tif")) for v in row[:5])
            check.equal(west, reached, "%s, %s moves: cells reached beyond it" % (name, moves))
    flat = here("surface", "-q", "--roads", "road.gpkg", "--cell-m", "50", "roads_only.tif")
    check.equal(flat.code, DONE, "roads alone")
    data = gdal.Open(put("roads_only.tif"))
    check.equal(data.GetGeoTransform()[1], 50, "roads alone: cells")


# ---- times
def oracle(rows, starts, moves):
    """Least seconds of each cell, the slow way."""
    steps = [(r, c) for r in range(-2, 3) for c in range(-2, 3) if r or c]
    steps = [s for s in steps if max(map(abs, s)) == 1 or (moves == 16 and sorted(map(abs, s)) == [1, 2])]
    h, w = len(rows), len(rows[0])
    best = {s: 0.0 for s in starts}
    changed = set(starts)
    while changed:
        fresh = set()
        for r, c in changed:
            for dr, dc in steps:
                to = r + dr, c + dc
                if not (0 <= to[0] < h and 0 <= to[1] < w):
                    continue
                ends = [rows[r][c], rows[to[0]][to[1]]]
                half = (int(dr / 2), int(dc / 2))
                sides = [rows[r + half[0]][c + half[1]], rows[to[0] - half[0]][to[1] - half[1]]] if half != (0, 0) else []
                if None in ends + sides or (abs(dr) + abs(dc) == 2 and rows[r][to[1]] is None and rows[to[0]][c] is None):
                    continue
                mean = sum(ends + sides) / len(ends + sides)
                t = best[(r, c)] + CELL * math.hypot(dr, dc) * mean
                if t < best.get(to, math.inf) - 1e-9:
                    best[to] = t
                    fresh.add(to)
        changed = fresh
    return best


def times():
    at, here, put = prepared("times")
    rows = [[0.5 + ((r * 7 + c * 13) % 10) / 10 for c in range(10)] for r in range(10)]
    for r in range(2, 8):
        rows[r][4] = None
    raster(put("f.tif"), [[-1 if v is None else v for v in row] for row in rows], nodata=-1)
    for moves in (8, 16):
        done = here("surface", "--overwrite", "--friction", "f.tif", "--sites", "s.csv", "--crs", "EPSG:2154", "--moves", moves,
                    "--allocation", "a.tif", "t.tif")
        check.equal((done.code, done.err), (DONE, ""), "times, %d moves: exit" % moves)
        check.holds(done.out, ["2 sites, 94 cells reached (100.0 %"], "times: summary")
        want, got, own = oracle(rows, [(9, 0), (0, 9)], moves), cells(put("t.tif")), cells(put("a.tif"))
        worst = max(abs(got[r][c] - t) for (r, c), t in want.items())
        check.ok(worst < 1e-2, "times, %d moves: as the slow way" % moves, worst)
        check.equal(sum(v is None for row in got for v in row), 6, "times: barriers have none")
        one = [oracle(rows, [s], moves) for s in ((9, 0), (0, 9))]
        wrong = [(r, c) for r, c in want if abs(one[int(own[r][c]) - 1][(r, c)] - want[(r, c)]) > 1e-2]
        check.equal(wrong, [], "allocation, %d moves: the nearest site's row" % moves)
    is_cog(put("t.tif"), "times")
    is_cog(put("a.tif"), "allocation")
    first = content(put("t.tif"))
    here("surface", "-q", "--overwrite", "--friction", "f.tif", "--sites", "s.csv", "--crs", "EPSG:2154", "--threads", "1", "t.tif")
    check.equal(content(put("t.tif")), first, "times: the same bytes twice")
    here("surface", "-q", "--overwrite", "--friction", "f.tif", "--sites", "s.csv", "--crs", "EPSG:2154", "--limit-min", "5", "u.tif")
    cut, whole = cells(put("u.tif")), cells(put("t.tif"))
    check.ok(all(u == (t if t is not None and t <= 300 else None) for a, b in zip(cut, whole) for u, t in zip(a, b)),
             "times within 5 minutes: the same, and no others")


def slopes():
    """A ramp to the east: down it 5 % is Tobler's fastest, and up is slower."""
    at, here, put = prepared("slopes")
    raster(put("dem.tif"), [[10 * c for c in range(20)] for _ in range(20)], cell=50)
    sites(put("w.csv"), (0, 5))
    sites(put("e.csv"), (9, 5))
    for name in ("w", "e"):
        done = here("surface", "-q", "--friction", "one.tif", "--dem", "dem.tif", "--sites", name + ".csv", "--crs", "EPSG:2154",
                    name + ".tif")
        check.equal((done.code, done.err), (DONE, ""), "slopes: exit")
    down, up = cells(put("w.tif"))[5][9], cells(put("e.tif"))[5][0]
    check.ok(down < 900 * 1.6 and up > down * 1.2, "towards the site: downhill is quicker than uphill", (down, up))
    alone = here("surface", "-q", "--dem", "dem.tif", "--cell-m", "100", "--walk-kmh", "3.6", "alone.tif")
    check.equal(alone.code, DONE, "heights alone give the grid")
    check.equal((len(cells(put("alone.tif"))), cells(put("alone.tif"))[0][0]), (10, 1.0), "heights alone: cells and walking speed")


# ---- bad input
def refuses():
    at, here, put = prepared("refuses")
    raster(put("degrees.tif"), square(), cell=0.001, west=3, north=46, epsg=4326)
    raster(put("nowhere.tif"), square(), epsg=None)
    raster(put("shifted.tif"), square(), west=WEST + 30)
    raster(put("oblong.tif"), square(), high=200)
    raster(put("mercator.tif"), square(), epsg=3857)
    raster(put("lc.tif"), square(111))
    raster(put("lc7.tif"), square(7777))
    raster(put("lc10.tif"), square(10))
    raster(put("closed.tif"), square(512))
    for name, value in (("zero", 0), ("negative", -3), ("nan", math.nan)):
        rows = square()
        rows[2][5] = rows[7][7] = value
        raster(put(name + ".tif"), rows)
    huge = gdal.GetDriverByName("GTiff").Create(put("huge.tif"), 65000, 65000, 1, gdal.GDT_Byte,
                                                ["SPARSE_OK=YES", "TILED=YES", "BLOCKXSIZE=4096", "BLOCKYSIZE=4096"])
    srs = support.lambert93()
    huge.SetProjection(srs.ExportToWkt())
    huge.SetGeoTransform((WEST, 10, 0, NORTH, 0, -10))
    huge = None
    raster(put("far_dem.tif"), square(), west=WEST + 1e6)
    sites(put("out.csv"), (50, 50), (60, 60))
    write(put("bad.csv"), "code,kmh\n111,fast\n")
    write(put("text.tif"), "no raster")
    write(put("empty.csv"), "id,x,y\n")
    write(put("points.geojson"), '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},'
          '"geometry":{"type":"Point","coordinates":[3,46]}}]}')
    write(put("there.tif"), "x")
    times = ["--sites", "s.csv", "--crs", "EPSG:2154"]
    for name, arguments, code, pieces in [
            ("no argument", [], BAD_USAGE, ["usage: quinze surface"]),
            ("no ground", ["o.tif"], FAILED, ["--cover", "--friction", "--dem", "--roads"]),
            ("friction 0", ["--friction", "zero.tif", "o.tif"], FAILED, ["zero.tif: 2 cells", "row 3, column 6", "(0)"]),
            ("friction below 0", ["--friction", "negative.tif", "o.tif"], FAILED, ["negative.tif: 2 cells", "row 3, column 6", "(-3)"]),
            ("friction NaN", ["--friction", "nan.tif", "o.tif"], FAILED, ["nan.tif: 2 cells", "row 3, column 6", "nan"]),
            ("degrees", ["--friction", "degrees.tif", "o.tif"], FAILED, ["degrees.tif", "degrees", "gdalwarp -t_srs EPSG:2154 -tr 100 100"]),
            ("no system", ["--friction", "nowhere.tif", "o.tif"], FAILED, ["nowhere.tif", "gdal_translate -a_srs"]),
            ("not aligned", ["--cover", "lc.tif", "--friction", "shifted.tif", "o.tif"], FAILED,
             ["shifted.tif", "not those of lc.tif", "gdalwarp -te 600000 6500000 601000 6501000 -tr 100 100"]),
            ("another system", ["--cover", "lc.tif", "--friction", "mercator.tif", "o.tif"], FAILED,
             ["mercator.tif", "Pseudo-Mercator", "gdalwarp -t_srs EPSG:2154"]),
            ("oblong cells", ["--friction", "oblong.tif", "o.tif"], FAILED, ["oblong.tif", "not square", "gdalwarp -tr"]),
            ("other cells", ["--cover", "lc.tif", "--cell-m", "50", "o.tif"], FAILED, ["lc.tif", "100 m, not 50 m as cell_m says", "gdalwarp -tr 50 50"]),
            ("too large", ["--cover", "huge.tif", *times, "o.tif"], FAILED, ["65000 x 65000 cells of 10 m", "GB of memory", "GB are free", "gdalwarp -tr"]),
            ("cells too small", ["--dem", "one.tif", "--cell-m", "0.1", "--cover", "lc.tif", "o.tif"], FAILED, ["100 m, not 0.1 m"]),
            ("cells too large", ["--dem", "one.tif", "--cell-m", "5000", "o.tif"], FAILED, ["one.tif", "0 x 0", "--cell-m"]),
            ("heights elsewhere", ["--cover", "lc.tif", "--dem", "far_dem.tif", "o.tif"], FAILED, ["far_dem.tif", "do not meet"]),
            ("classes of no table", ["--cover", "lc7.tif", "--classes", "corine", "o.tif"], FAILED, ["lc7.tif", "7777", "--classes FILE"]),
            ("classes of two tables", ["--cover", "lc10.tif", "o.tif"], FAILED, ["lc10.tif", "corine", "worldcover"]),
            ("no such table", ["--cover", "lc.tif", "--classes", "corinne", "o.tif"], FAILED, ["'corinne'", "worldcover"]),
            ("a bad table", ["--cover", "lc.tif", "--classes", "bad.csv", "o.tif"], FAILED, ["bad.csv: line 2", "111,fast"]),
            ("closed all over", ["--cover", "closed.tif", "--classes", "corine", "o.tif"], FAILED, ["every cell", "barrier"]),
            ("no raster", ["--cover", "text.tif", "o.tif"], FAILED, ["text.tif", "GeoTIFF"]),
            ("no such raster", ["--cover", "absent.tif", "o.tif"], FAILED, ["absent.tif"]),
            ("not in the archive", ["--cover", "/vsizip/absent.zip/a.tif", "o.tif"], FAILED, ["absent.zip", "archive"]),
            ("points as barriers", ["--cover", "lc.tif", "--barriers", "points.geojson", "o.tif"], FAILED, ["points.geojson"]),
            ("sites outside", ["--cover", "lc.tif", "--sites", "out.csv", "--crs", "EPSG:2154", "o.tif"], FAILED,
             ["out.csv: row 1: outside", "out.csv: row 2: outside", "none of its 2 sites"]),
            ("no sites", ["--cover", "lc.tif", "--sites", "empty.csv", "--crs", "EPSG:2154", "o.tif"], FAILED, ["empty.csv"]),
            ("sites without a system", ["--cover", "lc.tif", "--sites", "s.csv", "o.tif"], FAILED, ["s.csv", "reference system"]),
            ("a limit of 0", ["--cover", "lc.tif", *times, "--limit-min", "0", "o.tif"], BAD_USAGE, ["'0'", "minutes"]),
            ("a limit without sites", ["--cover", "lc.tif", "--limit-min", "5", "o.tif"], BAD_USAGE, ["--limit-min", "--sites"]),
            ("four moves", ["--cover", "lc.tif", *times, "--moves", "4", "o.tif"], BAD_USAGE, ["'4'", "8 or 16"]),
            ("twelve moves", ["--cover", "lc.tif", *times, "--moves", "12", "o.tif"], BAD_USAGE, ["'12'", "8 or 16"]),
            ("a unit of its own", ["--friction", "one.tif", "--unit", "h/m", "o.tif"], BAD_USAGE, ["'h/m'", "min/m"]),
            ("a unit of nothing", ["--cover", "lc.tif", "--unit", "s/m", "o.tif"], BAD_USAGE, ["--unit", "--friction"]),
            ("classes of nothing", ["--friction", "one.tif", "--classes", "corine", "o.tif"], BAD_USAGE, ["--classes", "--cover"]),
            ("cells of 0", ["--dem", "one.tif", "--cell-m", "0", "o.tif"], BAD_USAGE, ["'0'", "metres"]),
            ("another ending", ["--cover", "lc.tif", "o.png"], FAILED, ["o.png", ".tif"]),
            ("an output that exists", ["--cover", "lc.tif", "there.tif"], FAILED, ["there.tif", "exists", "--overwrite"]),
            ("an allocation that exists", ["--cover", "lc.tif", *times, "--allocation", "there.tif", "o.tif"], FAILED, ["there.tif", "exists"]),
            ("one output twice", ["--cover", "lc.tif", *times, "--allocation", "o.tif", "o.tif"], FAILED, ["both"]),
            ("no folder", ["--cover", "lc.tif", "no/o.tif"], FAILED, ["no/o.tif"]),
    ]:
        before = listing(at)
        done = here("surface", *arguments)
        check.equal(done.code, code, "%s: exit" % name)
        check.holds(done.err, pieces, "%s: message" % name)
        check.equal(listing(at), before, "%s: nothing written" % name)
    check.equal(content(put("there.tif")), b"x", "an output that exists: untouched")


def rejects():
    at, here, put = prepared("rejects")
    rows = square(111)
    rows[3] = [512] * 10
    raster(put("lc.tif"), rows)
    sites(put("some.csv"), (4, 3), (50, 0), (2, 2))
    done = here("surface", "--cover", "lc.tif", "--sites", "some.csv", "--crs", "EPSG:2154", "--allocation", "a.tif", "t.tif")
    check.equal(done.code, DONE, "some bad sites: exit")
    check.holds(done.err, ["some.csv: row 1: on_barrier: site 's1'", "some.csv: row 2: outside: site 's2'"], "some bad sites: told")
    check.holds(done.out, ["1 sites, 30 cells reached (33.3 %", "2 rows rejected"], "some bad sites: counted")
    check.equal({v for row in cells(put("a.tif")) for v in row}, {None, 3.0}, "some bad sites: the good one keeps its row")


# ---- real and demonstration data
def real():
    if not support.have_shared():
        return
    at = folder("real")
    here = lambda *arguments: run(*arguments, cwd=at)
    dem, roads = os.path.join(DEM, "dem_l93_15m.tif"), os.path.join(DEM, "roads_l93.geojson")
    done = here("surface", "--dem", dem, "--roads", roads, "f.tif")
    check.equal(done.code, DONE, "the real pair: exit")
    check.holds(done.out, ["514 x 383 cells of 15 m"], "the real pair: the heights give the grid")
    quick = sum(v is not None and v < 0.3 for row in cells(os.path.join(at, "f.tif")) for v in row)
    check.ok(2500 < quick < 12000, "the real pair: cells of roads", quick)
    write(os.path.join(at, "s.csv"), "x,y\n401000,6709500\n")
    done = here("surface", "--dem", dem, "--sites", "s.csv", "--crs", "EPSG:2154", "t.tif")
    check.equal((done.code, done.err), (DONE, ""), "the real heights: exit")
    longest = max(v for row in cells(os.path.join(at, "t.tif")) for v in row if v is not None)
    far = math.hypot(404930 - 401000, 6712380 - 6709500)
    check.ok(0.95 < longest / (far * 0.72) < 1.6, "the real heights: walking to the corner", longest)
    before = listing(at)
    tile = here("surface", "--dem", os.path.join(DEM, "N43E007.hgt.zip"), "d.tif")
    check.equal((tile.code, listing(at)), (FAILED, before), "the tile in degrees: exit, nothing written")
    check.holds(tile.err, ["N43E007.hgt.zip", "degrees", "gdalwarp -t_srs EPSG:2154 -tr 100 100"], "the tile in degrees: remedy")


# ---- Monaco: heights of a tile in degrees, roads of OpenStreetMap, the sea where the heights are 0
MONACO = (1052160, 6299880, 1060530, 6307890)


def land_of(dem, cover, land):
    """SRTM knows no sea: its height is 0. Classes of WorldCover, 80 for water, and the land as polygons; a void is land."""
    data = gdal.Open(dem)
    heights = cells(dem)
    is_land = [[v is None or v >= 1 for v in row] for row in heights]
    raster(cover, [[30 if on_land else 80 for on_land in row] for row in is_land], cell=30, west=MONACO[0], north=MONACO[3])
    classes = gdal.Open(cover)
    areas = ogr.GetDriverByName("GPKG").CreateDataSource(land)
    layer = areas.CreateLayer("land", support.lambert93(), ogr.wkbPolygon)
    layer.CreateField(ogr.FieldDefn("class", ogr.OFTInteger))
    gdal.Polygonize(classes.GetRasterBand(1), None, layer, 0)
    for row in [f.GetFID() for f in layer if f["class"] == 80]:
        layer.DeleteFeature(row)
    areas = layer = classes = data = None
    return heights, is_land


def uphill(on_road, seconds, heights, is_land, far=4):
    """Of pairs of a road's cell and another without one, some cells away and at least 15 m higher: how many, and the share where
    the higher one is later."""
    later = pairs = 0
    h, w = len(seconds), len(seconds[0])
    for r in range(far, h - far):
        for c in range(far, w - far):
            for dr, dc in ((far, 0), (-far, 0), (0, far), (0, -far)) if on_road[r][c] and heights[r][c] is not None else ():
                y, x = r + dr, c + dc
                if not on_road[y][x] and is_land[y][x] and heights[y][x] is not None and heights[y][x] >= heights[r][c] + 15:
                    pairs += 1
                    later += seconds[y][x] > seconds[r][c]
    return pairs, later / max(pairs, 1)


def monaco():
    if not support.have_shared():
        return
    at, roads = folder("monaco"), os.path.join(DATA, "osm", "monaco.osm.gz")
    here = lambda *arguments: run(*arguments, cwd=at)
    put = lambda file: os.path.join(at, file)
    gdal.Warp(put("dem.tif"), os.path.join(DEM, "N43E007.hgt.zip"), dstSRS="EPSG:2154", xRes=30, yRes=30, outputBounds=MONACO,
              resampleAlg="bilinear", outputType=gdal.GDT_Float32)
    heights, is_land = land_of(put("dem.tif"), put("cover.tif"), put("land.gpkg"))
    n_land = sum(map(sum, is_land))
    check.ok(0.55 < n_land / (279 * 267) < 0.7, "Monaco: land", n_land)
    write(put("s.csv"), "id,lon,lat\nhopital,7.4143,43.7283\ncasino,7.4277,43.7395\n")
    ground = ["--cover", "cover.tif", "--classes", "worldcover", "--dem", "dem.tif"]
    on_foot = here("surface", "--json", *ground, "--sites", "s.csv", "foot.tif")
    by_road = here("surface", "--json", *ground, "--roads", roads, "--profile", "osm-car", "--sites", "s.csv", "road.tif")
    check.equal((on_foot.code, by_road.code), (DONE, DONE), "Monaco: exit")
    check.holds(by_road.err, ["slope_on_roads"], "Monaco: slopes on roads are told")
    told = json.loads(on_foot.out)
    check.equal((told["sites"], told["passable"], told["reached"]), (2, n_land, n_land), "Monaco: every cell of land, and no other")
    check.equal(here("surface", "-q", "--cover", "cover.tif", "--roads", roads, "--profile", "osm-car", "f.tif").code, DONE,
                "Monaco: friction")
    foot, road, friction = (cells(put(name)) for name in ("foot.tif", "road.tif", "f.tif"))
    on_road = [[v is not None and v < 0.5 for v in row] for row in friction]
    each = [(r, c) for r in range(267) for c in range(279)]
    check.equal([x for x in each if (foot[x[0]][x[1]] is not None) != is_land[x[0]][x[1]]], [], "Monaco: on foot, land and no sea")
    wet = [(r, c) for r, c in each if road[r][c] is not None and not is_land[r][c]]
    check.ok(all(on_road[r][c] for r, c in wet) and 0 < len(wet) < 120, "Monaco: over the sea nothing but quays and jetties",
             len(wet))
    check.ok(all(road[r][c] <= foot[r][c] * (1 + 1e-5) for r, c in each if is_land[r][c]), "Monaco: roads slow nobody down")
    on = [road[r][c] for r, c in each if on_road[r][c]]
    check.ok(max(on) < 1200 < max(v for row in road for v in row if v is not None), "Monaco: roads in minutes, mountains later", max(on))
    pairs, later = uphill(on_road, road, heights, is_land)
    print("Monaco: %d cells of roads, %d of them over the water; %.1f %% of %d cells uphill beside a road are later" %
          (len(on), len(wet), 100 * later, pairs))
    check.ok(pairs > 500 and later > 0.95, "Monaco: uphill off the road is later", (pairs, later))
    monaco_bands(here, put, roads)


def monaco_bands(here, put, roads):
    """Drawn on land alone: the coast is followed to a cell, jetties are not drawn."""
    done = here("isochrone", "-q", "--crs", "EPSG:2154", "--profile", "osm-car", "--territory", "land.gpkg", "--cell-m", "30",
                "--bands-min", "2,4,6,10,20", roads, "s.csv", "bands.gpkg")
    check.equal((done.code, done.err), (DONE, ""), "Monaco, bands: exit")
    lands = ogr.Open(put("land.gpkg"))
    land = ogr.Geometry(ogr.wkbMultiPolygon)
    for feature in lands.GetLayer(0):
        land.AddGeometry(feature.GetGeometryRef())
    land = land.UnionCascaded()
    sea = ogr.CreateGeometryFromWkt("POLYGON ((%d %d,%d %d,%d %d,%d %d,%d %d))" % tuple(
        MONACO[i] for i in (0, 1, 2, 1, 2, 3, 0, 3, 0, 1))).Difference(land)
    off_shore = sea.Difference(land.Buffer(45))  # a cell, and half a one that a line may move
    drawn = ogr.Open(put("bands.gpkg"))
    bands = [(f["site_id"], f["band_min"], f.GetGeometryRef().Clone()) for f in drawn.GetLayer(0)]
    check.equal([b[:2] for b in bands], [(s, b) for s in ("hopital", "casino") for b in (2, 4, 6, 10, 20)], "Monaco, bands: rows")
    check.equal([(b[:2]) for b in bands if not b[2].IsValid() or b[2].Intersection(off_shore).Area() > 1], [],
                "Monaco, bands: valid, nothing over the sea off the shore")
    wet = max(b[2].Intersection(sea).Area() / b[2].Area() for b in bands)
    print("Monaco: at most %.2f %% of a band lies over the water" % (100 * wet))
    check.ok(wet < 0.02, "Monaco, bands: the coast is followed", wet)
    areas = [b[2].Area() for b in bands]
    check.ok(all(0 < a < b for k in (0, 5) for a, b in zip(areas[k:k + 4], areas[k + 1:k + 5])), "Monaco, bands: they grow", areas)


def demonstration():
    plan = support.demo()
    at = folder("demonstration")
    here = lambda *arguments: run(*arguments, cwd=at)
    made = os.path.dirname(plan)
    cover, heights = os.path.join(made, "occupation_sol.tif"), os.path.join(made, "relief.tif")
    for path in (cover, heights):
        is_cog(path, os.path.basename(path))
    kinds = {}
    lows = []
    for classes, metres in zip(cells(cover), cells(heights)):
        for k, m in zip(classes, metres):
            kinds[k] = kinds.get(k, 0) + 1
            lows.append((k == 523, m))
    share = {k: n / len(lows) for k, n in kinds.items()}
    check.ok(None not in kinds, "demo: every cell has a class")
    check.ok(all((m == 0) == sea for sea, m in lows), "demo: the sea, and it alone, lies at 0")
    check.ok(0.05 < share[523] < 0.4 and 0.05 < share[311] + share[312] + share[313] < 0.6 and share[112] > 0.005
             and share[411] > 0.0005 and share[511] > 0.0005, "demo: sea, forest, houses, marsh, river", share)
    done = here("surface", "--cover", cover, "--roads", os.path.join(made, "routes.shp"), "--sites",
                os.path.join(made, "chefs_lieux.csv"), "--crs", "EPSG:2154", "t.tif")
    check.ok(done.code == DONE and "warning" not in done.err, "demo: every town hall stands on passable ground", done)
    check.holds(done.out, ["260 sites"], "demo: sites")
    done = here("surface", "-q", "--cover", cover, "--dem", heights, "f.tif")
    check.equal((done.code, done.err), (DONE, ""), "demo: the heights cover it")


# ---- in a plan
def stages(done):
    return {s["name"]: s["key"] for s in json.loads(done.out)["stages"]}


def bands(path):
    rows = support.Rows(path)
    got = {r[0]: r[1] for r in rows.all("select band_min, area_km2 from coverage")}
    rows.close()
    return got


def plans():
    at = support.territory("plans")
    here = lambda *arguments: run(*arguments, cwd=at)
    put = lambda file: os.path.join(at, file)
    plan = put("plan.ini")
    n, west, north = 90, support.WEST_M - 530, support.SOUTH_M + 8470  # cells that are no multiples of 100 m
    raster(put("lc.tif"), square(111, n), west=west, north=north)
    raster(put("marsh.tif"), square(411, n), west=west, north=north)
    raster(put("fine.tif"), square(111, n), cell=50, west=west, north=north)
    raster(put("dem.tif"), [[10 * c for c in range(2 * n)] for _ in range(2 * n)], cell=50, west=west, north=north)
    section = "[zones]\n"
    flat = here("run", "--json", "plan.ini", "flat.gpkg")
    check.equal(flat.code, DONE, "plan without ground: exit")
    results = {}
    for name, text in (("town", "cover = lc.tif"), ("marsh", "cover = marsh.tif\nclasses = corine"),
                       ("hills", "cover = lc.tif\ndem = dem.tif")):
        support.edit(plan, section, "[surface]\n%s\n\n[zones]\n" % text)
        results[name] = done = here("run", "--json", "plan.ini", name + ".gpkg")
        check.equal((done.code, done.err), (DONE, ""), "plan with %s: exit" % name)
        support.edit(plan, "[surface]\n%s\n\n[zones]\n" % text, section)
    changed = {k for k, v in stages(flat).items() if v != stages(results["town"])[k]}
    check.equal(changed, {"ground", "land", "isochrones", "coverage"}, "plan with ground: the stages that depend on it")
    check.ok(stages(results["town"])["ground"] != stages(results["marsh"])["ground"], "plan: the ground's key holds its files")
    area = {name: bands(put(name + ".gpkg")) for name in ("flat", "town", "marsh", "hills")}
    for band in area["flat"]:
        check.ok(abs(area["town"][band] / area["flat"][band] - 1) < 0.05, "5 km/h everywhere is the default", area)
        check.ok(area["marsh"][band] <= area["town"][band] and area["hills"][band] <= area["town"][band],
                 "marsh and slopes reach no farther", area)
    check.ok(area["marsh"][5] < 0.95 * area["town"][5], "marsh reaches less", area)
    rows = support.Rows(put("hills.gpkg"))
    told = {r[0]: r[1] for r in rows.all("select name, sha256 from provenance where name like 'surface%' and sha256 <> ''")}
    rows.close()
    check.equal((sorted(told), {len(v) for v in told.values()}), (["surface cover", "surface dem"], {64}), "plan: provenance")
    for text, code, pieces in [
            ("cover = fine.tif", FAILED, ["fine.tif", "50 m, not 100 m as cell_m says"]),
            ("cover = absent.tif", FAILED, ["absent.tif"]),
            ("cover = lc.tif\nclasses = mine.csv", FAILED, ["mine.csv"]),
            ("cover = lc.tif\nfriction_unit = h", BAD_USAGE, ["[surface] friction_unit = 'h'", "min/m"]),
            ("classes = corine", BAD_USAGE, ["[surface] needs 'cover = PATH'"]),
            ("covers = lc.tif", BAD_USAGE, ["'covers'", "'cover'"]),
    ]:
        support.edit(plan, section, "[surface]\n%s\n\n[zones]\n" % text)
        before = listing(at)
        done = here("run", "plan.ini", "bad.gpkg")
        check.equal((done.code, listing(at)), (code, before), "plan with %r: exit, nothing written" % text)
        check.holds(done.err, pieces, "plan with %r: message" % text)
        support.edit(plan, "[surface]\n%s\n\n[zones]\n" % text, section)


support.need_quinze()
plans()
covers()
frictions()
burnt()
times()
slopes()
refuses()
rejects()
real()
monaco()
demonstration()
check.end()
