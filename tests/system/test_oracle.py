#!/usr/bin/python3
"""Travel times against a second implementation (oracle.py, scipy), to the millisecond and to the site; then people by
cells, each by its own time."""
import configparser
import os
import re

import numpy as np
from osgeo import osr

import register
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
    heads = {"gp-" + r["insee_com"]: float(r["heads"]) for r in read_csv(os.path.join(at, "gp_by_commune.csv"))}
    return (Network(os.path.join(at, "roads.gpkg"), osm_row, Speeds("osm-car")), points,
            {"gp": [("gp-" + code, points[code]) for code in gps]}, people,
            ({site: n * register.CONSULTATIONS_PER_FTE for site, n in heads.items()}, people))


def demonstration():
    plan_path = support.demo()
    at = os.path.dirname(plan_path)
    plan = configparser.ConfigParser()
    plan.read(plan_path, encoding="utf-8")
    points = {r["insee_com"]: (float(r["x"]), float(r["y"])) for r in read_csv(os.path.join(at, "chefs_lieux.csv"))}
    people = {r["CODGEO"]: float(r["PMUN"]) for r in read_csv(os.path.join(at, "population.csv"))}
    posts = {s.split()[1]: register.posts(s.split()[1], plan[s], at, points) for s in plan.sections()
             if s.startswith("practitioners ")}
    factor = register.factors(at, "gp", people)
    return (Network(os.path.join(at, "routes.shp"), bdtopo_row, Speeds("bdtopo-car")), points,
            {key: register.sites(found) for key, found in posts.items()}, people,
            (register.supply(posts["gp"]), {c: people[c] * factor[c] for c in people}))


def compare(name, plan, made):
    net, points, sites, people, (supplied, demand) = made
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
        links = bounded(name, net, profession, places[::step], stops[::step], codes, origins, people, rows)
        if profession == "gp":
            shared(name, links, supplied, demand, people, rows)
    rows.close()


def bounded(name, net, profession, places, stops, codes, origins, people, rows):
    """People at 15 minutes or less of each site, each site searched by itself; gives all the times."""
    links = []
    for (site, _), stop in zip(places, stops):
        times = net.nearest([stop], origins)
        want = sum(people[c] for c, (ms, _) in zip(codes, times) if ms <= 900000)
        got = rows.one("select people_15min from sites where site_id = ? and profession = ? and not planned", site,
                       profession)
        check.equal(got, want, "%s: people 15 min from %s" % (name, site))
        links += [(code, site, ms) for code, (ms, _) in zip(codes, times)]
    return links


def shared(name, links, supplied, demand, people, rows):
    """The APL of each commune and of all, minutes to the second nearest: from those times, by plain loops."""
    scores, lost = register.score(links, supplied, demand)
    check.near(sum(demand[c] * scores[c] for c in demand) + lost, sum(supplied.values()), 1e-6 * sum(supplied.values()),
               "%s: the score here conserves the supply" % name)
    got = {r["insee_com"]: r for r in rows.all("select * from communes")}
    for code, want in scores.items():
        check.near(got[code]["gp_apl"], want, 0.000501, "%s: gp_apl of %s" % (name, code))
        second = sorted(ms for origin, _, ms in links if origin == code)[1]
        check.near(got[code]["gp_second_min"], second / 60000, 0.00501, "%s: gp_second_min of %s" % (name, code))
    check.near(rows.one("select gp_apl from territories where level = 'all'"),
               sum(demand[c] * scores[c] for c in demand) / sum(demand.values()), 0.000501, "%s: gp_apl of all" % name)


# ---- population cells: codes read, places, times and weights all by other means
def centre(code, to_l93):
    side, north, east = map(int, re.fullmatch(r"CRS3035RES(\d+)mN(\d+)E(\d+)", code).groups())
    return to_l93.TransformPoint(east + side / 2, north + side / 2)[:2]


def by_cells(plan, net, sites):
    """Mean time and shares of the communes that a threshold cuts, and of some others, from their cells."""
    europe = osr.SpatialReference()
    europe.ImportFromEPSG(3035)
    europe.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    to_l93 = osr.CoordinateTransformation(europe, support.lambert93())
    out = os.path.join(support.work_folder(), "cells.gpkg")
    check.equal(run("run", "-q", "--overwrite", plan, out).code, 0, "cells: runs")
    rows, cells = Rows(out), {}
    for r in read_csv(os.path.join(os.path.dirname(plan), "carreaux.csv")):
        cells.setdefault(r["lcog_geo"], []).append((centre(r["idcar_nat"], to_l93), float(r["ind"])))
    chosen = [r[0] for r in rows.all("select insee_com from communes order by abs(gp_share_15min - 0.5), insee_com limit 8")]
    chosen += sorted(cells)[::60]
    stops = [net.snap(*at) for _, at in sites]
    for code in chosen:
        times = [ms for ms, _ in net.nearest(stops, [net.snap(*at) for at, _ in cells[code]])]
        ind = np.array([people for _, people in cells[code]])
        times = np.array(times)
        reached = np.isfinite(times)
        mean = (times[reached] * ind[reached]).sum() / ind[reached].sum() / 60000 if reached.any() else None
        check.near(rows.one("select gp_time_min from communes where insee_com = ?", code), mean, 0.0051,
                   "cells: mean time of %s" % code)
        for band in (5, 10, 15, 20, 30):
            check.near(rows.one("select value from indicators where code = ? and profession = 'gp' and indicator = ?", code,
                                "share_within_%dmin" % band), ind[times <= band * 60000].sum() / ind.sum(), 5.1e-5,
                       "cells: share of %s within %d min" % (code, band))
    rows.close()


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
made = demonstration()
points_only = os.path.join(os.path.dirname(support.demo()), "points.ini")
support.write(points_only, open(support.demo(), encoding="utf-8").read().replace("[cells]", "").replace(
    "file=carreaux.csv", "").encode())
compare("demo", points_only, made)
by_cells(support.demo(), made[0], made[2]["gp"])
if support.have_shared():
    compare("corsica", support.CORSICA_PLAN, corsica())
for dx, dy in ((500, 700), (-500, 700), (500, -700), (-500, -700)):
    for reverse in (False, True):
        one_way_ends(dx, dy, reverse)
check.end()
