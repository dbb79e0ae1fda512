#!/usr/bin/python3
"""Zones, areas, zonage, threat, siting, overlays, tables: the rules alone, applied a second time in Python (land.py) to the
demonstration and to Corsica. Times are those of quinze matrix; figures of zones come from the layer communes by SQL."""
import itertools
import json
import os
import random
import re

import numpy as np
from osgeo import ogr

import support
from land import (COORDINATED, FIRST_HORIZON, LIMIT_MS, Land, Siting, best_cover, dist, figure_sql, group_demand, needs,
                  objective, points, rank_of, served_by, simulated, to_lambert93, unzoned)
from support import BAD_USAGE, DONE, FAILED, Checks, Rows, content, read_csv, run, write

check = Checks()
PLACES = ("maison", "centre", "maternity", "emergency")  # of care: rows are places, not people


def ran(plan, name, *options, command="run"):
    out = os.path.join(support.work_folder(), name + ".gpkg")
    done = run(command, "-q", "--overwrite", *options, plan, out)
    return Rows(out) if check.equal(done.code, DONE, "%s: runs (%s)" % (name, done.err.strip())) else None


def variant(name, *edits, base=None):
    """A demonstration's plan with general practitioners alone, no drawings, no long table; some of its text replaced."""
    base, kept, keep = base or support.demo(), [], True
    for line in content(base).decode().splitlines():
        if line.startswith("["):
            keep = not line.startswith("[practitioners ") or line == "[practitioners gp]"
        kept += [line] if keep else []
    text = "\n".join(kept) + "\nindicators=none\n[isochrones]\nprofession=none\n"
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = os.path.join(os.path.dirname(base), name + ".ini")
    write(path, text)
    return path


# ---- three15
def three15(land, seats, low=7500, high=22500, limit_ms=LIMIT_MS):
    """Every zone keeps the rules; nobody is left out who could simply join; the reasons of those left out are true."""
    zones, groups, name, people = land.zones("three15"), land.members("zone_three15"), land.name, land.people
    check.ok(zones and set(zones) == set(groups), "%s: zones of the layer are those of the communes" % name, set(zones) ^ set(groups))
    bad = {"contiguous": [], "people": [], "time": [], "seat": [], "figures": [], "open": []}
    inside = set().union(*groups.values())
    for zone, members in groups.items():
        z = zones[zone]
        seat, count = z["seat_insee"], sum(people[c] for c in members)
        slow = [land.ms.get((seat, c), 1e12) for c in members]
        bad["contiguous"] += [zone] if land.piece(seat, members) != members else []
        bad["people"] += [zone] if count < low or count > high and len(members) > 1 else []
        bad["time"] += [zone] if max(slow) > limit_ms else []
        bad["seat"] += [zone] if seat not in members or seat not in seats or z["seat_nom"] != land.row[seat]["nom"] else []
        if z["communes"] != len(members) or abs(z["people"] - count) > 0.06 * len(members) or \
                abs(z["max_time_min"] - max(slow) / 60000) > 0.0051:
            bad["figures"].append(zone)
        bad["open"] += [(zone, c) for c in people if c not in inside and 0 < people[c] <= high - count and
                        land.ms.get((seat, c), 1e12) <= limit_ms and any(land.touch(c, m) for m in members)]
    for what, found in bad.items():
        check.equal(found, [], "%s: three15: %s" % (name, what))
    alone = [c for c in seats if c not in inside and people[c] >= low]
    check.equal(alone, [], "%s: three15: a commune that is a zone by itself is in one" % name)
    check.equal(land.polygons("three15", groups), [], "%s: three15: polygons are the union of the members" % name)
    total, bound = sum(people[c] for c in inside), {z["bound"] for z in zones.values()}
    check.equal({z["objective"] for z in zones.values()}, {total}, "%s: three15: objective is the people in zones" % name)
    check.ok(len(bound) == 1 and total <= min(bound) <= sum(people.values()), "%s: three15: bound" % name, (total, bound))
    left_out(land, seats, inside, low, high, limit_ms)


def left_out(land, seats, inside, low, high, limit_ms):
    wrong = []
    for c in sorted(set(land.people) - inside):
        want, most = unzoned(land, c, seats, low, high, limit_ms)
        text = (land.row[c]["reasons"] or "").replace("\u202f", "")
        few = re.search(r"(\d+) habitants \(au plus (\d+)\)", text)
        if not text.startswith("hors zone") or not any(w in text for w in want) or few and (int(few[1]), int(few[2])) != (low, round(most)):
            wrong.append((c, want, most, text))
    check.equal(wrong[:3], [], "%s: reasons of %d communes in no zone" % (land.name, len(set(land.people) - inside)))


# ---- figures of zones, by SQL
FIXED = set("fid geom zone_id kind rank rank_low rank_high score seat_insee seat_nom code nom class communes people structured missing "
            "people_beyond_15_now people_beyond_15_after max_time_min class_share colour reasons objective bound delai".split())
PER_COMMUNE = re.compile(r"heads|fte|beyond|fragile")


def figures(rows, name, kind, key, by="zone_id"):
    """Every figure column of a kind of zones is what its communes' come to."""
    columns, names = [c for c in rows.columns("zones") if c not in FIXED], rows.columns("communes")
    unknown, wrong, compared = [], [], 0
    zones = {r[by]: r for r in rows.all("select * from zones where kind = ?", kind)}
    rows.db.execute("create temp table if not exists std as select profession, code, value as std from indicators where "
                    "level = 'commune' and indicator = 'population_std'")
    for column in columns:
        how = figure_sql(column, names)
        if how is None:
            unknown.append(column)
            continue
        sql = "select %s, %s, count(*) from communes left join std on code = insee_com and profession = '%s' where %s is not " \
              "null group by 1" % (key, how[0], column.split("_")[0], key)
        for zone, value, n in rows.all(sql):
            if zone not in zones:
                continue
            got, slack = zones[zone][column], how[1] * (n + 1 if PER_COMMUNE.search(column) and "100k" not in column else 1)
            if "shortfall" in column or "per_100k" in column:
                slack = 0.0051 * (n + 1) + 0.02 if "shortfall" in column else 0.06 + 0.0051 * n * 1e5 / zones[zone]["people"]
            compared += 1
            if (got is None) != (value is None) or got is not None and abs(got - value) > slack:
                wrong.append((column, zone, got, value))
    check.equal(unknown, [], "%s: every figure column of zones is known here" % name)
    check.ok(compared > 10 and not wrong, "%s: figures of %s zones from their communes" % (name, kind), (len(wrong), wrong[:4]))
    if "delai" in names:
        means = rows.all("select %s, sum(delai * population) / sum(case when delai is not null then population end) from communes "
                         "where %s is not null group by 1" % (key, key))
        off = [(z, v, zones[z]["delai"]) for z, v in means if z in zones and (v is None) != (zones[z]["delai"] is None) or
               v is not None and z in zones and abs(v - zones[z]["delai"]) > 0.001]
        check.equal(off[:3], [], "%s: the table in %s zones is the mean by people" % (name, kind))


def structures(land, rows):
    """missing = 15 less the people in coordinated structures of the zone; unknown structures: 15."""
    told = "structure" in rows.columns("sites")
    groups, zones, wrong, heads = land.members("zone_three15"), land.zones("three15"), [], {}
    for r in rows.all("select * from sites"):
        if told and r["structure"] in COORDINATED and not r["planned"] and r["profession"] not in PLACES:
            heads[r["insee_com"]] = heads.get(r["insee_com"], 0) + r["heads"]
    for zone, members in groups.items():
        there, z = sum(heads.get(c, 0) for c in members), zones[zone]
        if abs(z["missing"] - max(0, 15 - there)) > 0.051 or told and abs(z["structured"] - there) > 0.051:
            wrong.append((zone, z["missing"], there))
        if not told and "structures d'exercice inconnues" not in z["reasons"]:
            wrong.append((zone, z["reasons"]))
    check.equal(wrong, [], "%s: professionals missing" % land.name)


# ---- areas
def judged_mean(people, wanted, ratio):
    """Communes larger than an area may be are left out, one area each, until none is; and how many they are."""
    people, large = sorted(people, reverse=True), 0
    while large < wanted - 1 and people[large] > (1 + ratio) * sum(people[large:]) / (wanted - large):
        large += 1
    return sum(people[large:]) / (wanted - large), large


def areas(land, wanted, ratio=0.25):
    groups, zones, name = land.members("zone_area"), land.zones("area"), land.name
    check.equal(sum(map(len, groups.values())), len(land.row), "%s: every commune is in an area" % name)
    check.equal((len(groups), set(groups)), (wanted, set(zones)), "%s: as many areas as asked" % name)
    broken = [a for a, m in groups.items() if land.piece(zones[a]["seat_insee"], m) != m or zones[a]["seat_insee"] not in m]
    check.equal(broken, [], "%s: areas of one piece, round a member" % name)
    mean, large = judged_mean(list(land.people.values()), wanted, ratio)
    count = {a: sum(land.people[c] for c in m) for a, m in groups.items()}
    even = sum(abs(n - mean) <= ratio * mean * (1 + 1e-9) and max(land.people[c] for c in groups[a]) <= (1 + ratio) * mean
               for a, n in count.items())
    severity, text = land.rows.one("select severity, message from diagnostics where source = 'areas' and code = 'balance'")
    check.ok(text.startswith("%d of %d areas are within %.0f %% of %.0f people" % (even, wanted, 100 * ratio, mean)) and
             ("the %d communes" % large in text) == (large > 0), "%s: balance as told" % name, (text, even, large))
    check.equal(severity, "warning" if even < 0.9 * wanted else "note", "%s: balance: how grave" % name)
    parts, left = [], set(land.row)
    while left:
        parts.append(land.piece(min(left), left))
        left -= parts[-1]
    most = wanted - sum(1 for p in parts if sum(land.people[c] for c in p) < (1 - ratio) * mean) - large
    check.ok(even <= most and (even == most or ratio < 0.25), "%s: all areas are even that can be" % name, (even, most))
    cost = sum(land.people[c] * min(land.ms.get((zones[a]["seat_insee"], c), 7200000), 7200000) / 60000
               for a, m in groups.items() for c in m)
    z = next(iter(zones.values()))
    check.near(z["objective"], cost, 0.1 + 1e-6 * cost, "%s: areas: people times minutes" % name)
    check.ok(0 < z["bound"] <= z["objective"], "%s: areas: bound" % name, (z["bound"], z["objective"]))
    check.equal(land.polygons("area", groups), [], "%s: areas: polygons are the union of the members" % name)
    return parts


# ---- scores and ranks
def terms_of(rows, section):
    text = rows.one("select value from provenance where name = '[%s] score'" % section)
    return [t.split() for t in text.split(",")]


def told_rank(r):
    return r["rank"], r["rank_low"], r["rank_high"], r["score"]


def ranked(name, terms, values, whole, got, slack=0.06):
    """values: {thing: {column: value or None}}; got: what is told of some. Ranges: every weight 20 % up or down."""
    need, ranges = needs(terms, values, whole), {thing: [] for thing in got}
    score = points(terms, need, values, [1] * len(terms))
    for thing, (rank, low, high, told) in got.items():
        first, last = rank_of(score, thing, 2 * slack)
        check.ok(low <= rank <= high and first <= rank <= last, "%s: rank of %s" % (name, thing), (got[thing], first, last))
        check.near(told, score[thing], slack, "%s: score of %s" % (name, thing))
    for moved in itertools.product((0.8, 1.2), repeat=len(terms)):
        score = points(terms, need, values, moved)
        for thing in got:
            ranges[thing].append(rank_of(score, thing, 2 * slack))
    for thing, (_, low, high, _) in got.items():
        firsts, lasts = zip(*ranges[thing])
        check.ok(min(firsts) <= low <= min(lasts) and max(firsts) <= high <= max(lasts), "%s: ranks of %s as weights move" %
                 (name, thing), (low, high, min(firsts), min(lasts), max(firsts), max(lasts)))
    return need


def scores(land, name, level=None, wanted=5, only=None):
    """Ranks of three15, and of the most threatened territories of a level, some with people in an overlay only."""
    rows, groups = land.rows, {}
    whole = lambda key: rows.one("select %s from territories where level = 'all'" % key)
    zones = {r["zone_id"]: r for r in rows.all("select * from zones where kind = 'three15'")}
    ranked(name + ": three15", terms_of(rows, "zones"), zones, whole, {z: told_rank(r) for z, r in zones.items()})
    check.equal([z for z, _ in sorted(zones.items(), key=lambda p: p[1]["rank"])], ["T%03d" % (i + 1) for i in range(len(zones))],
                name + ": zones are numbered by rank")
    if not level:
        return
    for r in land.row.values():
        groups.setdefault(r["siren_epci"], []).append(r)
    places = {}
    for r in rows.all("select * from territories where level = ? and population > 0", level):
        mine = groups[r["code"]]
        if not only or any(c[only + "_share"] > 0 and c["population"] > 0 for c in mine):
            places[r["code"]] = dict(r, frr=sum(c["population"] * c["frr_share"] for c in mine) / r["population"])
    got = {r["code"]: told_rank(r) for r in rows.all("select * from zones where kind = 'threat'")}
    check.equal(sorted(g[0] for g in got.values()), list(range(1, min(wanted, len(places)) + 1)), name + ": the first threatened")
    ranked(name + ": threat", terms_of(rows, "threat"), places, whole, got)


# ---- zonage
def zonage(rows, name, zip_ratio=0.15, zac_ratio=0.20, by_hand=None, split=False, density=False):
    units = {r["code"]: r for r in rows.all("select * from territories where level = 'tvs'")}
    people = {t: r["population"] for t, r in units.items()}
    value = {t: r["gp_per_100k"] if density else r["gp_apl"] for t, r in units.items()}
    gauge = {"ZIP": zip_ratio * sum(people.values()), "ZAC": 0 if density else zac_ratio * sum(people.values())}
    want, held = simulated(people, value, gauge, by_hand or {}, split, density)
    got = {t: {r[0] for r in rows.all("select distinct zone_zonage from communes where code_tvs = ?", t)} for t in units}
    check.equal({t: got[t] for t in units if got[t] != {want[t]}}, {}, "%s: classes (wanted %s)" % (name, want))
    layer = {r["code"]: r["class"] for r in rows.all("select code, class from zones where kind = 'zonage'")}
    check.equal(layer, want, "%s: classes of the layer zones" % name)
    note = rows.one("select message from diagnostics where source = 'zonage' and code = 'gauges'")
    check.holds(note, ["%.0f people in %s of a gauge of %.0f" % (held["ZIP"], "fragile zones" if "2011" in note else "ZIP", gauge["ZIP"])], "%s: gauges told" % name)
    if not density:
        check.holds(note, ["%.0f in ZAC of %.0f" % (held["ZAC"], gauge["ZAC"])], "%s: gauge of ZAC told" % name)
    hz = "case when zone_official = 'ZAR' then 'HZ' else zone_official end"
    wanted = [tuple(r) for r in rows.all("select insee_com, zone_official, zone_zonage from communes where zone_zonage <> %s order by 1" % hz)]
    check.equal([tuple(r) for r in rows.all("select insee_com, zone_official, zone_zonage from zonage_disagreements order by 1")],
                wanted, "%s: disagreements" % name)
    return value, people, want


def sited(s, rows, name, demand, served, seats, model="covering", wanted=5, limit_ms=LIMIT_MS, apart_m=0, taken=()):
    """All that is told of the proposed sites; and no other choice of as many is better."""
    sites = {r["insee_com"]: r for r in rows.all("select * from implantations order by rank")}
    order = sorted(sites, key=lambda c: sites[c]["opening_order"])
    value = lambda chosen: objective("covering" if model == "set-cover" else model, demand, served, s.nearest(list(chosen)), limit_ms)
    check.ok(set(sites) <= set(seats) and (model == "set-cover" or len(sites) == wanted), "%s: as many candidates as asked" % name, order)
    told = {(r["model"], r["objective"], r["bound"], r["gap"]) for r in sites.values()}
    check.equal(len(told), 1, "%s: one objective and bound" % name)
    _, got, bound, gap = told.pop()
    want = len(sites) if model == "set-cover" else value(order)
    check.near(got, want, 0.06 + 1e-6 * abs(want), "%s: objective" % name)
    check.ok(got <= bound + 0.06 if model == "covering" else bound <= got + 0.06, "%s: bound" % name, (got, bound))
    check.near(gap, abs(got - bound) / max(got, 1e-9), 1e-5, "%s: gap" % name)
    gain = lambda done, c: abs(value(done + [c]) - value(done))
    late = [c for k, c in enumerate(order) if gain(order[:k], c) < max(gain(order[:k], o) for o in order[k:]) - 0.01]
    check.equal(late, [], "%s: opening order is greedy" % name)
    site_figures(s, rows, name, sites, order, demand, served, limit_ms)
    terms = terms_of(rows, "siting")
    values = {c: {t[0]: r["people_badly_served_horizon" if t[0] == "people_badly_served" else t[0]] for t in terms} for c, r in sites.items()}
    need = ranked(name, terms, values, None, {c: told_rank(r) for c, r in sites.items()})
    off = [(c, t[0]) for c, r in sites.items() for t in terms if abs(need[c, t[0]] - r["term_" + t[0]]) > 0.001]
    check.equal(off, [], "%s: terms of the score" % name)
    free = sorted(c for c in seats if not any(dist(s.land.points[c], p) < apart_m for p in taken))
    good = lambda chosen: all(dist(s.land.points[a], s.land.points[b]) >= apart_m for a, b in itertools.combinations(chosen, 2))
    check.ok(good(order) and set(order) <= set(free), "%s: far enough apart" % name)
    if model == "set-cover":
        return sites
    dice, sign = random.Random(15), 1 if model == "covering" else -1
    others = itertools.combinations(free, 2) if wanted == 2 else (dice.sample(free, wanted) for _ in range(200))
    swaps = [order[:k] + [c] + order[k + 1:] for k in range(wanted) for c in free if c not in order]
    better = [t for t in itertools.chain(others, swaps) if good(t) and sign * (value(t) - got) > 0.06]
    check.equal(better[:1], [], "%s: no other choice is better" % name)
    if model == "covering" and not apart_m:
        best = best_cover(s, demand, served, free, limit_ms, wanted)
        check.ok(0.998 * best <= got <= best + 0.06 and bound >= best - 0.06, "%s: near the best, under the bound" % name, (got, best, bound))
    return sites


def site_figures(s, rows, name, sites, order, demand, served, limit_ms):
    nearest = np.array([s.ms[c] for c in order])
    by = np.where((nearest.min(axis=0) < served) & (nearest.min(axis=0) <= limit_ms), nearest.argmin(axis=0), -1)
    structures_at = dict(rows.all("select distinct coalesce(finess, site_id), insee_com from sites where structure in %r" % (COORDINATED,)))
    for c, r in sites.items():
        reach, near = {o for o in s.land.people if s.land.ms.get((c, o), 1e12) <= limit_ms}, s.ms[c] <= limit_ms
        want = {"people_15min": s.people[s.ms[c] <= LIMIT_MS].sum(),
                "people_badly_served_now": s.people[near & (s.score[0] < 2.5)].sum(),
                "people_badly_served_horizon": s.people[near & (s.score[FIRST_HORIZON] < 2.5)].sum(),
                "people_gained": demand[near & (served > limit_ms)].sum(),
                "people_added": demand[near & (served > limit_ms) & (nearest[:order.index(c)] > limit_ms).all(axis=0)].sum(),
                "people_served": demand[by == order.index(c)].sum(),
                "heads_leaving": sum(s.land.row[o]["gp_heads_lost_horizon"] for o in reach),
                "structures_15min": sum(at in reach for at in structures_at.values()),
                "gp_at_seat": s.land.row[c]["gp_heads"]}
        off = {k: (r[k], v) for k, v in want.items() if abs(r[k] - v) > (0.051 if "people" in k else 0.0051 * (len(reach) + 1))}
        check.equal(off, {}, "%s: figures of site %s" % (name, c))
        check.equal(r["zone_official"], s.land.row[c]["zone_official"], "%s: class in force of %s" % (name, c))
    wrong, by_rank = [], list(sites)
    for c, r in s.land.row.items():
        mine, rank = (s.commune == c) & (by >= 0), r["site_rank"]
        part = np.bincount(by[mine], demand[mine], len(order))
        if (part.max() > 0) != (rank is not None) or rank and part[order.index(by_rank[rank - 1])] < part.max() - 0.05:
            wrong.append((c, rank, part))
    check.equal(wrong[:3], [], "%s: communes and the site that serves them" % name)


# ---- plans that cannot be
FRR, DELAI = "[overlay frr]", "delai 0.1"
STOPPED = [  # name, edits, exit code, pieces
    ("least people above the most", [("[output]", "[zones]\npeople_min=30000\n[output]")], BAD_USAGE, ["people_min", "people_max"]),
    ("more areas than communes", [("areas=8", "areas=400")], BAD_USAGE, ["[areas]", "400", "60"]),
    ("one area and an island", [("areas=8", "areas=1")], FAILED, ["[areas]", "2 pieces", "99029", "394 people"]),
    ("more sites than candidates", [("sites=5", "sites=400")], BAD_USAGE, ["[siting]", "400", "16 communes"]),
    ("sites too far apart", [("sites=5", "sites=5\napart_km=200")], BAD_USAGE, ["[siting]", "apart_km"]),
    ("a gauge over 100 %", [("zip_percent=15", "zip_percent=150")], BAD_USAGE, ["zip_percent", "150", "100"]),
    ("gauges of nobody knows what", [("zip_percent=15\n", "")], BAD_USAGE, ["[zonage]", "zip_percent", "2021"]),
    ("a regime of no year", [("regime=2021", "regime=2019")], BAD_USAGE, ["'2019'", "2021"]),
    ("an unknown term", [("gp_per_100k 0.3", "gp_per_100 0.3")], BAD_USAGE, ["[threat]", "'gp_per_100'", "did you mean 'gp_per_100k'"]),
    ("an unknown table as a term", [(DELAI, "delais 0.1")], BAD_USAGE, ["'delais'", "did you mean 'delai'"]),
    ("an unknown level", [("level=epci", "level=epcis")], BAD_USAGE, ["'epcis'", "epci"]),
    ("an unknown overlay", [("[siting]", "[seats]\nonly=fr\n[siting]")], BAD_USAGE, ["[seats] only", "'fr'"]),
    ("a list of no candidates", [("[siting]", "[seats]\nwho=list\n[siting]")], BAD_USAGE, ["[candidates]", "file"]),
    ("a table named as a column", [("[threat]", "[table people]\nfile=zonages.csv\nvalue=delai_jours\n[threat]")], BAD_USAGE, ["[table people]"]),
    ("a table named as an overlay", [("[threat]", "[table frr]\nfile=zonages.csv\nvalue=delai_jours\n[threat]")], BAD_USAGE, ["frr"]),
    ("an unknown demand", [("[siting]", "[siting]\ndemand=aged")], BAD_USAGE, ["demand", "'aged'"]),
]


# What only the work itself shows; the rest quinze check finds too.
LATE = ("one area and an island", "more sites than candidates", "sites too far apart", "gauges of nobody knows what",
        "an unknown term", "an unknown table as a term")


def stopped(base, name, edits, code, pieces):
    done = run("run", variant("stopped", *edits, base=base), os.path.join(support.work_folder(), "stopped.gpkg"), timeout=30)
    check.equal(done.code, code, "%s: exit (%s)" % (name, done.err.strip()))
    check.holds(done.err, pieces, "%s: message" % name)
    check.ok(not re.search(r"commune \d{1,3}\b|region \d\b", done.err), "%s: codes, not numbers of rows" % name, done.err)
    check.ok(not os.path.exists(os.path.join(support.work_folder(), "stopped.gpkg")), "%s: nothing written" % name)
    if name not in LATE:
        check.equal(run("check", os.path.join(os.path.dirname(base), "stopped.ini"), timeout=30).code, code, "%s: quinze check finds it" % name)


def told(name, edits, source, severity, pieces):
    """The run goes on, and diagnostics say so."""
    rows = ran(variant("told", *edits), "told")
    if rows is None:
        return None
    found = [m for s, m in rows.all("select severity, message from diagnostics where source like ?", source + "%") if s == severity]
    check.ok(any(all(p in m for p in pieces) for m in found), "%s: told" % name, (pieces, found))
    return rows


def small():
    """What needs a run of its own."""
    at = os.path.dirname(support.demo())
    write(os.path.join(at, "liste.csv"), "insee_com\n99001\n99002\n")
    listed = ("[threat]", "[overlay liste]\nfile=liste.csv\nvintage=2026\n[threat]")
    stopped(support.demo(), "a list of one column", [listed], FAILED, ["liste.csv", "one column", "comma"])
    write(os.path.join(at, "liste.csv"), "insee_com,\n99001,\n99002,\n")
    write(os.path.join(at, "vide.csv"), "code,classe,motif\n99010,,sans classe\n")
    edits = [("derogations.csv", "vide.csv"), listed, ("date=", "mask_under=4\ndate="),
             ("sites=5", "sites=5\nmodel=set-cover\nshare_percent=20\ndemand=people")]
    rows = told("a class by hand left empty", edits, "", "reject", ["99010"])
    if rows is None:
        return
    check.equal([tuple(r) for r in rows.all("select insee_com from communes where liste is not null")], [("99001",), ("99002",)],
                "a bare list of codes is an overlay")
    hidden = rows.all("select z.code, z.reasons, t.gp_apl from zones z join territories t on t.level = 'tvs' and t.code = z.code "
                      "where z.kind = 'zonage' and t.gp_heads is null")
    check.ok(hidden, "some territories are secret")
    check.equal([tuple(r) for r in hidden if r[2] is not None or re.search(r"APL \d", r[1])], [], "secret figures are not told in words")
    said = rows.all("select message from diagnostics where source = 'siting'")
    check.ok(any("20" in r[0] for r in said), "fewest sites: that none is needed is told", [r[0] for r in said])


def impossible():
    """Plans that cannot be, on a smaller demonstration, which itself runs."""
    base = os.path.join(support.folder("other"), "demo", "plan.ini")
    check.equal(run("demo", "-q", "--communes", 60, "--seed", 2, os.path.dirname(base)).code, DONE, "a smaller demonstration")
    ran(base, "other")
    for case in STOPPED:
        stopped(base, *case)


# ---- the demonstration
def points_of(at):
    return {r["insee_com"]: (float(r["x"]), float(r["y"])) for r in read_csv(os.path.join(at, "chefs_lieux.csv"))}


def overlays(s, rows, at):
    """Lists and polygons as columns: of a commune the share of its people (cells) whose cell lies inside."""
    table = {r["insee_com"]: r for r in read_csv(os.path.join(at, "zonages.csv"))}
    off = [(c, r["frr"], r["frr_share"]) for c, r in s.land.row.items() if
           (r["frr"] or "", r["frr_share"]) != (table[c]["frr"], float(table[c]["frr"] != ""))]
    check.equal(off[:3], [], "a list as an overlay")
    off = [c for c, r in s.land.row.items() if r["zone_official"] != table[c]["zonage_medecin"]]
    check.equal(off[:3], [], "the class in force as given")
    off = [c for c, r in s.land.row.items() if (r["delai"] is None) != (table[c]["delai_jours"] == "") or
           r["delai"] is not None and r["delai"] != float(table[c]["delai_jours"])]
    check.equal(off[:3], [], "a table as a column")
    inside, source = np.zeros(len(s.people), bool), ogr.Open(os.path.join(at, "qpv.gpkg"))
    for f in source.GetLayer(0):
        shape = f.GetGeometryRef()
        box = shape.GetEnvelope()
        for cell, (x, y) in s.places.items():
            if box[0] <= x <= box[1] and box[2] <= y <= box[3]:
                point = ogr.Geometry(ogr.wkbPoint)
                point.AddPoint_2D(x, y)
                inside[s.index[cell]] |= shape.Contains(point)
    off = []
    for c, r in s.land.row.items():
        share = s.people[(s.commune == c) & inside].sum() / s.people[s.commune == c].sum()
        if abs(r["qpv_share"] - share) > 1e-4 or (r["qpv"] is None) != (share == 0):
            off.append((c, r["qpv"], r["qpv_share"], share))
    check.equal(off[:3], [], "polygons as an overlay: share of people")
    check.ok(inside.any(), "some people live in the polygons")


def whole_demo():
    at, rows = os.path.dirname(support.demo()), ran(support.demo(), "whole")
    if rows is None:
        return None
    land = Land("demo", rows, points_of(at), os.path.join(at, "routes.shp"), "bdtopo-car")
    seats = {c for c, n in land.people.items() if n >= 500}
    three15(land, seats)
    for kind, key, by in (("three15", "zone_three15", "zone_id"), ("area", "zone_area", "zone_id"), ("zonage", "code_tvs", "code"),
                          ("threat", "siren_epci", "code"), ("service", "site_rank", "rank")):
        figures(rows, "demo", kind, key, by)
    structures(land, rows)
    check.equal(len(areas(land, 8)), 2, "the demonstration has an island")
    scores(land, "demo", "epci")
    zonage(rows, "zonage", by_hand={r["code"]: r["classe"] for r in read_csv(os.path.join(at, "derogations.csv"))})
    s = Siting(land, rows)
    overlays(s, rows, at)
    demand = np.where(s.score[FIRST_HORIZON] < 2.5, s.people, 0)
    sited(s, rows, "siting", demand, s.nearest(list(s.coordinated)), seats)
    after, groups = [], land.members("zone_three15")
    for zone, z in land.zones("three15").items():
        far = (s.gp_ms > LIMIT_MS) & np.isin(s.commune, sorted(groups[zone]))
        want = s.people[far].sum(), s.people[far & (s.ms[z["seat_insee"]] > LIMIT_MS)].sum()
        if abs(z["people_beyond_15_now"] - want[0]) > 0.06 or abs(z["people_beyond_15_after"] - want[1]) > 0.06:
            after.append((zone, z["people_beyond_15_now"], z["people_beyond_15_after"], want))
    check.equal(after, [], "people beyond 15 minutes before and with a pole")
    return s


# ---- the same with other plans
def again(s, name, *edits):
    """The demonstration under another plan: general practitioners alone; the same places and times."""
    rows = ran(variant(name, *edits), name, "--threads", 2)
    if rows is None:
        return None
    land = Land.__new__(Land)
    land.__dict__.update(s.land.__dict__, name=name, rows=rows, path=os.path.join(support.work_folder(), name + ".gpkg"))
    land.row = {r["insee_com"]: r for r in rows.all("select * from communes")}
    s.land = land
    return rows


def by_hand_and_split(s):
    """Someone's classes by hand, one of nowhere, too many outside the pool; gauges filled to the brim; p-median; seats by care."""
    write(os.path.join(s.at, "derogations2.csv"), "code,classe,motif\n99231,ZIP,trop loin\n99145,ZAC,\n88888,ZIP,nulle part\n")
    rows = again(s, "split", ("derogations.csv", "derogations2.csv"), ("zac_percent=20", "zac_percent=20\nsplit=yes"),
                 ("[siting]", "[seats]\nwho=care\n[siting]\nmodel=p-median\nfar_min=15\nexisting=sites\ndemand=beyond"),
                 ("level=epci", "level=epci\nonly=qpv"), ("sites=5", "sites=2"))
    if rows is None:
        return
    seats = {c for c, r in s.land.row.items() if r["gp_heads"] > 0}
    three15(s.land, seats)
    value, people, _ = zonage(rows, "split", by_hand={"99231": "ZIP", "99145": "ZAC"}, split=True)
    told = rows.all("select severity, message from diagnostics where source = 'derogations2.csv' and message like '%88888%'")
    check.equal([t[0] for t in told], ["reject"], "a class by hand of an unknown territory is told, and no more")
    pool = sum(n for t, n in people.items() if 2.5 <= value[t] <= 4)
    warned = rows.one("select message from diagnostics where severity = 'warning' and code = 'derogation'")
    check.ok(people["99231"] > 0.05 * pool and warned and "%.0f people" % people["99231"] in warned, "too many by hand", warned)
    served, taken = served_by(s, rows, "sites")
    sited(s, rows, "p-median", np.where(s.gp_ms > LIMIT_MS, s.people, 0), served, seats, "p-median", 2)
    scores(s.land, "split", "epci", only="qpv")


def by_density(s):
    """The gauge of 2011 by density, a table of EPCI as a term, seats in FRR alone, fewest sites that cover a share."""
    epci = sorted({r["siren_epci"] for r in s.land.row.values()})
    days = {c: 3 * i % 11 for i, c in enumerate(epci)}
    write(os.path.join(s.at, "garde.csv"), "siren,jours\n" + "".join("%s,%d\n" % p for p in days.items() if p[0] != epci[0]))
    rows = again(s, "density", ("regime=2021", "regime=2011"), ("zip_percent=15", "zip_percent=12"),
                 (DELAI, DELAI + ", garde 0.3, frr 0.2"), ("[threat]", "[table garde]\nfile=garde.csv\nlevel=epci\nvalue=jours\ncode=siren\n[threat]"),
                 ("[siting]", "[seats]\nonly=frr\n[siting]\nmodel=set-cover\nshare_percent=60\nexisting=none\ndemand=people"),
                 ("areas=8", "areas=5\nbalance=0.1"))
    if rows is None:
        return
    hand = {r["code"]: r["classe"] for r in read_csv(os.path.join(s.at, "derogations.csv"))}
    zonage(rows, "density", 0.12, by_hand=hand, density=True)
    seats = {c for c, r in s.land.row.items() if r["frr_share"] > 0 and r["population"] >= 500}
    three15(s.land, seats)
    areas(s.land, 5, 0.1)
    told = dict(rows.all("select code, garde from territories where level = 'epci'"))
    check.equal(told, {c: None if c == epci[0] else float(days[c]) for c in epci}, "a table by EPCI is theirs, unknown where not given")
    check.equal({r["garde"] == told[r["siren_epci"]] for r in s.land.row.values()}, {True}, "and of their communes")
    scores(s.land, "density", "epci")
    none, _ = served_by(s, rows, "none")
    sites = sited(s, rows, "set-cover", s.people, none, seats, "set-cover")
    goal = 0.6 * s.people[s.nearest(sorted(seats)) <= LIMIT_MS].sum()
    check.ok(s.people[s.nearest(list(sites)) <= LIMIT_MS].sum() >= goal - 0.01, "set-cover: the share is covered")
    check.equal(len(sites), best_cover(s, s.people, none, sorted(seats), LIMIT_MS, share=0.6), "set-cover: the fewest sites")


def by_list(s):
    """Candidates of a list, one of nowhere; far apart, from structures too; 10 minutes."""
    listed = sorted(c for c, n in s.land.people.items() if n > 300)[::3]
    write(os.path.join(s.at, "candidats.csv"), "insee_com,motif\n" + "".join(c + ",terrain\n" for c in listed) + "31555,ailleurs\n")
    edits = [("[siting]", "[candidates]\nfile=candidats.csv\nvintage=2026\n[seats]\nwho=list\n[siting]\ndemand=people\nlimit_min=10\n"
              "apart_km=12"), ("[output]", "[zones]\npeople_min=3000\npeople_target=5000\npeople_max=9000\nlimit_min=12\n[output]")]
    rows = again(s, "list", *edits)
    if rows is None:
        return
    told = rows.all("select severity, message from diagnostics where source = 'candidats.csv' and message like '%31555%'")
    check.equal([t[0] for t in told], ["reject"], "a candidate outside is told, and no more")
    three15(s.land, set(listed), 3000, 9000, 12 * 60000)
    served, taken = served_by(s, rows, "structures")
    sited(s, rows, "far apart", s.people, served, set(listed), limit_ms=600000, apart_m=12000, taken=taken)
    out = os.path.join(support.work_folder(), "list.gpkg")
    two = content(out)
    check.equal(run("run", "-q", "--overwrite", "--threads", 1, variant("list", *edits), out).code, DONE, "runs on one thread")
    check.ok(content(out) == two, "the same bytes on one thread and on two")


def by_criteria(s):
    """2025: a criterion of the region beside APL; zones within EPCI; a group's p-median; all may seat. quinze locate the same."""
    siting = "demand=aged_75plus\nmodel=p-median\nlimit_min=12\nfar_min=12\n"
    edits = [("regime=2021", "regime=2025\ncriteria=delai\ncriteria_weight=0.6"), ("sites=5", "sites=3"),
             ("[siting]", "[zones]\nwithin=epci\n[seats]\nwho=all\n[siting]\n" + siting)]
    rows = again(s, "criteria", *edits)
    if rows is None:
        return
    groups, row = s.land.members("zone_three15"), s.land.row
    check.equal([z for z, m in groups.items() if len({row[c]["siren_epci"] for c in m}) > 1], [], "no zone crosses an EPCI's limits")
    units = {r["code"]: r for r in rows.all("select * from territories where level = 'tvs'")}
    low, high = (f(r["delai"] for r in units.values()) for f in (min, max))
    need = {t: 0.4 * (4 - r["gp_apl"]) / 1.5 + 0.6 * (r["delai"] - low) / (high - low) for t, r in units.items()}
    hand = {r["code"] for r in read_csv(os.path.join(s.at, "derogations.csv"))}
    pool = sorted((t for t, r in units.items() if 2.5 <= r["gp_apl"] <= 4 and t not in hand), key=lambda t: -need[t])
    turn = [re.search(r"rang (\d+)", rows.one("select reasons from zones where kind = 'zonage' and code = ?", t))[1] for t in pool]
    check.equal(turn, [str(i + 1) for i in range(len(pool))], "the region's criterion sets the order of the pool")
    demand = group_demand(s, "P21_POP75P")
    served, _ = served_by(s, rows, "structures")
    sited(s, rows, "group", demand, served, set(row), "p-median", 3, 720000)
    plain = variant("locate", *edits[:1], ("[siting]", "[zones]\nwithin=epci\n[seats]\nwho=all\n[siting]\nfar_min=12"))
    other = ran(plain, "locate", "--sites", 3, "--model", "p-median", "--limit-min", 12, "--demand", "aged_75plus", command="locate")
    if other is not None:
        same = [[tuple(r) for r in db.all("select * from implantations order by fid")] for db in (rows, other)]
        check.equal(same[1], same[0], "quinze locate: the same sites as by the plan")
        names = {r[0] for r in other.all("select table_name from gpkg_contents")}
        check.ok({"implantations", "zones", "communes", "territories", "sites"} <= names, "quinze locate: layers", names)
    report = run("locate", "--json", "--overwrite", "--sites", 1, plain, os.path.join(support.work_folder(), "json.gpkg"))
    told = json.loads(report.out)["siting"] if report.code == DONE else {"sites": []}
    check.equal([(len(told["sites"]), told.get("model"))], [(1, "covering")], "quinze locate --json: sites")


def corsica():
    folder = os.path.join(support.DATA, "corsica")
    text = content(support.CORSICA_PLAN).decode().replace("../../shared", support.SHARED)
    plan = os.path.join(support.folder("corsica"), "plan.ini")
    write(plan, text + "\n[areas]\nareas=15\n[siting]\nsites=4\n[isochrones]\nprofession=none\n")
    rows = ran(plan, "corsica")
    if rows is None:
        return
    to_l93 = to_lambert93(4326)
    places = {r["insee_com"]: to_l93.TransformPoint(float(r["lon"]), float(r["lat"]))[:2]
              for r in read_csv(os.path.join(folder, "commune_points.csv"))}
    land = Land("corsica", rows, places, os.path.join(folder, "roads.gpkg"), "osm-car")
    three15(land, {c for c, n in land.people.items() if n >= 500})
    structures(land, rows)
    for kind, key in (("three15", "zone_three15"), ("area", "zone_area")):
        figures(rows, "corsica", kind, key)
    areas(land, 15)
    scores(land, "corsica")


def straddling():
    """By hand: 01001 (1 200 people) and 01002 (800) make T1, 01004 (300) and 2A003, an arrondissement here (500), T2. T1 lies in
    two regions, most of its people in 11; T2's are in 24. The arrondissement is a unit of its own."""
    at = support.territory("straddling")
    for name in ("points.csv", "population.csv"):
        support.edit(os.path.join(at, name), "2A003", "13201")
    support.save_communes(os.path.join(at, "communes.gpkg"),
                          [(["13201" if v[0] == "2A003" else v[0], *v[1:]], shape) for v, shape in support.commune_rows()])
    write(os.path.join(at, "territories.csv"),
                  "code_insee,code_tvs,nom_tvs,insee_reg,nom_reg\n01001,T1,Un,11,A\n01002,T1,Un,24,B\n01004,T2,Deux,24,B\n13201,T2,Deux,24,B\n")
    write(os.path.join(at, "gp.csv"), "insee_com,heads\n01001,1\n")
    plan = os.path.join(at, "plan.ini")
    support.edit(plan, "[roads]", "[territories]\nfile = territories.csv\n\n[zonage]\nregime = 2021\n\n"
                 "[table lits]\nfile = lits.csv\nlevel = tvs\nvalue = lits\nsum = yes\n\n"
                 "[overlay zrr]\nfile = zrr.csv\nvalue = zonage\n\n[roads]")
    write(os.path.join(at, "lits.csv"), "code_tvs,lits\nT1,20\nT2,10\n")
    write(os.path.join(at, "zrr.csv"), "insee_com,zonage\n01001,C - Commune classée\n01002,NC - Commune non classée\n")
    out = os.path.join(at, "out.gpkg")
    done = run("run", "-q", plan, out)
    check.equal((done.code, done.err), (DONE, ""), "straddling: it runs")
    rows = Rows(out)
    units = {r["code"]: (r["communes"], r["people"]) for r in rows.all("select * from zones where kind = 'zonage'")}
    check.equal(units, {"T1": (2, 2000), "T2": (1, 300), "13201": (1, 500)}, "straddling: units")
    beds = {r[0]: r[1] for r in rows.all("select insee_com, lits from communes union all select code, lits from territories")}
    check.equal({c: beds[c] for c in ("01001", "01002", "01004", "13201", "T1", "T2", "all")},
                {"01001": 12, "01002": 8, "01004": 3.75, "13201": 6.25, "T1": 20, "T2": 10, "all": 30},
                "straddling: a sum by territory is shared by people, and adds up")
    check.equal({r[0]: r[1] for r in rows.all("select insee_com, zrr_share from communes")},
                {"01001": 1, "01002": 0, "01004": 0, "13201": 0}, "straddling: NC is no")
    notes = sorted(r[0] for r in rows.all("select message from diagnostics where code = 'gauges'"))
    # gauges of 2021: 62.4 and 33.9 % of the people of region 11's units (T1), 58.8 and 34 % of those of region 24
    check.equal(len(notes), 2, "straddling: both regions are told")
    check.holds(notes[0], ["region 11", "of a gauge of 1248,", "of 678;"], "straddling: T1 is of region 11")
    check.holds(notes[1], ["region 24", "of a gauge of 470,", "of 272;"], "straddling: the others are of region 24")
    rows.close()


support.need_quinze()
siting = whole_demo()
if siting is not None:
    for part in (by_hand_and_split, by_density, by_list, by_criteria):
        part(siting)
small()
straddling()
impossible()
if support.have_shared():
    corsica()
check.end()
