"""What the rules of zones and siting come to, worked out in Python from a result's layers and quinze matrix, with nothing of
the engine: who touches whom, figures of zones by SQL, ranks, the zonage, who is served, the best choice (HiGHS)."""
import csv
import os
import re

import numpy as np
from osgeo import ogr, osr
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

import register
import support
from support import DONE, read_csv, run, write

LIMIT_MS, FIRST_HORIZON = 15 * 60000, 5
COORDINATED = ("maison", "pole", "centre")
GP = {"file": "praticiens.csv", "profession": "medecin_generaliste"}


def matrix(roads, profile, sites, origins, minutes):
    """(site, origin, ms) of all pairs within the time."""
    out = os.path.join(support.work_folder(), "times.csv")
    done = run("matrix", "-q", "--overwrite", "--limit-min", minutes, "--profile", profile, "--crs", "EPSG:2154", roads, sites,
               origins, out)
    assert done.code == DONE, done.err
    with open(out, encoding="utf-8", newline="") as f:
        lines = csv.reader(f)
        head = next(lines)
        site, origin, seconds = (head.index(c) for c in ("site", "origin", "seconds"))
        return [(r[site], r[origin], round(float(r[seconds]) * 1000)) for r in lines if r[seconds]]


def points_file(name, points):
    path = os.path.join(support.work_folder(), name)
    write(path, "id,x,y\n" + "".join("%s,%.17g,%.17g\n" % (i, *xy) for i, xy in sorted(points.items())))
    return path


def to_lambert93(epsg):
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(epsg)
    srs.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    return osr.CoordinateTransformation(srs, support.lambert93())


class Land:
    """The communes of a result: rows, polygons, who touches whom, minutes between their points."""

    def __init__(self, name, rows, points, roads, profile):
        self.name, self.rows, self.points = name, rows, points
        self.row = {r["insee_com"]: r for r in rows.all("select * from communes")}
        self.people = {c: r["population"] for c, r in self.row.items()}
        self.path = rows.one("select file from pragma_database_list where name = 'main'")
        source = ogr.Open(self.path)
        self.shape = {f["insee_com"]: f.GetGeometryRef().Clone() for f in source.GetLayerByName("communes")}
        self.box = {c: s.GetEnvelope() for c, s in self.shape.items()}
        self.known = {}
        file = points_file(name + ".csv", points)
        self.ms = {(s, o): ms for s, o, ms in matrix(roads, profile, file, file, 120)}  # (seat, commune)

    def touch(self, a, b):
        """A piece of boundary is theirs both, not only a point."""
        if (a, b) not in self.known:
            p, q = self.box[a], self.box[b]
            apart = p[0] > q[1] or q[0] > p[1] or p[2] > q[3] or q[2] > p[3]
            self.known[a, b] = self.known[b, a] = not apart and dimension(self.shape[a].Intersection(self.shape[b])) >= 1
        return self.known[a, b]

    def piece(self, start, among):
        """Those of the communes that are of one piece with this one."""
        found, left, turn = {start}, set(among) - {start}, [start]
        while turn:
            here = turn.pop()
            near = {c for c in left if self.touch(here, c)}
            found, left = found | near, left - near
            turn += near
        return found

    def members(self, column):
        groups = {}
        for c, r in self.row.items():
            if r[column] is not None:
                groups.setdefault(r[column], set()).add(c)
        return groups

    def zones(self, kind):
        return {r["zone_id"]: r for r in self.rows.all("select * from zones where kind = ? order by fid", kind)}

    def polygons(self, kind, groups):
        """Zones whose polygon is not the union of its members'."""
        off, source = [], ogr.Open(self.path)
        for f in source.GetLayerByName("zones"):
            if f["kind"] == kind and f["zone_id"] in groups:
                shape, whole = f.GetGeometryRef(), sum(self.shape[c].GetArea() for c in groups[f["zone_id"]])
                inside = all(shape.Contains(self.shape[c].PointOnSurface()) for c in groups[f["zone_id"]])
                if not inside or not shape.IsValid() or abs(shape.GetArea() - whole) > 1e-6 * whole:
                    off.append((f["zone_id"], shape.GetArea(), whole))
        return off


def dimension(shape):
    if shape is None or shape.IsEmpty():
        return -1
    if shape.GetGeometryCount() and shape.GetGeometryName() != "POLYGON":
        return max(dimension(shape.GetGeometryRef(i)) for i in range(shape.GetGeometryCount()))
    return shape.GetDimension()


# ---- figures of zones, by SQL
def figure_sql(column, column_names):
    """Of a group of rows of m (communes, joined with s: standardised inhabitants): (value, how far rounding may take it)."""
    profession, figure = column.split("_", 1)
    if figure == "share":  # of an overlay
        return 'sum(population * "%s") / sum(population)' % column, 0.001
    bound = next((b for b in ("_low", "_high") if figure.endswith(b)), "")
    plain = figure[:-len(bound)] if bound else figure
    q = lambda f: '"%s_%s"' % (profession, f)
    total = lambda f: "case when count(%s) = count(*) then sum(%s) end" % (q(f), q(f))
    later = lambda f: "((%s) - (%s))" % (total(f), total(f + "_lost_horizon" + bound))
    if re.fullmatch(r"(heads|fte)(_lost_horizon)?|people_fragile_\d+|.*_beyond_\d+(_horizon)?", plain):
        return total(figure), 0.051 if "beyond" in plain or "fragile" in plain else 0.0051
    if plain in ("per_100k", "fte_per_100k", "per_100k_horizon", "fte_per_100k_horizon"):
        unit = "fte" if plain.startswith("fte") else "heads"
        return "1e5 * (%s) / sum(population)" % (later(unit) if "horizon" in plain else total(unit)), 0.5
    if plain in ("shortfall", "shortfall_horizon"):
        lack = "max(0, sum(population) * (select sum(%s) / sum(population) from communes) - %s)"
        heads = later("heads") if "horizon" in plain else "(%s)" % total("heads")
        both = [lack % (q("heads"), "(sum(%s) - sum(%s))" % (q("heads"), q("heads_lost_horizon" + b))) for b in ("_low", "_high")]
        if figure == "shortfall_horizon" and column + "_low" in column_names:  # unknown ages, but none is lacking either way
            return "case when abs(%s - %s) < 1e-6 then %s end" % (*both, both[0]), 0.0051
        return lack % (q("heads"), heads), 0.0051
    if plain == "share_age_known":
        return "sum({0} * {1}) / sum({0})".format(q("heads"), q(plain)), 0.001
    if re.fullmatch(r"share_\d+plus", plain):
        return "sum({0} * {1} * {2}) / sum({0} * {1})".format(q("heads"), q("share_age_known"), q(plain)), 0.001
    if re.fullmatch(r"share_\d+min", plain):
        return "1 - sum(%s) / sum(population)" % q("people_beyond_" + plain[6:-3]), 0.001
    if plain in ("apl", "apl_horizon"):
        return "case when count({0}) = count(*) then sum(coalesce(std, population) * {0}) / sum(coalesce(std, population)) end".format(
            q(figure)), 0.0015
    if plain in ("time_min", "second_min"):
        return "sum({0} * population) / sum(case when {0} is not null then population end)".format(q(plain)), 0.02
    return None


# ---- siting: homes are the population cells
class Siting:
    """The demonstration's cells: people, minutes to communes' points and to sites, score today and at the first horizon."""

    def __init__(self, land, rows):
        self.land, self.at = land, os.path.dirname(support.demo())
        from_europe = to_lambert93(3035)
        self.places, counted, cells = {}, {}, []
        for r in read_csv(os.path.join(self.at, "carreaux.csv")):
            side, north, east = map(int, re.fullmatch(r"CRS3035RES(\d+)mN(\d+)E(\d+)", r["idcar_nat"]).groups())
            self.places[r["idcar_nat"]] = from_europe.TransformPoint(east + side / 2, north + side / 2)[:2]
            cells.append((r["idcar_nat"], r["lcog_geo"], float(r["ind"])))
            counted[r["lcog_geo"]] = counted.get(r["lcog_geo"], 0) + float(r["ind"])
        self.index = {cell: i for i, (cell, _, _) in enumerate(cells)}
        self.commune = np.array([c for _, c, _ in cells])
        self.people = np.array([n * land.people[c] / counted[c] for _, c, n in cells])
        roads, origins = os.path.join(self.at, "routes.shp"), points_file("cells.csv", self.places)
        self.coordinated = {}
        for f in ogr.Open(land.path).ExecuteSQL("select * from sites where structure in %r" % (COORDINATED,)):
            self.coordinated["%s|%s" % (f["profession"], f["site_id"])] = f.GetGeometryRef().GetPoint_2D()
        self.ends = ends = {**land.points, **self.coordinated}
        self.ms = {end: np.full(len(cells), np.inf) for end in ends}
        for end, cell, ms in matrix(roads, "bdtopo-car", points_file("ends.csv", ends), origins, 15):
            self.ms[end][self.index[cell]] = ms
        posts = register.posts("gp", GP, self.at, land.points)
        links = [(o, s, ms) for s, o, ms in matrix(roads, "bdtopo-car", points_file("gp.csv", dict(register.sites(posts))),
                                                   origins, 20)]
        self.gp_ms = np.full(len(cells), np.inf)
        for cell, _, ms in links:
            self.gp_ms[self.index[cell]] = min(ms, self.gp_ms[self.index[cell]])
        factor = register.factors(self.at, "gp", land.people)
        demand = {cell: self.people[i] * factor[self.commune[i]] for cell, i in self.index.items()}
        self.score = {}
        for years in (0, FIRST_HORIZON):
            staying = [p for p in posts if not years or not (p.age and p.age + years >= 67)]
            supplied = register.supply([p for p in staying if p.age + years <= register.AGE_LIMIT])
            scores, _ = register.score(links, supplied, demand)
            self.score[years] = np.array([scores[cell] for cell in self.index])

    def nearest(self, ends):
        return np.min([self.ms[e] for e in ends], axis=0) if ends else np.full(len(self.people), np.inf)


def dist(a, b):
    return ((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2) ** 0.5


def served_by(s, rows, existing):
    """Milliseconds of every home to what serves already, and where that is."""
    if existing == "sites":
        return s.gp_ms, [p for _, p in register.sites(register.posts("gp", GP, s.at, s.land.points))]
    ends = ["%s|%s" % tuple(r) for r in rows.all("select profession, site_id from sites where structure in %r" % (COORDINATED,))]
    return (s.nearest(ends), [s.ends[e] for e in ends]) if existing == "structures" else (s.nearest([]), [])


def group_demand(s, column):
    count = {r["CODGEO"]: float(r[column]) for r in read_csv(os.path.join(s.at, "population.csv"))}
    return s.people * np.array([count[c] / s.land.people[c] for c in s.commune])


# ---- why a commune is in no zone
def unzoned(land, commune, seats, low, high, limit_ms):
    """(words of the reason, most people of one piece round a seat that the commune reaches)."""
    near = [s for s in seats if land.ms.get((s, commune), 1e12) <= limit_ms]
    most, reach = 0, False
    for s in near:
        others = [o for o in land.people if land.ms.get((s, o), 1e12) <= limit_ms and (land.people[o] <= high or o == commune)]
        with_it = land.piece(commune, others)
        if s in with_it:
            reach, most = True, max(most, sum(land.people[o] for o in with_it))
    if land.people[commune] > high:
        return ("trop peuplée",), most
    if not near:
        return ("aucun siège possible",), most
    if not reach:
        return ("mais pas à travers",), most
    return ("ne réunit avec elle",) if most < low else ("les zones retenues", "entre %.0f et %.0f habitants" % (low, high)), most


# ---- scores: a term's need is 0 at good, 1 at bad, without them the ends of what there is; unknown terms do not weigh
def worse_low(key):
    return bool(re.search(r"per_100k|apl|share_\d+min|structures", key))


COUNTED = ("missing", "people_gained", "people_badly_served", "heads_leaving", "fte_leaving", "structures_15min")


def needs(terms, values, whole):
    need = {}
    for key, _, *ends in terms:
        known = [v[key] for v in values.values() if v[key] is not None]
        if key in COUNTED:
            known += [0, 1]  # none leaves, none is missing: 0 is one of the ends, and one is more than none
        low, high = (min(known), max(known)) if known else (0, 0)
        good, bad = (high, low) if worse_low(key) else (low, high)
        if ends:
            good, bad = whole(key) if ends[0] == "all" else float(ends[0]), float(ends[1])
        for thing, v in values.items():
            need[thing, key] = None if v[key] is None else 0.0 if good == bad else min(1, max(0, (v[key] - good) / (bad - good)))
    return need


def points(terms, need, things, moved):
    """Scores with each weight times its share of moved."""
    score = {}
    for thing in things:
        known = [(float(t[1]) * m, need[thing, t[0]]) for t, m in zip(terms, moved) if need[thing, t[0]] is not None]
        score[thing] = 100 * sum(w * n for w, n in known) / sum(w for w, _ in known)
    return score


def rank_of(score, thing, slack):
    """(first, last) rank it can have when scores are this uncertain."""
    others = [s for o, s in score.items() if o != thing]
    return 1 + sum(s > score[thing] + slack for s in others), 1 + sum(s >= score[thing] - slack for s in others)


# ---- zonage
def simulated(people, value, gauge, by_hand, split, density):
    """By hand, by right, then the pool in rising order until each gauge's first overflow: (classes, people held)."""
    want = dict(by_hand)
    if not density:
        want = {**{t: "ZIP" for t in people if value[t] < 2.5}, **{t: "HZ" for t in people if value[t] > 4}, **want}
    held, stopped = {k: sum(people[t] for t, c in want.items() if c == k) for k in gauge}, {"ZAC"} if density else set()
    for t in sorted((t for t in people if t not in want), key=lambda t: (value[t], t)):
        rest = people[t]
        for kind in ("ZIP", "ZAC"):
            if kind in stopped or rest <= 0:
                continue
            part = rest
            if held[kind] + rest > gauge[kind] + 1e-6:
                stopped.add(kind)
                part = max(0, gauge[kind] - held[kind]) if split else 0
            held[kind] += part
            rest -= part
            if part > 0:
                want.setdefault(t, kind)
        want.setdefault(t, "HZ")
    return want, held


# ---- the best choice of sites
def objective(model, demand, served, times, limit_ms):
    ms = np.minimum(served, times)
    return demand[ms <= limit_ms].sum() if model == "covering" else (demand * np.minimum(ms, limit_ms)).sum() / 1000


def best_cover(s, demand, served, candidates, limit_ms, n=None, share=None):
    """By HiGHS: the most demand that n sites cover; or the fewest sites that cover this share of what can be."""
    inside = np.array([s.ms[c] <= limit_ms for c in candidates])
    before, weight = served <= limit_ms, {}
    for i in np.nonzero(inside.any(axis=0) & ~before & (demand > 0))[0]:
        key = inside[:, i].tobytes()
        weight[key] = weight.get(key, 0) + demand[i]
    kinds, w, k = np.array([np.frombuffer(key, bool) for key in weight], float), np.array(list(weight.values())), len(candidates)
    done, sites, zeros = demand[before].sum(), np.ones(k), np.zeros(k)
    rules = [LinearConstraint(csr_matrix(np.hstack([kinds, -np.eye(len(w))])), 0, np.inf)]
    if n is None:
        goal = share * (done + w.sum()) - done
        rules.append(LinearConstraint(csr_matrix(np.hstack([zeros, w])[None]), goal - 1e-6 * w.sum(), np.inf))
        cost = np.hstack([sites, 0 * w])
    else:
        rules.append(LinearConstraint(csr_matrix(np.hstack([sites, 0 * w])[None]), n, n))
        cost = np.hstack([zeros, -w])
    found = milp(cost, constraints=rules, integrality=np.hstack([sites, 0 * w]), bounds=Bounds(0, 1), options={"mip_rel_gap": 0})
    return round(found.fun) if n is None else done - found.fun
