#!/usr/bin/python3
"""Travel times against a second implementation (oracle.py, scipy), to the millisecond and to the site."""
import configparser
import os

import numpy as np
from osgeo import osr

import support
from oracle import Network, Speeds, bdtopo_row, osm_row
from support import Checks, Rows, read_csv, run

check = Checks()


def wgs84_to_lambert93():
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    wgs84.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return osr.CoordinateTransformation(wgs84, support.lambert93())


# ---- what each territory gives: points of the communes, sites of each profession, people
def corsica():
    at = os.path.join(support.DATA, "corsica")
    to_l93 = wgs84_to_lambert93()
    points = {r["insee_com"]: to_l93.TransformPoint(float(r["lon"]), float(r["lat"]))[:2]
              for r in read_csv(os.path.join(at, "commune_points.csv"))}
    gps = sorted(r["insee_com"] for r in read_csv(os.path.join(at, "gp_by_commune.csv")))
    people = {r["insee_com"]: float(r["population"]) for r in read_csv(os.path.join(at, "population.csv"))}
    return (Network(os.path.join(at, "roads.gpkg"), osm_row, Speeds("osm-car")), points,
            {"gp": [("gp-" + code, points[code]) for code in gps]}, people)


def demonstration():
    plan_path = support.demo()
    at = os.path.dirname(plan_path)
    plan = configparser.ConfigParser()
    plan.read(plan_path, encoding="utf-8")
    points = {r["insee_com"]: (float(r["x"]), float(r["y"])) for r in read_csv(os.path.join(at, "chefs_lieux.csv"))}
    people = {r["CODGEO"]: float(r["PMUN"]) for r in read_csv(os.path.join(at, "population.csv"))}
    rows = read_csv(os.path.join(at, "praticiens.csv"))
    sites = {}
    for section in plan.sections():
        if not section.startswith("practitioners "):
            continue
        found = {}
        for r in rows:  # the first row of a site gives its place
            if r["profession"] == plan[section]["profession"] and r["planned"] == "0":
                found.setdefault(r["site_id"], (float(r["x"]), float(r["y"])))
        sites[section.split()[1]] = sorted(found.items())
    return (Network(os.path.join(at, "routes.shp"), bdtopo_row, Speeds("bdtopo-car")), points, sites, people)


def compare(name, plan, made):
    net, points, sites, people = made
    codes = sorted(points)
    origins = [net.snap(*points[c]) for c in codes]
    out = os.path.join(support.work_folder(), name + ".gpkg")
    done = run("run", "-q", "--overwrite", plan, out)
    if not check.equal(done.code, 0, "%s: runs" % name):
        return
    rows = Rows(out)
    got = {}
    for line in support.tool("times", plan).splitlines():
        profession, code, ms, site = line.split(",")
        got.setdefault(profession, {})[code] = (float(ms) if ms else np.inf, site or None)
    check.equal(sorted(got), sorted(sites), "%s: professions" % name)
    for profession, places in sites.items():
        stops = [net.snap(*at) for _, at in places]
        want = net.nearest(stops, origins)
        for code, (ms, j) in zip(codes, want):
            site = None if j is None else places[j][0]
            check.equal(got[profession].get(code), (ms, site), "%s: %s to the nearest %s" % (name, code, profession))
            minutes = rows.one('select %s_time_min from communes where insee_com = ?' % profession, code)
            if np.isfinite(ms):
                check.near(minutes, ms / 60000, 0.00501, "%s: %s_time_min of %s" % (name, profession, code))
            else:
                check.equal(minutes, None, "%s: %s_time_min of %s" % (name, profession, code))
        step = 1 if profession == "gp" else 10
        bounded(name, net, profession, places[::step], stops[::step], codes, origins, people, rows)
    rows.close()


def bounded(name, net, profession, places, stops, codes, origins, people, rows):
    """People at 15 minutes or less of each site, each site searched by itself."""
    for (site, _), stop in zip(places, stops):
        times = net.nearest([stop], origins)
        want = sum(people[c] for c, (ms, _) in zip(codes, times) if ms <= 900000)
        got = rows.one("select people_15min from sites where site_id = ? and profession = ? and not planned", site,
                       profession)
        check.equal(got, want, "%s: people 15 min from %s" % (name, site))


# ---- where an end of a one-way road is the nearest point, the place is the crossing, not the road
def one_way_ends(dx, dy, reverse):
    """A trap at the crossing of Ambly: a one-way ring road leaves it and comes back."""
    at = support.territory("ends")
    (ax, ay), (bx, by) = support.middle(0, 0), support.middle(1, 0)
    ring = [(ax, ay), (ax + dx, ay), (ax + dx, ay + dy), (ax, ay + dy), (ax, ay)]
    ring = ring[::-1] if reverse else ring
    rows = [(["primary", "yes"], "LINESTRING (%r %r,%r %r)" % (*p, *q)) for p, q in zip(ring, ring[1:])]
    os.remove(os.path.join(at, "roads.gpkg"))
    support.save_roads(os.path.join(at, "roads.gpkg"), rows + support.road_rows())
    direct = round(np.hypot(bx - ax, by - ay) / 2 * 3600 / 65) * 2
    for seat, home in (("01001", "01002"), ("01002", "01001")):
        support.write(os.path.join(at, "gp.csv"), "insee_com,heads\n%s,1\n" % seat)
        times = dict(line.split(",")[1:3] for line in support.tool("times", os.path.join(at, "plan.ini")).splitlines())
        check.equal(times[home], str(direct), "one-way ring %+d %+d%s: from %s to %s" % (
            dx, dy, " turned round" if reverse else "", home, seat))


support.need_quinze()
compare("demo", support.demo(), demonstration())
if support.have_shared():
    compare("corsica", support.CORSICA_PLAN, corsica())
for dx, dy in ((500, 700), (-500, 700), (500, -700), (-500, -700)):
    for reverse in (False, True):
        one_way_ends(dx, dy, reverse)
check.end()
