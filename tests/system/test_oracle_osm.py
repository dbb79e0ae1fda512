#!/usr/bin/python3
"""OpenStreetMap files against a second implementation (oracle_osm.py): every time of 'matrix' and 'nearest' to the millisecond,
every pair without a way. Andorra is a whole country, the centre of Le Mans and Porto have turn restrictions."""
import os
import random

import numpy as np

import support
from oracle import Speeds
from oracle_osm import OsmNetwork
from support import Checks, read_csv, run

check = Checks()
FAR_AWAY_M = 20000


# ---- places
def along_roads(net, chance, n):
    """Near points of roads, some of them at a crossing to the last digit."""
    for _ in range(n):
        line = net.lines[chance.randrange(len(net.lines))]
        x, y = line[chance.randrange(len(line))]
        aside = chance.choice((0, 0.4, 30))
        yield x + chance.uniform(-aside, aside), y + chance.uniform(-aside, aside)


def anywhere(net, chance, n):
    every = np.concatenate(net.lines)
    (west, south), (east, north) = every.min(axis=0), every.max(axis=0)
    for _ in range(n):
        yield chance.uniform(west, east), chance.uniform(south, north)


def within(net, x):
    """On a road, off its middle: half of an odd number of milliseconds may be rounded up or down."""
    p = net.lines[x // 2]
    k = (len(p) - 1) // 2
    return tuple(p[k] + (p[k + 1] - p[k]) * 0.437)


def before_turns(net):
    return [within(net, by) for by, _, _ in net.turns]


def after_turns(net):
    return [within(net, onto) for _, onto, _ in net.turns]


def with_stops(net, places):
    """(x, y, stop); where two roads are equally near either may be taken, so such a place is left out."""
    found = [(float(x), float(y), net.snap(x, y)) for x, y in dict.fromkeys(places)]
    return [p for p in found if p[2] is None or net.one_place(p[2])]


# ---- what quinze says
def save(path, places):
    support.write(path, "id,x,y\n" + "".join("%d,%r,%r\n" % (i, x, y) for i, (x, y, _) in enumerate(places)))


def ask(at, command, path, crs, *options):
    """{(origin, site): milliseconds}, of nearest with site None where there is none."""
    out = os.path.join(at, command + ".csv")
    done = run(command, "-q", "--crs", crs, "--profile", "osm-car", *options, path, os.path.join(at, "s.csv"),
               os.path.join(at, "o.csv"), out)
    if not check.equal(done.code, support.DONE, "%s of %s: runs" % (command, os.path.basename(path))):
        return []
    return [(int(r["origin"]), int(r["site"]) if r["site"] else None,
             round(float(r["seconds"]) * 1000) if r["seconds"] else np.inf) for r in read_csv(out)]


def all_pairs(net, sites, stops):
    return {(i, j): ms for j, site in enumerate(sites) for i, (ms, _) in enumerate(net.nearest([site[2]], stops))}


def compare(name, epsg, n_origins, n_sites, n_turns):
    path = os.path.join(support.DATA, "osm", name + ".osm.pbf")
    net = OsmNetwork(path, epsg, Speeds("osm-car"))
    chance = random.Random(epsg)
    sites = with_stops(net, [*along_roads(net, chance, n_sites // 2), *anywhere(net, chance, n_sites - n_sites // 2),
                             *after_turns(net)[:n_turns]])
    origins = with_stops(net, [*along_roads(net, chance, n_origins // 2), *anywhere(net, chance, n_origins // 2),
                               *before_turns(net)[:n_turns], *((x, y) for x, y, _ in sites[:3]),
                               tuple(np.concatenate(net.lines).max(axis=0) + FAR_AWAY_M)])
    at = support.folder(name)
    save(os.path.join(at, "s.csv"), sites)
    save(os.path.join(at, "o.csv"), origins)
    crs = "EPSG:%d" % epsg
    got = {(i, j): ms for i, j, ms in ask(at, "matrix", path, crs, "--limit-min", "1440")}
    stops = [stop for _, _, stop in origins]
    want = all_pairs(net, sites, stops)
    for (i, j), ms in want.items():
        check.equal(got.pop((i, j), np.inf), ms, "%s: from %r to %r" % (name, origins[i][:2], sites[j][:2]))
    check.equal(got, {}, "%s: no pairs but these" % name)
    nearest = net.nearest([site[2] for site in sites], stops)
    check.equal(ask(at, "nearest", path, crs), [(i, j, ms) for i, (ms, j) in enumerate(nearest)], "%s: nearest" % name)
    if n_turns:
        n = len(net.turns)
        net.make_states([])
        longer = sum(ms < want[pair] for pair, ms in all_pairs(net, sites, stops).items())
        print("%s: %d turn restrictions make %d trips longer" % (name, n, longer))
        check.ok(longer > 0, "%s: turn restrictions make some trips longer" % name)


if support.have_shared():
    support.need_quinze()
    compare("andorra", 25831, 300, 16, 0)
    compare("le_mans_centre", 2154, 100, 10, 1000)
    compare("porto", 3763, 100, 4, 4)
check.end()
