#!/usr/bin/python3
"""Who is served: heads, FTE, densities, scores, age, horizons, groups, vintages, secrecy, edges; from the demonstration's own
files and from Corsica, computed a second time in Python (register.py) or worked out by hand."""
import configparser
import os
import random
import re
import shutil

import numpy as np
from osgeo import ogr, osr

import register
import support
from support import (BAD_USAGE, BUT_BARE, DONE, FAILED, Checks, Rows, content, edit, listing, read_csv, run, territory,
                     tool, write)

check = Checks()
YEARS, BASE_YEAR, RETIREMENT = (2031, 2036), 2026, 67
KEYS = {"epci": "siren_epci", "tvs": "code_tvs", "bassin_vie": "bassin_vie", "departement": "insee_dep"}


class Demo:
    """The demonstration's files, read here."""

    def __init__(self, plan):
        self.at = os.path.dirname(plan)
        ini = configparser.ConfigParser()
        ini.read(plan, encoding="utf-8")
        self.points = {r["insee_com"]: (float(r["x"]), float(r["y"])) for r in self.table("chefs_lieux.csv")}
        self.people = {r["CODGEO"]: float(r["PMUN"]) for r in self.table("population.csv")}
        self.posts = {s.split()[1]: register.posts(s.split()[1], ini[s], self.at, self.points) for s in ini.sections()
                      if s.startswith("practitioners ")}
        self.parts = {c: [("commune", c, 1.0), ("all", "all", 1.0)] for c in self.people}  # (level, code, weight)
        for r in self.table("territoires.csv"):
            self.parts[r["insee_com"]] += [(level, r[key], 1.0) for level, key in KEYS.items()]
        for r in self.table("cpts.csv"):
            self.parts[r["insee_com"]].append(("cpts", r["code_cpts"], float(r["poids"])))

    def table(self, name):
        return read_csv(os.path.join(self.at, name))

    def sums(self, of_commune):
        """(level, code) of every place: the sum of its communes' shares."""
        total = {}
        for commune, parts in self.parts.items():
            for level, code, weight in parts:
                total[level, code] = total.get((level, code), 0) + weight * of_commune.get(commune, 0)
        return total


def figures(rows, profession, indicator, horizon=None, bound=None):
    """{(level, code): value} of the long table."""
    has = rows.columns("indicators")
    where = "".join(" and %s %s" % (name, "is null" if value is None else "= '%s'" % value)
                    for name, value in (("horizon", horizon), ("bound", bound)) if name in has)
    return {(r[0], r[1]): r[2] for r in rows.all(
        "select level, code, value from indicators where profession = ? and indicator = ?" + where, profession, indicator)}


def same(got, want, tolerance, what):
    """The same places, each with its value."""
    wrong = [(k, got.get(k), want.get(k)) for k in sorted(set(got) | set(want)) if k not in got or k not in want or
             (got[k] is None) != (want[k] is None) or (got[k] is not None and
                                                        not abs(got[k] - want[k]) <= tolerance * max(1, abs(want[k])))]
    check.ok(got and not wrong, what, (len(wrong), wrong[:4]))


def ratio(part, whole, times=1.0):
    return {k: part[k] * times / whole[k] if whole[k] > 0 else None for k in whole}


def ran(plan, name, *options):
    """Runs a plan; its rows, or None."""
    out = os.path.join(support.work_folder(), name + ".gpkg")
    done = run("run", "-q", "--overwrite", *options, plan, out)
    if not check.equal(done.code, DONE, "%s: runs (%s)" % (name, done.err.strip())):
        return None
    return Rows(out)


def variant(demo, name, *edits, only="gp", drawn=False):
    """The demonstration's plan, some professions left, beside its files."""
    kept, keep = [], True
    for line in content(os.path.join(demo.at, "plan.ini")).decode().splitlines():
        if line.startswith("["):
            keep = only is None or not line.startswith("[practitioners ") or line[15:-1] in only.split()
        kept += [line] if keep else []
    text = "\n".join(kept) + ("" if drawn else "\n[isochrones]\nprofession=none\n")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    path = os.path.join(demo.at, name + ".ini")
    write(path, text.encode())
    return path


# ---- practitioners and densities
def counted(demo, rows):
    """Heads, FTE and what they are per 100 000, of every profession in every place, from the files."""
    people = demo.sums(demo.people)
    for profession, posts in demo.posts.items():
        heads, fte, unknown = {}, {}, {}
        for p in posts:
            heads[p.commune] = heads.get(p.commune, 0) + p.heads
            fte[p.commune] = fte.get(p.commune, 0) + (p.fte or 0)
            unknown[p.commune] = unknown.get(p.commune, 0) + (p.fte is None)
        heads, fte, unknown = demo.sums(heads), demo.sums(fte), demo.sums(unknown)
        same(figures(rows, profession, "heads"), heads, 1e-6, "heads of %s" % profession)
        same(figures(rows, profession, "per_100k"), ratio(heads, people, 1e5), 1e-6, "%s per 100 000" % profession)
        if any(p.fte is not None for p in posts):
            fte = {k: None if unknown[k] else v for k, v in fte.items()}
            same(figures(rows, profession, "fte"), fte, 1e-6, "FTE of %s" % profession)
        else:
            check.equal(figures(rows, profession, "fte"), {}, "no FTE of %s, never heads in disguise" % profession)
    shared = [c for c, parts in demo.parts.items() if sum(level == "cpts" for level, _, _ in parts) == 2]
    check.equal([sorted(w for level, _, w in demo.parts[c] if level == "cpts") for c in shared], [[0.4, 0.6]],
                "an alliance shares a commune")


# ---- scores, from times that quinze gives of each cell
def cell_links(demo):
    """{cell: (commune, people)} and (cell, site, ms) up to 20 minutes."""
    europe = osr.SpatialReference()
    europe.ImportFromEPSG(3035)
    europe.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    to_l93 = osr.CoordinateTransformation(europe, support.lambert93())
    cells, counted, places = {}, {}, {}
    for r in demo.table("carreaux.csv"):
        side, north, east = map(int, re.fullmatch(r"CRS3035RES(\d+)mN(\d+)E(\d+)", r["idcar_nat"]).groups())
        places[r["idcar_nat"]] = to_l93.TransformPoint(east + side / 2, north + side / 2)[:2]
        cells[r["idcar_nat"]] = (r["lcog_geo"], float(r["ind"]))
        counted[r["lcog_geo"]] = counted.get(r["lcog_geo"], 0) + float(r["ind"])
    cells = {cell: (c, n * demo.people[c] / counted[c]) for cell, (c, n) in cells.items()}
    at = support.folder("matrix")
    for name, rows in (("sites.csv", register.sites(demo.posts["gp"])), ("cells.csv", sorted(places.items()))):
        write(os.path.join(at, name), "id,x,y\n" + "".join("%s,%.17g,%.17g\n" % (i, *xy) for i, xy in rows))
    out = os.path.join(at, "links.csv")
    done = run("matrix", "-q", "--limit-min", "20", "--profile", "bdtopo-car", "--crs", "EPSG:2154",
               os.path.join(demo.at, "routes.shp"), os.path.join(at, "sites.csv"), os.path.join(at, "cells.csv"), out)
    check.equal(done.code, DONE, "matrix of cells: %s" % done.err)
    return cells, [(r["origin"], r["site"], round(float(r["seconds"]) * 1000)) for r in read_csv(out) if r["seconds"]]


def gone(post, years):
    return post.age > 0 and post.age + years >= RETIREMENT


def scored(demo, rows, cells, links):
    """The APL of communes, territories, cells in towns; today and at the horizons."""
    factor = register.factors(demo.at, "gp", demo.people)
    demand = {cell: n * factor[c] for cell, (c, n) in cells.items()}
    standard = demo.sums({c: demo.people[c] * factor[c] for c in demo.people})
    check.near(standard["all", "all"], demo.people_all, 1e-6 * demo.people_all, "standardised inhabitants are as many as all")
    same(figures(rows, "gp", "population_std"), standard, 1e-6, "standardised population")
    today = None
    for years in (0, *(y - BASE_YEAR for y in YEARS)):
        staying = [p for p in demo.posts["gp"] if years == 0 or not gone(p, years)]
        supplied = register.supply([p for p in staying if p.age + years <= register.AGE_LIMIT])
        scores, lost = register.score(links, supplied, demand)
        got = {}
        for cell, score in scores.items():
            commune = cells[cell][0]
            got[commune] = got.get(commune, 0) + demand[cell] * score
        mean = ratio(demo.sums(got), standard)
        if years == 0:
            today = mean
            same(figures(rows, "gp", "apl"), mean, 1e-5, "APL today")
            served = sum(figures(rows, "gp", "apl")[k] * standard[k] for k in standard if k[0] == "commune")
            check.near(served + lost, sum(supplied.values()), 1e-5 * sum(supplied.values()), "people times scores are the supply")
            told = {r[0]: r[1] for r in rows.all("select origin_id, gp_apl from origins")}
            check.ok(told and all(abs(told[i] - scores[i]) < 5.1e-4 for i in told), "APL of cells in towns")
            check.equal(set(told), {i for i, (c, _) in cells.items() if demo.people[c] >= 5000}, "all cells of towns are told")
        else:
            same(figures(rows, "gp", "apl_lost", BASE_YEAR + years), {k: today[k] - mean[k] for k in mean}, 1e-5,
                 "APL lost by %d" % (BASE_YEAR + years))


# ---- ages and horizons
def aged(demo, rows, name, posts, profession="gp"):
    """Shares of ages, heads and FTE lost, from each person's age; 0: unknown. Bounds where someone's is."""
    of = lambda amount: demo.sums({c: sum(amount(p) for p in posts if p.commune == c) for c in {p.commune for p in posts}})
    heads, known = of(lambda p: p.heads), of(lambda p: p.heads * (p.age > 0))
    same(figures(rows, profession, "share_age_known"), ratio(known, heads), 1e-6, "%s: share of known ages" % name)
    for age in (50, 55, 60):
        same(figures(rows, profession, "share_%dplus" % age), ratio(of(lambda p: p.heads * (p.age >= age)), known), 1e-6,
             "%s: share of %d and over" % (name, age))
    unknown = any(p.age == 0 for p in posts)
    for year in YEARS:
        years = year - BASE_YEAR
        for figure, amount in (("heads_lost", lambda p: p.heads), ("fte_lost", lambda p: p.fte)):
            least = of(lambda p: amount(p) * gone(p, years))
            most = of(lambda p: amount(p) * (gone(p, years) or p.age == 0))
            what = "%s: %s by %d" % (name, figure, year)
            single = {k: v if most[k] - v <= 1e-9 else None for k, v in least.items()}
            same(figures(rows, profession, figure, year), single, 1e-6, what)
            if unknown:  # low: of what stays
                same(figures(rows, profession, figure, year, "low"), most, 1e-6, what + ", all unknown leave")
                same(figures(rows, profession, figure, year, "high"), least, 1e-6, what + ", all unknown stay")


def unknown_ages(demo):
    """Every third age blanked: never young; columns NULL where the bounds differ."""
    lines = content(os.path.join(demo.at, "praticiens.csv")).decode().splitlines()
    age = lines[0].split(",").index("age")
    blanked = [lines[0]]
    for line in lines[1:]:
        fields = line.split(",")
        fields[age] = "" if int(fields[0]) % 3 == 0 else fields[age]
        blanked.append(",".join(fields))
    write(os.path.join(demo.at, "blanked.csv"), "\n".join(blanked) + "\n")
    rows = ran(variant(demo, "blanked", ("praticiens.csv\n", "blanked.csv\n")), "blanked")
    if rows is None:
        return
    section = {"file": "blanked.csv", "profession": "medecin_generaliste"}
    aged(demo, rows, "ages blanked", register.posts("gp", section, demo.at, demo.points))
    for figure in ("apl", "per_100k", "fte_per_100k"):
        for year in YEARS:
            low, high = (figures(rows, "gp", figure + "_lost", year, b) for b in ("low", "high"))
            single = figures(rows, "gp", figure + "_lost", year)
            check.ok(all(low[k] >= high[k] - 1e-6 for k in low if low[k] is not None), "%s: the bounds bracket" % figure)
            check.ok(all((single[k] is None) == (low[k] is None or abs(low[k] - high[k]) > 1e-6) for k in low),
                     "%s: told alone only where the bounds agree" % figure)
    names = rows.columns("communes")
    check.equal([n for n in ("gp_apl_horizon", "gp_apl_horizon_low", "gp_apl_horizon_high") if n not in names], [],
                "bounds have columns")
    wrong = rows.one("select count(*) from communes where (gp_heads_lost_horizon is null) <> (gp_heads_lost_horizon_low <> "
                     "gp_heads_lost_horizon_high) or gp_heads_lost_horizon_low < gp_heads_lost_horizon_high")
    check.equal(wrong, 0, "the single column is NULL where the bounds differ")
    check.ok(rows.one("select count(*) from communes where gp_heads_lost_horizon is null") > 3, "some communes hang on them")
    rows.close()


def pyramids(demo):
    """Unknown ages by the departement's bands of the profession alone: two in five are past the age, three are far from it."""
    names = sorted({code for parts in demo.parts.values() for level, code, _ in parts if level == "departement"})
    bands = [("mg", 40, 49, 60), ("mg", 50, 65, 0), ("mg", 66, 69, 40), ("ide", 25, 34, 900)]
    write(os.path.join(demo.at, "bands.csv"), "code,profession,age_min,age_max,heads\n" +
          "".join("%s,%s,%d,%d,%d\n" % (code, *band) for code in names for band in bands))
    rows = ran(variant(demo, "bands", ("praticiens.csv\n", "blanked.csv\nage_bands = bands.csv\nage_bands_profession = mg\n"
                                       "age_bands_level = departement\n")), "bands")
    if rows is None:
        return
    section = {"file": "blanked.csv", "profession": "medecin_generaliste"}
    posts = register.posts("gp", section, demo.at, demo.points)
    for year in YEARS:
        lost = {}
        for p in posts:
            share = 0.4 if p.age == 0 else gone(p, year - BASE_YEAR)
            lost[p.commune] = lost.get(p.commune, 0) + p.heads * share
        same(figures(rows, "gp", "heads_lost", year), demo.sums(lost), 1e-6, "heads lost by %d, ages by bands" % year)
    rows.close()


# ---- minutes and groups
def minutes(demo, rows):
    """People by minute: never falling, those of the bands, complementary to those beyond."""
    for profession in demo.posts:
        within = [rows.one("select value from indicators where level = 'all' and profession = ? and indicator = ?", profession,
                           "people_within_%dmin" % m) for m in range(5, 61)]
        check.ok(None not in within and within == sorted(within) and within[-1] <= demo.people_all + 1e-6,
                 "%s: people by minute never fall" % profession)
        for band, people in rows.all("select band_min, people from coverage where profession = ?", profession):
            check.near(within[int(band) - 5], people, 0.051, "%s: minute %d is the band" % (profession, band))
        limit = int(rows.one("select value from provenance where name = '[practitioners %s] threshold_min'" % profession))
        beyond = figures(rows, profession, "people_beyond_%d" % limit)["all", "all"]
        check.near(within[limit - 5] + beyond, demo.people_all, 1e-3, "%s: within and beyond %d min" % (profession, limit))
        by_level = {}
        for (level, _), value in figures(rows, profession, "people_within_37min").items():
            by_level[level] = by_level.get(level, 0) + value
        check.ok(all(abs(by_level[level] - within[37 - 5]) < 1e-3 for level in KEYS), "%s: minute 37 by level" % profession)


def grouped(demo, rows):
    """Of a group: those beyond the threshold, as many of each commune as of its people; sums above."""
    tables = {"aged_75plus": ("population.csv", "P21_POP75P"), "no_car": ("menages.csv", "men_sans_voiture")}
    for profession, limit in (("gp", 15), ("maternity", 45), ("nurse", 15)):
        far = figures(rows, profession, "people_beyond_%d" % limit)
        part = {c: far["commune", c] / n for c, n in demo.people.items()}
        for key, (table, column) in tables.items():
            count = {r["CODGEO"]: float(r[column]) for r in demo.table(table)}
            beyond = demo.sums({c: n * part[c] for c, n in count.items()})
            within = demo.sums({c: n * (1 - part[c]) for c, n in count.items()})
            count, what = demo.sums(count), "%s beyond %d min of a %s" % (key, limit, profession)
            got = figures(rows, profession, "%s_count_beyond_%d" % (key, limit))
            same(got, beyond, 2e-6, what)
            same({k: got[k] + within[k] for k in got}, count, 2e-6, what + ": with those within, all")
            same(figures(rows, profession, "%s_share_beyond_%d" % (key, limit)), ratio(beyond, count), 2e-6, what + ": share")


def group_unknown(demo):
    """A commune whose group nobody knows: neither it nor what holds it has a figure."""
    lines = content(os.path.join(demo.at, "menages.csv")).decode().splitlines(True)
    write(os.path.join(demo.at, "menages_part.csv"), "".join(l for l in lines if not l.startswith("99001,")))
    rows = ran(variant(demo, "group", ("menages.csv", "menages_part.csv")), "group")
    if rows is None:
        return
    got = figures(rows, "gp", "no_car_count_beyond_15")
    mine = {(level, code) for level, code, _ in demo.parts["99001"]}
    check.equal({k for k in got if got[k] is None}, mine, "a group unknown in a commune is unknown in all that hold it")
    rows.close()


# ---- vintages
def vintages(demo, rows):
    """People told by the communes of 2021: merged ones are summed, split ones shared, what nobody knows is listed."""
    lines = {l.split(",")[0]: l for l in content(os.path.join(demo.at, "population.csv")).decode().splitlines(True)}
    table = [lines.pop("CODGEO")]
    merged, split = float(lines["99128"].split(",")[2]), [float(lines[c].split(",")[2]) for c in ("99146", "99176")]
    for code in ("99128", "99146", "99176"):
        lines.pop(code)
    table += lines.values()
    table += ["99128,,%g\n" % (merged - 365), "99999,,365\n", "99146,,%g\n" % sum(split), "99888,,10\n"]
    write(os.path.join(demo.at, "population_2021.csv"), "".join(table))
    plan = variant(demo, "vintage", ("[population]\nfile=population.csv\nvintage=2026",
                                     "[population]\nfile=population_2021.csv\nvintage=2021\npopulation=PMUN"))
    old = ran(plan, "vintage")
    if old is None:
        return
    got = dict(tuple(r) for r in old.all("select insee_com, population from communes"))
    check.equal({c: n for c, n in got.items() if c not in ("99146", "99176") and n != demo.people[c]}, {},
                "vintage: each commune that was not split has its people, the merged one too")
    check.near(got["99146"] + got["99176"], sum(split), 0.2, "vintage: a split commune's people are all there")
    check.ok(min(got["99146"], got["99176"]) > 0.3 * sum(split), "vintage: shared", (got["99146"], got["99176"]))
    same({k: v for k, v in figures(old, "gp", "heads").items()}, figures(rows, "gp", "heads"), 1e-6, "vintage: heads stay")
    for level in ("all", "departement"):
        check.near(old.one("select sum(population) from territories where level = ?", level), demo.people_all, 0.1,
                   "vintage: the same people by %s" % level)
    told = [tuple(r) for r in old.all("select severity, code, message from diagnostics where source = 'population_2021.csv'")]
    check.ok(any(code == "codes_converted" and "1 merged" in text and "1 split" in text for _, code, text in told),
             "vintage: what was converted is told", told)
    check.ok(any(severity == "reject" and code == "unknown_commune" and "'99888'" in text for severity, code, text in told),
             "vintage: what could not be matched is listed", told)
    old.close()


# ---- the four communes: by hand
def second_nearest():
    """When the nearest closes, the second nearest is what is left."""
    at = territory("second")
    plan, table = os.path.join(at, "plan.ini"), os.path.join(at, "gp.csv")
    sites = {"01001": 2, "01002": 1, "2A003": 1}

    def figures_with(open_sites):
        write(table, "insee_com,heads\n" + "".join("%s,%d\n" % s for s in sorted(open_sites.items())))
        rows = ran(plan, "second")
        got = {r["insee_com"]: dict(r) for r in rows.all("select * from communes")}
        rows.close()
        return got

    whole = figures_with(sites)
    for closed in sites:
        left = figures_with({c: n for c, n in sites.items() if c != closed})
        for code, commune in whole.items():
            kind = "second" if commune["gp_nearest_site"] == "gp-" + closed else "time"
            check.equal(left[code]["gp_time_min"], commune["gp_%s_min" % kind], "without %s: %s is left to %s" % (closed, kind, code))
    check.equal(whole["01004"]["gp_nearest_site"], "gp-01002", "of equal times the lower site is the nearest")
    check.equal(whole["01004"]["gp_second_min"], whole["01004"]["gp_time_min"], "and the other is as near")
    one = figures_with({"01001": 2})
    check.equal([c["gp_people_fragile_15"] for c in one.values()], [c["population"] for c in one.values()],
                "one site only: all hang on it")


def secret_source():
    """'s' is not 0: status secret, no figure that holds it; times as if the site were known."""
    at = territory("secret")
    plan = os.path.join(at, "plan.ini")
    times = {}
    for heads in ("1", "s"):
        write(os.path.join(at, "gp.csv"), "insee_com,heads\n01001,2\n01004,%s\n" % heads)
        rows = ran(plan, "secret")
        times[heads] = [tuple(r) for r in rows.all("select insee_com, gp_time_min, gp_people_beyond_15 from communes")]
        if heads == "s":
            check.equal(dict(tuple(r) for r in rows.all("select insee_com, status from communes")),
                        {"01001": "ok", "01002": "ok", "2A003": "ok", "01004": "secret"}, "secret: status")
            check.equal([tuple(r) for r in rows.all("select gp_heads, gp_per_100k, gp_apl from communes where insee_com = '01004'")],
                        [(None, None, None)], "secret: no figure of practitioners")
            check.equal([tuple(r) for r in rows.all("select gp_heads, gp_per_100k from communes where insee_com in "
                                                    "('01001', '01002')")], [(2, 166.7), (0, 0)], "secret: others are told")
            check.equal([tuple(r) for r in rows.all("select code, gp_heads from territories where level in ('all', 'departement') "
                                                    "order by code")], [("01", None), ("2A", 0), ("all", None)],
                        "secret: no total misses it silently")
            check.equal([tuple(r) for r in rows.all("select insee_com, heads from sites order by 1")],
                        [("01001", 2), ("01004", None)], "secret: its site says no number")
            check.equal([r[0] for r in rows.all("select code from diagnostics where row = 2")], ["masked"], "secret: it is told")
        rows.close()
    check.equal(times["s"], times["1"], "secret: times do not change")


def small_counts():
    """Corsica, counts under 5 hidden: no hidden commune is what a total leaves over, nor a hidden sum small."""
    at = support.folder("masked")
    plan = os.path.join(at, "plan.ini")
    text = content(support.CORSICA_PLAN).decode().replace("../../shared", support.SHARED)
    write(plan, text + "\n[isochrones]\nprofession = none\n\n[output]\nmask_under = 5\n")
    rows = ran(plan, "masked")
    if rows is None:
        return
    heads = {r["insee_com"]: float(r["heads"]) for r in read_csv(os.path.join(support.DATA, "corsica", "gp_by_commune.csv"))}
    shown = dict(tuple(r) for r in rows.all("select insee_com, gp_heads from communes"))
    check.equal([c for c, n in shown.items() if n is not None and (0 < n < 5 or n != heads.get(c, 0))], [], "no small count")
    check.equal([c for c, n in shown.items() if n is None and not heads.get(c)], [], "0 is shown")
    check.ok(any(heads[c] >= 5 for c, n in shown.items() if n is None), "larger ones are hidden to help")
    check.ok(any(n and n >= 5 for n in shown.values()), "some are told")
    hidden = {c for c, n in shown.items() if n is None}
    check.equal({r[0] for r in rows.all("select insee_com from communes where status = 'secret'")}, hidden, "their status")
    check.equal({r[0] for r in rows.all("select distinct insee_com from sites where heads is null")}, hidden, "their sites too")
    check.equal(rows.one("select count(*) from communes where gp_heads is null and (gp_per_100k is not null or gp_apl is not "
                         "null)"), 0, "nor what would tell them")
    check.equal(rows.one("select count(*) from indicators i join communes on code = insee_com where level = 'commune' and "
                         "gp_heads is null and indicator in ('heads', 'per_100k', 'apl') and value is not null"), 0,
                "nor the long table")
    check.equal(rows.one("select count(*) from zones z where gp_heads is not null and exists (select 1 from communes c where "
                         "c.zone_three15 = z.zone_id and c.gp_heads is null)"), 0, "nor a zone")
    members = {("all", "all"): set(shown)}
    for r in read_csv(os.path.join(support.DATA, "corsica", "territories.csv")):
        for level, code in (("epci", r["siren_epci"]), ("bassin_vie", r["bassin_vie"]), ("canton", r["canton"]),
                            ("departement", r["insee_com"][:2])):
            members.setdefault((level, code), set()).add(r["insee_com"])
    totals = {(r[0], r[1]): r[2] for r in rows.all("select level, code, gp_heads from territories")}
    check.equal(set(totals), set(members), "every territory is there")
    check.ok(totals["all", "all"] == 327 and sum(n is not None for n in totals.values()) > 20, "most totals are told")
    for key, communes in members.items():
        inside = communes & hidden
        if totals[key] is None or not inside:
            continue
        left = totals[key] - sum(shown[c] for c in communes - hidden)
        check.ok(len(inside) > 1 and left >= 5, "masked: what is left of %s %s" % key, (left, sorted(inside)))
        for inner, within in members.items():  # a total inside a total, taken off as one
            if within < communes and totals[inner] is not None and inside - within:
                rest = inside - within
                check.ok(len(rest) > 1 and sum(heads[c] for c in rest) >= 5, "masked: %s %s less %s %s" % (*key, *inner), rest)
    check.equal(solved(sorted(hidden), [members[key] for key, n in totals.items() if n is not None]), [],
                "masked: nor do all totals together tell one")
    rows.close()


def solved(unknown, sums):
    """The unknowns that sums of some of them settle: those that nothing in the null space moves."""
    matrix = np.array([[float(u in s) for u in unknown] for s in sums])
    _, size, free = np.linalg.svd(matrix)
    free = free[np.sum(size > 1e-9):]
    return [u for u, moves in zip(unknown, np.abs(free).max(axis=0)) if moves < 1e-9]


# ---- edges
def edges():
    """Some communes of Corsica only: those near the border are flagged, all that touch it; none where it is closed."""
    at, whole = support.folder("edges"), os.path.join(support.DATA, "corsica")
    layer = ogr.Open(os.path.join(whole, "communes.gpkg"))
    kept = [f for f in layer.GetLayer(0) if f["code_insee"].startswith("2A")]
    support.save(os.path.join(at, "communes.gpkg"), "communes", ["insee_com", "nom"],
                 [([f["code_insee"], f["nom_officiel"]], f.GetGeometryRef().Clone()) for f in kept], ogr.wkbMultiPolygon)
    border = ogr.Geometry(ogr.wkbMultiPolygon)
    for f in kept:
        for polygon in f.GetGeometryRef():
            border.AddGeometry(polygon)
    border = border.UnionCascaded().Boundary()
    outer = {f["code_insee"] for f in kept if f.GetGeometryRef().Boundary().Intersection(border).Length() > 1000}
    write(os.path.join(at, "near.csv"), "decay,kind,upto_min,weight,scale_min\nnear,steps,3,1,\nfar,steps,30,1,\n")
    text = content(support.CORSICA_PLAN).decode().replace("../../shared", support.SHARED)
    text = re.sub(r"file = .*communes.gpkg", "file = communes.gpkg", text) + "\n[isochrones]\nprofession = none\n"
    flagged = {}
    for closed in ("yes", "no"):
        for decay, minutes in (("near", 3), ("far", 30)):
            write(os.path.join(at, "plan.ini"), text.replace("closed = yes", "closed = " + closed).replace(
                "gp_by_commune.csv", "gp_by_commune.csv\nthreshold_min = 3") +
                "\n[apl]\ndecays = near.csv\ndecay = %s\n" % decay)
            rows = ran(os.path.join(at, "plan.ini"), "edges")
            if rows is None:
                return
            flagged[closed, decay] = {r[0] for r in rows.all("select insee_com from communes where edge_effect")}
            rows.close()
    check.equal(flagged["yes", "near"] | flagged["yes", "far"], set(), "edges: closed: none")
    check.ok(len(outer) > 20 and outer <= flagged["no", "near"], "edges: all that touch the border",
             sorted(outer - flagged["no", "near"]))
    check.ok(flagged["no", "near"] < flagged["no", "far"] <= {f["code_insee"] for f in kept}, "edges: farther, more",
             [len(s) for s in flagged.values()])
    check.ok(len(flagged["no", "near"]) < len(kept), "edges: not the inner ones", len(kept))


# ---- METRIC's rules
def metric():
    """Its own commune at 0, wherever the site is; there and back as long."""
    at, chosen = support.folder("metric"), ["2A004", "2A247", "2B033", "2B096", "2B050", "2A041"]
    text = content(support.CORSICA_PLAN).decode().replace("../../shared", support.SHARED)
    plan, table = os.path.join(at, "plan.ini"), os.path.join(at, "gp.csv")
    times = {}
    for profile in ("metric", "osm-car"):
        write(plan, re.sub(r"file = .*gp_by_commune.csv", "file = gp.csv\ncrs = EPSG:2154", text).replace("osm-car", profile) +
              "\n[isochrones]\nprofession = none\n")
        for site in chosen:
            write(table, "insee_com,heads\n%s,1\n" % site)
            for line in tool("times", plan).splitlines():
                _, code, ms, _ = line.split(",")
                if code in chosen:
                    times[profile, site, code] = int(ms)
    check.equal([s for s in chosen if times["metric", s, s]], [], "metric: 0 in its own commune")
    check.equal([(s, c) for s in chosen for c in chosen if times["metric", s, c] != times["metric", c, s]], [],
                "metric: symmetric")
    check.ok(any(times["osm-car", s, c] != times["osm-car", c, s] for s in chosen for c in chosen),
             "osm-car: one-way roads make a difference")
    points = {r["insee_com"]: r for r in read_csv(os.path.join(support.DATA, "corsica", "commune_points.csv"))}
    to_l93 = osr.CoordinateTransformation(wgs84(), support.lambert93())
    x, y, _ = to_l93.TransformPoint(float(points["2B096"]["lon"]), float(points["2B096"]["lat"]))
    write(table, "insee_com,heads,x,y\n2B096,1,%.1f,%.1f\n" % (x + 900, y - 700))
    for profile, zero in (("metric", True), ("osm-car", False)):
        edit(plan, "profile = " + ("osm-car" if zero else "metric"), "profile = " + profile)
        ms = [line.split(",")[2] for line in tool("times", plan).splitlines() if line.split(",")[1] == "2B096"]
        check.equal([int(m) == 0 for m in ms], [zero], "%s: a site elsewhere in the commune" % profile)


def wgs84():
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return srs


# ---- what is wrong with a table
PERSONS = "rpps,insee_com,part,etp,age\n10000000009,01001,,1,40\n"
GP_WORD = ("file = gp.csv", "file = gp.csv\nprofession = %s")
NURSES = "\n[practitioners nurse]\nfile = gp.csv\nprofession = infirmier\n"
AGES = "\n[ages]\nfile = ages.csv\n"
OLDER = [("file = population.csv", "file = population.csv\nvintage = 2019"),
         ("file = communes.gpkg", "file = communes.gpkg\nvintage = 2024")]
MOVES = "MOD,DATE_EFF,TYPECOM_AV,COM_AV,TYPECOM_AP,COM_AP\n"
CYCLE = "41,2020-01-01,COM,01001,COM,01002\n41,2020-01-01,COM,01002,COM,01001\n"
TOLD = [  # name, gp.csv, edits of the plan, severity, row, code, pieces, {commune: heads}
    ("shares that sum to 0.7", PERSONS + "10000000001,01001,0.5,1,40\n10000000001,01002,0.2,1,40\n", [], "warning", 2,
     "bad_shares", ["'10000000001'", "sum to 0.7", "rows 2, 3", "brought to 1", "correct"], {"01001": 1 + 0.5 / 0.7, "01002": 0.2 / 0.7}),
    ("shares over 1", PERSONS + "10000000001,01001,0.8,1,40\n10000000001,01002,0.8,1,40\n", [], "warning", 2, "bad_shares",
     ["'10000000001'", "sum to 1.6", "brought to 1"], {"01001": 1.5, "01002": 0.5}),
    ("negative FTE", PERSONS + "10000000001,01002,,-1,50\n", [], "warning", 2, "bad_value",
     ["fte '-1'", "stays unknown", "correct"], {"01001": 1, "01002": 1}),
    ("an age of 0", PERSONS + "10000000001,01002,,1,0\n", [], "warning", 2, "bad_value",
     ["age '0'", "between 18 and 110", "stays unknown", "correct"], {"01002": 1}),
    ("an age of 140", PERSONS + "10000000001,01002,,1,140\n", [], "warning", 2, "bad_value",
     ["age '140'", "between 18 and 110", "stays unknown", "correct"], {"01002": 1}),
    ("a person in two professions", "rpps,insee_com,profession\n10000000001,01001,medecin\n10000000002,01002,infirmier\n"
     "10000000001,01001,infirmier\n", [(GP_WORD[0], GP_WORD[1] % "medecin" + NURSES)], "warning", 3, "two_professions",
     ["'10000000001'", "'gp' and 'nurse'", "counts in both", "take it out"], {"01001": 1}),
    ("a person twice at a site", PERSONS + PERSONS.splitlines()[1] + "\n", [], "reject", 2, "duplicate_post",
     ["'10000000009'", "in row 1 too", "this one is left out"], {"01001": 1}),
    ("lost zeros", "insee_com,heads\n1001,2\n01002,1\n", [], "warning", 1, "lost_zero",
     ["1 codes", "'1001'", "nothing is found", "repair_codes = yes"], {"01001": 0, "01002": 1}),
    ("lost zeros repaired", "insee_com,heads\n1001,2\n01002,1\n", [("closed = yes", "closed = yes\nrepair_codes = yes")],
     "warning", 1, "lost_zero", ["1 codes", "'1001'", "as if they had it"], {"01001": 2, "01002": 1}),
]
STOPPED = [  # name, files, edits, exit code, pieces
    ("an unknown profession", {"gp.csv": "rpps,insee_com,profession\n1,01001,medecin\n"},
     [(GP_WORD[0], GP_WORD[1] % "medcin")], FAILED,
     ["gp.csv", "'medcin'", "did you mean 'medecin'?", "check 'profession ='"]),
    ("ages without a band", {"ages.csv": "insee_com,pop_0_14,pop_15_29,pop_45_59,pop_60p\n01001,1,2,3,4\n"},
     [("[zones]", AGES + "[zones]")], FAILED, ["ages.csv", "aged 30 to 44", "every age must be in one band"]),
    ("bands of another prefix", {"ages.csv": "insee_com,pop_0_59,pop_60p\n01001,1,2\n"},
     [("[zones]", AGES + "prefix = P15_POP\n[zones]")], FAILED, ["ages.csv", "'P15_POP...'", "pop_0_59"]),
    ("movements in a circle", {"mv.csv": MOVES + CYCLE}, OLDER + [("[zones]", "[movements]\nfile = mv.csv\n[zones]")], FAILED,
     ["mv.csv", "2020-01-01", "in a circle", "01002 -> 01001 (row 2)", "01001 -> 01002 (row 1)", "correct the table"]),
    ("consumption without an age", {"used.csv": "profession,age_from,age_to,per_year\n*,0,59,1\n*,70,,2\n",
                                    "ages.csv": "insee_com,pop_0_59,pop_60p\n01001,1,2\n"},
     [("[zones]", AGES + "[apl]\nconsumption = used.csv\n[zones]")], FAILED, ["used.csv", "the ages 60 to 69"]),
    ("exit rates without an age", {"exits.csv": "age_from,age_to,rate\n18,59,0\n65,,1\n",
                                   "gp.csv": PERSONS},
     [("[zones]", "[horizon]\nexits = exits.csv\n[zones]")], FAILED, ["exits.csv", "ages 60 to 64 have no rate", "add a line"]),
    ("an unknown decay", {}, [("[zones]", "[apl]\ndecay = apl2016\n[zones]")], BAD_USAGE, ["decays.csv", "'apl2016'", "did you mean"]),
    ("an unknown preset", {}, [("[zones]", "[apl]\npreset = apl2071\n[zones]")], BAD_USAGE, ["'apl2071'", "did you mean"]),
    ("a horizon in the past", {}, [("[zones]", "[horizon]\nyears = 2020\nbase_year = 2026\n[zones]")], BAD_USAGE,
     ["[horizon] years", "2020 is not after", "2026"]),
]


def spoilt(name, files, edits):
    at = territory("spoilt")
    for file, text in files.items():
        write(os.path.join(at, file), text)
    for old, new in edits:
        edit(os.path.join(at, "plan.ini"), old, new)
    return at


def told(name, table, edits, severity, row, code, pieces, heads):
    at = spoilt(name, {"gp.csv": table}, edits)
    rows = ran(os.path.join(at, "plan.ini"), "told")
    if rows is None:
        return
    found = [tuple(r) for r in rows.all("select severity, source, row, code, message from diagnostics where %s" % BUT_BARE)]
    mine = [f for f in found if f[:4] == (severity, "gp.csv", row, code)]
    if check.equal(len(mine), 1, "%s: told once (%s)" % (name, found)):
        check.holds(mine[0][4], pieces, "%s: message" % name)
    got = dict(tuple(r) for r in rows.all("select insee_com, gp_heads from communes"))
    check.ok(all(abs(got[c] - n) < 0.0051 for c, n in heads.items()), "%s: heads" % name, got)
    if name == "negative FTE":
        check.equal([r[0] for r in rows.all("select gp_fte from communes order by insee_com")], [1, None, 0, 0],
                    "negative FTE: unknown, not 0")
    rows.close()


def stopped(name, files, edits, code, pieces):
    at = spoilt(name, files, edits)
    before = listing(at)
    done = run("run", os.path.join(at, "plan.ini"), os.path.join(at, "out.gpkg"), timeout=30)
    check.equal(done.code, code, "%s: exit" % name)
    check.holds(done.err, ["quinze: error: ", *pieces], "%s: message" % name)
    check.equal((done.out, done.err.count("\n"), listing(at)), ("", 1, before), "%s: one line, nothing written" % name)
    check.equal(run("check", os.path.join(at, "plan.ini"), timeout=30).code, code, "%s: quinze check finds it" % name)


# ---- order and threads
def tables_of(path):
    """Every row of every table but what names the files themselves."""
    rows = Rows(path)
    names = [r[0] for r in rows.all("select table_name from gpkg_contents order by 1")]
    got = {}
    for name in names:
        hidden = {"provenance": ("sha256",), "diagnostics": ("row", "message")}.get(name, ())
        columns = ", ".join('"%s"' % c for c in rows.columns(name) if c not in hidden and (name, c) != ("diagnostics", "fid"))
        got[name] = sorted((tuple(r) for r in rows.all('select %s from "%s"' % (columns, name))), key=repr)
    rows.close()
    return got


def any_order(demo, whole):
    """The rows of the register shuffled: the same figures, to the bit."""
    path = os.path.join(demo.at, "praticiens.csv")
    original = content(path)
    lines = original.decode().splitlines(True)
    rest = lines[1:]
    random.Random(15).shuffle(rest)
    write(path, "".join(lines[:1] + rest))
    rows = ran(os.path.join(demo.at, "plan.ini"), "shuffled")
    write(path, original)
    if rows is None:
        return
    rows.close()
    a, b = tables_of(whole), tables_of(os.path.join(support.work_folder(), "shuffled.gpkg"))
    for name in a:
        differ = [pair for pair in zip(a[name], b.get(name, [])) if pair[0] != pair[1]]
        check.ok(len(a[name]) == len(b.get(name, [])) and not differ, "order of rows: %s" % name, differ[:1])


def same_bytes(demo):
    plan = variant(demo, "bytes", only="gp specialist centre")
    wanted = None
    for name, options in (("first", []), ("again", []), ("one", ["--threads", "1"]), ("three", ["--threads", "3"])):
        rows = ran(plan, "bytes", *options)
        if rows is None:
            return
        rows.close()
        got = content(os.path.join(support.work_folder(), "bytes.gpkg"))
        wanted = wanted or got
        check.ok(got == wanted, "the same bytes: %s" % name)


support.need_quinze()
demo = Demo(support.demo())
demo.people_all = sum(demo.people.values())
rows = ran(support.demo(), "whole")
if rows is not None:
    counted(demo, rows)
    cells, links = cell_links(demo)
    scored(demo, rows, cells, links)
    aged(demo, rows, "demo", demo.posts["gp"])
    minutes(demo, rows)
    grouped(demo, rows)
    vintages(demo, rows)
    rows.close()
    any_order(demo, os.path.join(support.work_folder(), "whole.gpkg"))
unknown_ages(demo)
pyramids(demo)
group_unknown(demo)
same_bytes(demo)
second_nearest()
secret_source()
for case in TOLD:
    told(*case)
for case in STOPPED:
    stopped(*case)
if support.have_shared():
    small_counts()
    edges()
    metric()
check.end()
