#!/usr/bin/python3
"""What a run writes, on the demonstration and on Corsica: contract, geometry, sums, provenance, same bytes, QGIS."""
import configparser
import hashlib
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

from osgeo import ogr

import support
from support import Checks, Rows, content, read_csv, run

check = Checks()

PLACES = ["insee_com", "nom", "insee_dep", "siren_epci", "population", "status", "point_basis", "snap_m", "edge_effect"]
OF_EACH = ["%s_heads", "%s_per_100k", "%s_time_min", "%s_share_%tmin", "%s_people_beyond_%t", "%s_second_min",
           "%s_people_fragile_%t"]
OF_PERSONS = ["%s_apl"]  # nobody shares out places of care
PLACES_OF_CARE = ["maternity", "emergency", "maison", "centre"]
CONTRACT = {  # DESIGN section 4, what is built so far; "%s" stands for each profession, "%t" for its threshold
    "communes": PLACES + OF_EACH + OF_PERSONS + ["%s_nearest_site", "zone_three15", "reasons"],
    "sites": ["site_id", "profession", "heads", "insee_com", "snap_m", "status", "planned", "people_15min"],
    "isochrones": ["site_id", "band_min", "area_km2", "people", "basis"],
    "coverage": ["profession", "band_min", "area_km2", "people", "basis"],
    "catchments": ["profession", "site_id", "area_km2", "people"],
    "indicators": ["level", "code", "profession", "indicator", "value", "unit", "basis"],
    "zones": ["zone_id", "kind", "rank", "rank_low", "rank_high", "score", "seat_insee", "seat_nom", "people", "%s_heads",
              "%s_shortfall", "missing", "people_beyond_15_now", "people_beyond_15_after", "max_time_min", "reasons", "objective",
              "bound"],
    "implantations": ["rank", "rank_low", "rank_high", "opening_order", "insee_com", "nom", "people_15min",
                      "people_badly_served_now", "people_badly_served_horizon", "people_gained", "people_added", "care_at_seat", "%s_at_seat",
                      "%s_time_min", "score", "term_people_gained", "reasons", "objective", "bound", "gap"],
    "territories": ["level", "code", "nom", "population"] + OF_EACH + OF_PERSONS,
    "diagnostics": ["severity", "source", "row", "code", "message"],
    "provenance": ["kind", "name", "value", "sha256", "rows_read", "rejected", "crs"],
}
OF_AGES = ["gp_fte", "gp_fte_per_100k", "gp_share_age_known", "gp_share_50plus", "gp_share_55plus", "gp_share_60plus",
           "gp_per_100k_horizon", "gp_people_beyond_15_horizon", "gp_apl_horizon", "gp_heads_lost_horizon",
           "gp_fte_lost_horizon", "gp_aged_75plus_beyond_15", "gp_no_car_beyond_15"]
ONLY_DEMO = {  # columns that Corsica's sources leave empty, hence absent there
    "communes": ["code_tvs", "cells", "cells_factor", "zone_area", "zone_zonage", "zone_official", "frr", "qpv", "delai"] + OF_AGES,
    "indicators": ["horizon"],
    "sites": ["finess", "structure", "parent_site", "fte", "heads_age_known", "heads_55plus"],
    "zones": ["structured", "class", "delai"],
    "implantations": ["structures_15min", "heads_leaving", "fte_leaving", "overlays", "zone_official"],
    "territories": OF_AGES,
    "zonage_disagreements": ["insee_com", "nom", "population", "zone_official", "zone_zonage", "difference", "territoire", "reasons"],
    "origins": ["origin_id", "insee_com", "people", "status", "gp_time_min", "gp_second_min", "gp_apl"],
}
AREAS = ["communes", "isochrones", "coverage", "catchments", "zones", "territories"]


# ---- names, types, aliases
def contract(name, rows, professions):
    tables = [r[0] for r in rows.all("select table_name from gpkg_contents order by table_name")]
    own = {t: ONLY_DEMO[t] for t in ("origins", "zonage_disagreements")}
    layers = {**CONTRACT, **own} if name == "demo" else CONTRACT
    check.equal(tables, sorted([*layers, "layer_styles"]), "%s: tables" % name)
    for table, names in layers.items():
        spelt = [n.replace("%s", p).replace("%t", str(professions[p])) for n in names
                 for p in (professions if "%s" in n else list(professions)[:1]) if n not in OF_PERSONS or p not in PLACES_OF_CARE]
        has = rows.columns(table)
        check.equal([c for c in spelt if c not in has], [], "%s: columns of %s" % (name, table))
        extra = ONLY_DEMO.get(table, [])
        check.equal([c for c in extra if (c in has) != (name == "demo")], [],
                    "%s: columns of %s that follow the sources" % (name, table))
        aliases(name, rows, table, has)
        no_empty_column(name, rows, table, has)
    check.equal([r[0] for r in rows.all("select distinct organization_coordsys_id from gpkg_spatial_ref_sys s join "
                                        "gpkg_geometry_columns g using (srs_id)")], [2154], "%s: legal system" % name)


def styles(name, rows):
    """Several a layer, each with its name, one of them the one that opens."""
    got = {}
    for r in rows.all("select f_table_name, styleName, useAsDefault from layer_styles order by id"):
        got.setdefault(r[0], []).append((r[1], r[2]))
    check.equal([t for t, s in got.items() if sum(d for _, d in s) != 1 or len({n for n, _ in s}) != len(s)], [],
                "%s: one style opens each layer" % name)
    check.equal([n for n, _ in got["communes"]], ["Temps d'accès", "APL"] +
                ["APL à l'horizon", "Âge : 55 ans et plus"] * (name == "demo"), "%s: styles of communes" % name)
    check.equal([n for n, _ in got["territories"]], ["Densité", "APL"] + ["Départs à l'horizon"] * (name == "demo"),
                "%s: styles of territories" % name)


def aliases(name, rows, table, columns):
    qml = rows.one("select styleQML from layer_styles where f_table_name = ? and useAsDefault", table)
    found = {a.get("field"): a.get("name") for a in ElementTree.fromstring(qml).iter("alias")}
    bare = [c for c in columns if c not in ("fid", "geom") and (not found.get(c) or found[c] == c)]
    check.equal(bare, [], "%s: aliases of %s" % (name, table))
    if table == "communes":
        check.equal((found["gp_time_min"], found["insee_com"]),
                    ("médecin généraliste : minutes en voiture jusqu'au plus proche", "Code INSEE de la commune"),
                    "%s: aliases are French" % name)


def no_empty_column(name, rows, table, columns):
    if rows.one('select count(*) from "%s"' % table) == 0:
        check.equal(table, "diagnostics", "%s: the only layer that may be empty" % name)
        return
    empty = [c for c in columns if rows.one('select count("%s") from "%s"' % (c, table)) == 0]
    if table == "diagnostics":
        empty = [c for c in empty if c != "row"]  # issues of whole files have no row
    check.equal(empty, [], "%s: columns of NULLs in %s" % (name, table))
    for column in columns:
        if column == "geom":
            continue
        strange = rows.one("select count(*) from \"{t}\" where (typeof(\"{c}\") = 'real' and not abs(\"{c}\") < 1e15) or "
                           "(typeof(\"{c}\") = 'text' and lower(\"{c}\") in ('nan', '-nan', 'inf', '-inf', '(null)', ''))"
                           .format(t=table, c=column))
        check.equal(strange, 0, "%s: NaN, infinity or empty text in %s.%s" % (name, table, column))


def codes(name, rows):
    for table, column, length in (("communes", "insee_com", 5), ("communes", "siren_epci", 9), ("sites", "insee_com", 5),
                                  ("zones", "seat_insee", 5)):
        bad = rows.one("select count(*) from {t} where (typeof({c}) <> 'text' or length({c}) <> ?){w}".format(
            t=table, c=column, w=" and kind in ('three15', 'area', 'service')" if table == "zones" else ""), length)
        check.equal(bad, 0, "%s: %s.%s is text of %d" % (name, table, column, length))
    order = [r[0] for r in rows.all("select insee_com from communes order by fid")]
    check.equal(order, sorted(set(order)), "%s: communes by code, each once" % name)
    if name == "corsica":
        check.equal(sorted({r[0] for r in rows.all("select insee_dep from communes")}), ["2A", "2B"], "corsica: 2A and 2B")


# ---- communes
def communes(name, rows, professions):
    total = rows.one("select sum(population) from communes")
    check.equal(rows.one("select count(*) from communes where status is null or status not in "
                         "('ok','unreachable','no_road','no_population','secret')"), 0, "%s: every status is known" % name)
    for p, t in professions.items():
        check.equal(rows.one("select count(*) from communes where status = 'ok' and %s_time_min is null" % p), 0,
                    "%s: a finite time to a %s, or a status" % (name, p))
        check.equal(rows.one("select count(*) from communes where ({p}_time_min is null) <> ({p}_nearest_site is null)"
                             .format(p=p)), 0, "%s: %s_time_min with its site" % (name, p))
        check.equal(rows.one("select count(*) from communes where point_basis <> 'cells' and "
                             "{p}_share_{t}min <> ({p}_time_min <= {t})".format(p=p, t=t)), 0,
                    "%s: %s_share_%dmin follows the time of a point, cut-off included" % (name, p, t))
        check.equal(rows.one("select count(*) from communes where {p}_share_{t}min < 0 or {p}_share_{t}min > 1 or "
                             "abs({p}_people_beyond_{t} - population * (1 - {p}_share_{t}min)) > "
                             "case point_basis when 'cells' then 0.051 + population * 5.1e-5 else 0 end".format(p=p, t=t)),
                    0, "%s: %s_people_beyond_%d" % (name, p, t))
        check.equal(rows.one("select count(*) from communes where abs({p}_per_100k - {p}_heads * 1e5 / population) > 0.0501"
                             .format(p=p)), 0, "%s: %s_per_100k" % (name, p))
        check.equal(rows.one("select count(*) from communes c where abs({p}_heads - coalesce((select sum(heads) from sites s "
                             "where s.insee_com = c.insee_com and profession = '{p}' and not planned), 0)) > 0.02"
                             .format(p=p)), 0, "%s: %s_heads are those of the open sites" % (name, p))
        check.equal(rows.one("select count(*) from communes where {p}_nearest_site is not null and {p}_nearest_site not in "
                             "(select site_id from sites where profession = '{p}' and not planned)".format(p=p)), 0,
                    "%s: %s_nearest_site is an open site" % (name, p))
        within = rows.one("select value from indicators where level = 'all' and profession = ? and indicator = ?", p,
                          "people_within_%dmin" % t)
        beyond = rows.one("select sum(%s_people_beyond_%d) from communes" % (p, t))
        check.near(within + beyond, total, 3, "%s: people within and beyond %d min of a %s are all people" % (name, t, p))


def counted_by(name, rows, plan_path):
    """Where people are counted, and how many a grid's cells stand for."""
    basis = "cells" if name == "demo" else "points"
    for table in ("isochrones", "coverage"):
        check.equal([r[0] for r in rows.all("select distinct basis from " + table)], [basis], "%s: basis of %s" % (name, table))
    check.equal({r[0] for r in rows.all("select distinct point_basis from communes")},
                {"cells"} if name == "demo" else {"services", "roads"}, "%s: point_basis" % name)
    if name != "demo":
        return
    cells = {}
    for r in read_csv(os.path.join(os.path.dirname(plan_path), "carreaux.csv")):
        cells.setdefault(r["lcog_geo"], []).append(float(r["ind"]))
    got = {r[0]: r[1:] for r in rows.all("select insee_com, cells, cells_factor, population from communes")}
    check.equal(sorted(got), sorted(cells), "demo: every commune has cells")
    check.equal([c for c, (n, factor, people) in got.items() if n != len(cells[c]) or
                 abs(sum(cells[c]) * factor / people - 1) > 1e-5], [], "demo: cells times their factor are the legal population")
    check.ok(any(abs(factor - 1) > 0.01 for _, factor, _ in got.values()), "demo: the factor shows")
    check.ok(rows.one("select count(*) from communes where gp_share_15min between 0.001 and 0.999") > 5,
             "demo: communes are cut by the threshold")


def indicators(name, rows, professions):
    """Every figure of every place, each once; the columns that say the same; people of each commune within each band:
    sums, nesting."""
    bands = [r[0] for r in rows.all("select distinct band_min from coverage order by 1")]
    places = {r[0]: r[1] for r in rows.all("select level, count(*) from territories group by level")}
    places["commune"] = rows.one("select count(*) from communes")
    for p in professions:
        series = {(r[0] == "commune", r[1]) for r in rows.all(
            "select level, count(distinct indicator || unit || {0}) from indicators where profession = ? group by level"
            .format("coalesce(horizon, '') || coalesce(bound, '')" if name == "demo" else "''"), p)}
        check.equal(len(series), 2, "%s: figures of %s, of communes and of territories" % (name, p))
        want = sorted((level, n * k) for level, n in places.items() for commune, k in series if commune == (level == "commune"))
        check.equal([tuple(r) for r in rows.all("select level, count(*) from indicators where profession = ? group by level "
                                                "order by level", p)], want, "%s: indicators of %s" % (name, p))
    kinds = {"commune": "cells" if name == "demo" else "point"}
    check.equal([tuple(r) for r in rows.all("select distinct level, basis from indicators order by 1")],
                [(level, kinds.get(level, "cells" if name == "demo" else "points")) for level in sorted(places)],
                "%s: level and basis of indicators" % name)
    columns_and_rows(name, rows)
    for p, t in professions.items():
        before = {}
        for b in bands:
            people = dict(tuple(r) for r in rows.all("select code, value from indicators where profession = ? and indicator = ? "
                                                     "and level = 'commune' and unit = 'people'", p, "people_within_%gmin" % b))
            check.near(sum(people.values()),
                       rows.one("select people from coverage where profession = ? and band_min = ?", p, b), 0.2,
                       "%s: people within %g min of a %s are those of the coverage" % (name, b, p))
            check.equal([c for c in people if people[c] < before.get(c, 0)], [], "%s: %s, %g min holds less" % (name, p, b))
            wrong = rows.one("select count(*) from indicators i join indicators j using (level, code, profession) join communes "
                             "on insee_com = code where level = 'commune' and profession = ? and i.indicator = ? and j.indicator "
                             "= ? and population > 0 and abs(i.value * population - j.value) > 0.001 + population * 5.1e-5",
                             p, "share_within_%gmin" % b, "people_within_%gmin" % b)
            check.equal(wrong, 0, "%s: share and people within %g min of a %s" % (name, b, p))
            before = people
        if t in bands:
            check.equal(rows.one("select count(*) from indicators join communes on insee_com = code where level = 'commune' and "
                                 "profession = ? and indicator = ? and abs(value - %s_share_%dmin) > 5.1e-5" % (p, t), p,
                                 "share_within_%dmin" % t), 0, "%s: %s_share_%dmin is the share of the band" % (name, p, t))


def columns_and_rows(name, rows):
    """What a column of communes or territories says is a row of the long table, NULL for NULL."""
    horizon = "horizon is null" if name == "demo" else "1"
    for table, key, level in (("communes", "insee_com", "'commune'"), ("territories", "code", "t.level")):
        for column, off in (("gp_heads", 0.005), ("gp_per_100k", 0.05), ("gp_time_min", 0.005), ("gp_share_15min", 5e-5),
                            ("gp_apl", 5e-4), ("gp_second_min", 0.005), ("gp_people_fragile_15", 0.05)):
            wrong = rows.one("select count(*) from {0} t left join indicators i on i.level = {1} and i.code = t.{2} and "
                             "i.profession = 'gp' and i.indicator = ? and {3} where (t.{4} is null) <> (i.value is null) or "
                             "abs(t.{4} - i.value) > ?".format(table, level, key, horizon, column), column[3:], off * 1.01)
            check.equal(wrong, 0, "%s: %s.%s is in the long table" % (name, table, column))


def corsica_figures(rows):
    at = os.path.join(support.DATA, "corsica")
    check.equal(rows.one("select count(*) from communes"), 360, "corsica: 360 communes")
    check.equal(rows.one("select sum(heads) from sites where profession = 'gp'"), 327, "corsica: 327 GPs at sites")
    check.equal(rows.one("select sum(gp_heads) from communes"), 327, "corsica: 327 GPs in communes")
    want = {r["insee_com"]: float(r["population"]) for r in read_csv(os.path.join(at, "population.csv"))}
    check.equal(dict(tuple(r) for r in rows.all("select insee_com, population from communes")), want,
                "corsica: population of each commune")
    heads = {r["insee_com"]: float(r["heads"]) for r in read_csv(os.path.join(at, "gp_by_commune.csv"))}
    check.equal(dict(tuple(r) for r in rows.all("select insee_com, gp_heads from communes where gp_heads > 0")), heads,
                "corsica: GPs of each commune")
    check.equal(rows.one("select count(*) from communes where gp_time_min is null and status = 'ok'"), 0,
                "corsica: every commune has a time or a status")
    check.equal(rows.one("select sum(gp_people_beyond_15) from communes"), 20128, "corsica: 20 128 people beyond 15 min")
    share = rows.one("select 100 * sum(gp_people_beyond_15) / sum(population) from communes")
    check.near(share, 5.66, 0.005, "corsica: 5.66 % of people beyond 15 min")
    check.equal([tuple(r) for r in rows.all("select count(*), sum(people), min(bound) from zones where kind = 'three15'")],
                [(16, 295867, 295867)], "corsica: 16 zones, which hold as many people as any choice can")
    mean = {r[0]: r[1] for r in rows.all("select code, value from indicators where indicator = 'apl' and level in "
                                         "('departement', 'all')")}
    check.near(mean["all"], 327 * 5400 / sum(want.values()), 1e-5, "corsica: all that is offered is in the mean APL")
    check.near(mean["2A"], 5.158, 0.0005, "corsica: mean APL of Corse-du-Sud (scripts/FIGURES.md)")
    check.near(mean["2B"], 4.796, 0.0005, "corsica: mean APL of Haute-Corse")
    check.equal(rows.one("select count(*) from communes where gp_apl = 0"), 116, "corsica: communes from which nobody is in reach")


# ---- shapes
def valid_shapes(name, dataset):
    for table in AREAS:
        layer = dataset.GetLayerByName(table)
        check.equal(layer.GetGeomType(), ogr.wkbMultiPolygon, "%s: %s are MultiPolygons" % (name, table))
        bad = [f.GetFID() for f in layer
               if f.GetGeometryRef() is None or f.GetGeometryRef().IsEmpty() or not f.GetGeometryRef().IsValid()]
        check.equal(bad, [], "%s: valid polygons of %s" % (name, table))


def nested_bands(name, dataset, table, key):
    """Each band lies inside the next, holds no more people, and says its own area."""
    groups = {}
    for f in dataset.GetLayerByName(table):
        groups.setdefault(f[key], []).append((f["band_min"], f["people"], f["area_km2"], f.GetGeometryRef().Clone()))
    bad_nest, bad_people, bad_area = [], [], []
    for site, bands in groups.items():
        bands.sort(key=lambda b: b[0])
        for (band, people, area, shape), bigger in zip(bands, bands[1:] + [None]):
            if abs(shape.Area() / 1e6 - area) > 0.0006:
                bad_area.append((site, band, area, shape.Area()))
            if bigger and bigger[3].Area() < shape.Area() or \
                    bigger and shape.Difference(bigger[3]).Area() >= 1e-3:
                bad_nest.append((site, band))
            if bigger and bigger[1] < people:
                bad_people.append((site, band))
    check.ok(groups, "%s: %s has bands" % (name, table))
    check.equal(bad_nest, [], "%s: %s nested" % (name, table))
    check.equal(bad_people, [], "%s: people of %s never fall with the band" % (name, table))
    check.equal(bad_area, [], "%s: area of %s is that of the shape" % (name, table))


def isochrones(name, rows):
    bands = [r[0] for r in rows.all("select distinct band_min from isochrones order by 1")]
    check.equal(bands, [5, 10, 15, 20, 30], "%s: bands" % name)
    sites = rows.one("select count(*) from sites where profession = 'gp' and not planned and status = 'ok'")
    check.equal(rows.one("select count(distinct site_id) from isochrones"), sites, "%s: isochrones of every open GP site" % name)
    check.equal(rows.one("select count(*) from isochrones i join sites s using (site_id) where s.profession = 'gp' and "
                         "not s.planned and band_min = 15 and abs(people - people_15min) > 0.11"), 0,
                "%s: people of the 15 min isochrone are the site's" % name)


def catchments(name, rows, dataset, professions):
    """A coverage: no overlap, together the longest band; its people are those with a nearest site."""
    for p in professions:
        shapes = [f.GetGeometryRef().Clone() for f in dataset.GetLayerByName("catchments") if f["profession"] == p]
        whole = ogr.Geometry(ogr.wkbMultiPolygon)
        for shape in shapes:
            for polygon in shape:
                whole.AddGeometry(polygon)
        whole = whole.UnionCascaded()
        total = sum(s.Area() for s in shapes)
        check.near(whole.Area(), total, 1e-6 * total, "%s: catchments of %s do not overlap" % (name, p))
        band = [f.GetGeometryRef().Clone() for f in dataset.GetLayerByName("coverage")
                if f["profession"] == p and f["band_min"] == 30][0]
        check.ok(whole.SymmetricDifference(band).Area() < 0.02 * band.Area(),
                 "%s: catchments of %s make the longest band, its small holes and the simplification apart" % (name, p),
                 whole.SymmetricDifference(band).Area() / band.Area())
        check.near(rows.one("select sum(people) from catchments where profession = ?", p),
                   rows.one("select people from coverage where profession = ? and band_min = 30", p), 1,
                   "%s: people of the catchments of %s" % (name, p))
    check.equal(rows.one("select count(*) from catchments k left join sites s using (site_id, profession) where "
                         "s.site_id is null or s.planned"), 0, "%s: catchments of open sites" % name)
    check.equal(rows.one("select count(*) from (select 1 from catchments group by profession, site_id having count(*) > 1)"),
                0, "%s: a catchment a site" % name)


# ---- sums
def territories(name, rows, professions):
    keys = {"epci": "siren_epci", "departement": "insee_dep", "tvs": "code_tvs"}
    total = rows.one("select sum(population) from communes")
    levels = [r[0] for r in rows.all("select distinct level from territories order by 1")]
    check.equal(levels, sorted({"demo": ["all", "epci", "tvs", "bassin_vie", "departement", "cpts"],
                                "corsica": ["all", "epci", "bassin_vie", "canton", "departement"]}[name]), "%s: levels" % name)
    for level in levels:
        covers = level != "cpts"  # an alliance does not cover everybody
        if covers:
            check.near(rows.one("select sum(population) from territories where level = ?", level), total, 0.5,
                       "%s: population by %s adds up" % (name, level))
        for p, t in professions.items():
            for column in ("heads", "people_beyond_%d" % t) if covers else ():
                check.near(rows.one("select sum(%s_%s) from territories where level = ?" % (p, column), level),
                           rows.one("select sum(%s_%s) from communes" % (p, column)), 3 if name == "demo" else 0.5,
                           "%s: %s_%s by %s adds up" % (name, p, column, level))
            check.equal(rows.one("select count(*) from territories where level = ? and abs({p}_per_100k - {p}_heads * 1e5 / "
                                 "population) > 0.06 * (1 + {p}_per_100k * 1e-3)".format(p=p), level), 0,
                        "%s: %s_per_100k by %s" % (name, p, level))
            check.equal(rows.one("select count(*) from territories where level = ? and abs({p}_people_beyond_{t} - population * "
                                 "(1 - {p}_share_{t}min)) > 0.06 + population * 6e-5".format(p=p, t=t), level), 0,
                        "%s: share and people beyond by %s" % (name, level))
            if level not in keys:
                continue
            wrong = rows.all("select t.code from territories t left join (select {k} as code, sum({p}_heads) h, "
                             "sum(population) q, sum({p}_people_beyond_{t}) b, count(*) n from communes group by {k}) c on c.code = t.code "
                             "where t.level = ? and not (abs(t.{p}_heads - h) < 0.02 + 0.01 * h and abs(t.population - q) < 0.11 "
                             "and abs(t.{p}_people_beyond_{t} - b) < 0.11 + 0.05 * n)".format(k=keys[level], p=p, t=t), level)
            check.equal([r[0] for r in wrong], [], "%s: each %s is the sum of its communes (%s)" % (name, level, p))


def zones(name, rows, dataset, professions):
    """Those of three15; test_zones.py looks at the others."""
    n = rows.one("select count(*) from zones where kind = 'three15'")
    check.ok(n > 0, "%s: there are zones" % name)
    check.equal([r[0] for r in rows.all("select rank from zones where kind = 'three15' order by fid")], list(range(1, n + 1)),
                "%s: ranks 1 to %d" % (name, n))
    check.equal([r[0] for r in rows.all("select a.rank from zones a join zones b on b.rank = a.rank + 1 and b.kind = a.kind "
                                        "where a.kind <> 'service' and b.score > a.score")],
                [], "%s: ranks follow the score" % name)
    shapes = {f["insee_com"]: f.GetGeometryRef().Clone() for f in dataset.GetLayerByName("communes")}
    outline = {f["zone_id"]: f.GetGeometryRef().Clone() for f in dataset.GetLayerByName("zones")}
    for z in rows.all("select * from zones where kind = 'three15'"):
        what = "%s: zone %s" % (name, z["zone_id"])
        c = rows.all("select * from communes where zone_three15 = ?", z["zone_id"])
        members = [r["insee_com"] for r in c]
        check.equal(z["kind"], "three15", what + ": kind")
        check.near(z["people"], sum(r["population"] for r in c), 0.11, what + ": people")
        check.equal(z["communes"], len(c), what + ": communes")
        for p in professions:
            check.near(z["%s_heads" % p], sum(r["%s_heads" % p] for r in c), 0.01 * len(c) + 0.01, what + ": %s_heads" % p)
        check.near(z["people_beyond_15_now"], sum(r["gp_people_beyond_15"] for r in c), 0.11 + 0.05 * len(c),
                   what + ": people beyond")
        check.ok(0 <= z["people_beyond_15_after"] <= z["people_beyond_15_now"] + 0.05, what + ": a pole takes nobody away")
        check.ok(z["seat_insee"] in members, what + ": its seat is inside")
        check.ok(z["max_time_min"] <= 15, what + ": at most 15 min", z["max_time_min"])
        check.ok(7500 <= z["people"] and (z["people"] <= 22500 or len(c) == 1), what + ": its size", z["people"])
        check.ok(0 <= z["score"] <= 100, what + ": its score", z["score"])
        check.ok(one_piece([shapes[m] for m in members]), what + ": contiguous")
        area = sum(shapes[m].Area() for m in members)
        check.near(outline[z["zone_id"]].Area() / area, 1, 1e-6, what + ": its outline holds its communes")
        structured = rows.one("select coalesce(sum(heads), 0) from sites where not planned and insee_com in (%s) and (%s)" % (
            ",".join("'%s'" % m for m in members),
            "structure in ('maison', 'pole', 'centre') and profession not in (%s)" %
            ",".join("'%s'" % p for p in PLACES_OF_CARE) if name == "demo" else "0"))
        check.near(z["missing"], max(0, 15 - structured), 0.02, what + ": missing professionals")
    check.equal(rows.one("select count(*) from communes where zone_three15 is not null and zone_three15 not in "
                         "(select zone_id from zones)"), 0, "%s: no commune in an unknown zone" % name)


def one_piece(shapes):
    """Joined by boundary segments: a point in common is not enough."""
    reached, waiting = {0}, [0]
    while waiting:
        a = shapes[waiting.pop()]
        for j, b in enumerate(shapes):
            if j not in reached and a.Intersects(b) and a.Boundary().Intersection(b.Boundary()).Length() > 1:
                reached.add(j)
                waiting.append(j)
    return len(reached) == len(shapes)


# ---- provenance
def sha256_of(path):
    paths = [path]
    if path.endswith(".shp"):
        paths += [path[:-4] + end for end in (".shx", ".dbf", ".prj", ".cpg")]
    return hashlib.sha256(b"".join(content(p) for p in paths if os.path.exists(p))).hexdigest()


def provenance(name, rows, plan_path):
    plan = configparser.ConfigParser()
    plan.read(plan_path, encoding="utf-8")
    inputs = {s.split()[-1]: plan[s]["file"] for s in plan.sections() if "file" in plan[s]}
    inputs.update({"[%s] previous" % s: plan[s]["previous"] for s in plan.sections() if "previous" in plan[s]})
    got = {r["name"]: r for r in rows.all("select * from provenance where kind = 'input'")}
    check.equal(sorted(got), sorted(inputs), "%s: provenance names every input" % name)
    for section, file in inputs.items():
        path, row = os.path.join(os.path.dirname(plan_path), file), got.get(section)
        if row is None:
            continue
        check.equal((row["value"], row["sha256"]), (os.path.basename(file), sha256_of(path)),
                    "%s: sha256 of %s" % (name, file))
        check.ok(section.endswith(" previous") or row["rows_read"] > 0 and row["rejected"] == 0, "%s: rows of %s" % (name, file), tuple(row))
    check.holds(rows.one("select value from provenance where kind = 'software'"), ["quinze", "GDAL", "PROJ", "GEOS"],
                "%s: versions" % name)
    check.equal(rows.one("select value from provenance where name = '[travel] access_speed_kmh'"), "20",
                "%s: parameters, defaults included" % name)
    stated = {r[0] for r in rows.all("select distinct substr(last_change, 1, 10) from gpkg_contents")}
    check.equal(stated, {"2026-01-01" if name == "demo" else "2025-01-01"}, "%s: dated by the plan" % name)


# ---- the same bytes
def same_bytes(name, plan, first):
    want = hashlib.sha256(content(first)).hexdigest()
    tries = [("again", [], {}), ("one thread", ["--threads", "1"], {}), ("two threads", ["--threads", "2"], {}),
             ("five threads", ["--threads", "5"], {}),
             ("another locale", [], {"LC_ALL": french_locale(), "LC_NUMERIC": "fr_FR.UTF-8", "LANG": "fr_FR.UTF-8"}),
             ("another time zone and home", [], {"TZ": "Pacific/Auckland", "HOME": support.folder("home")})]
    for what, options, environment in tries:
        at = support.folder("bytes")
        done = run("run", "-q", *options, plan, os.path.join(at, "other.gpkg"), env=environment, cwd=at)
        check.equal(done.code, 0, "%s: %s: exit" % (name, what))
        check.equal(hashlib.sha256(content(os.path.join(at, "other.gpkg"))).hexdigest(), want,
                    "%s: the same bytes: %s" % (name, what))


def french_locale():
    """One with a decimal comma when the machine has any."""
    has = subprocess.run(["locale", "-a"], stdout=subprocess.PIPE, encoding="utf-8").stdout.split()
    return next((l for l in has if re.match("(fr|de|it|es)_", l)), "C.UTF-8")


# ---- acceptance
def last_line(command, **how):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding="utf-8", errors="replace", timeout=600, **how)
    lines = done.stdout.strip().splitlines() or [""]
    return done.returncode, lines[-1], [l for l in lines if l.startswith("FAIL")][:5]


def accepted(name, path):
    accept = os.path.join(support.SHARED, "accept")
    code, line, why = last_line(["bash", os.path.join(accept, "gpkg_check.sh"), path])
    check.ok(code == 0 and line.endswith(" 0 failed"), "%s: gpkg_check.sh" % name, (line, why))
    runtime = support.folder("runtime")
    os.chmod(runtime, 0o700)
    environment = dict(os.environ, QT_QPA_PLATFORM="offscreen", XDG_RUNTIME_DIR=runtime)
    code, line, why = last_line(["/usr/bin/python3", os.path.join(accept, "qgis_style_check.py"), path,
                                 support.folder("png")], env=environment)
    check.ok(code == 0 and line.endswith(" 0 failed"), "%s: qgis_style_check.py" % name, (line, why))


# ---- codes with leading zeros and letters, through every format
def leading_zeros():
    at = support.territory("zeros")
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, 0, "leading zeros: runs")
    rows = Rows(out)
    check.equal([tuple(r) for r in rows.all("select insee_com, typeof(insee_com), insee_dep from communes order by fid")],
                [("01001", "text", "01"), ("01002", "text", "01"), ("01004", "text", "01"), ("2A003", "text", "2A")],
                "leading zeros and 2A are kept")
    check.equal(rows.one("select gp_time_min from communes where insee_com = '01002'"), 3.69,
                "four kilometres at 65 km/h: 3.69 min")
    rows.close()


def only_site():
    """Whoever an only site serves has no other: fragile, though there is no second nearest to tell."""
    at = support.territory("only")
    out = os.path.join(at, "out.gpkg")
    check.equal(run("run", "-q", os.path.join(at, "plan.ini"), out).code, 0, "an only site: runs")
    rows = Rows(out)
    check.equal([r[0] for r in rows.all("select gp_people_fragile_15 from communes order by insee_com")],
                [1200, 800, 300, 500], "an only site: all it serves are fragile")
    check.ok("gp_second_min" not in rows.columns("communes"), "an only site: no second")
    rows.close()


support.need_quinze()
for name, plan in support.cases():
    out = os.path.join(support.work_folder(), name + ".gpkg")
    if not check.equal(run("run", "-q", plan, out).code, 0, "%s: runs" % name):
        continue
    rows, dataset = Rows(out), ogr.Open(out)
    professions = {r[0].split()[1][:-1]: int(r[1]) for r in rows.all(
        "select name, value from provenance where name like '[practitioners %] threshold_min' order by fid")}  # and threshold
    check.equal(list(professions)[:6] + [len(professions)], {
        "demo": ["gp", "nurse", "physiotherapist", "midwife", "dentist", "pharmacist", 11], "corsica": ["gp", 1]}[name],
                "%s: professions" % name)
    contract(name, rows, professions)
    styles(name, rows)
    codes(name, rows)
    communes(name, rows, professions)
    counted_by(name, rows, plan)
    indicators(name, rows, professions)
    if name == "corsica":
        corsica_figures(rows)
    valid_shapes(name, dataset)
    nested_bands(name, dataset, "isochrones", "site_id")
    nested_bands(name, dataset, "coverage", "profession")
    isochrones(name, rows)
    catchments(name, rows, dataset, professions)
    territories(name, rows, professions)
    zones(name, rows, dataset, professions)
    provenance(name, rows, plan)
    rows.close()
    dataset = None
    same_bytes(name, plan, out)
    if os.path.isdir(os.path.join(support.SHARED, "accept")):
        accepted(name, out)
leading_zeros()
only_site()
check.end()
