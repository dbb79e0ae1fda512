"""The demonstration's register and ages, read a second time in Python and nothing of the engine: who counts, where, how
much; the standardised population; a floating-catchment score by plain loops. Slow and plain, as oracle.py is."""
import os

import support
from support import read_csv

LEFT_OUT = {"gp": ("hopital", "SOS Médecins")}  # structures; geodata/exclusions.csv
LEFT_OUT_MODES = ("remplacant", "teleconsultation")
CONSULTATIONS_PER_FTE = 5400
APL2017_MIN = ((10, 1.0), (15, 2 / 3), (20, 1 / 3))
AGE_LIMIT = 65  # of apl2017: older practitioners are left out


class Post:
    """A person at a site: her part of one head, and of her full-time equivalents (None: not told)."""

    def __init__(self, site, place, commune, heads, fte, age):
        self.site, self.place, self.commune, self.heads, self.fte, self.age = site, place, commune, heads, fte, age


def persons(rows, key):
    """Heads go to the rows that count, full-time equivalents where the shares say."""
    by_person = {}
    for r in rows:
        by_person.setdefault(r["rpps"], []).append(r)
    for mine in by_person.values():
        counted = [r for r in mine if r["structure"] not in LEFT_OUT.get(key, ()) and
                   r["mode_exercice"] not in LEFT_OUT_MODES]
        for r in counted:
            heads = float(r["part"]) / sum(float(c["part"]) for c in counted)
            fte = float(r["etp"]) * float(r["part"]) / sum(float(m["part"]) for m in mine)
            yield r, heads, fte


def posts(key, section, at, points):
    """Of a profession of the demonstration's plan. An address found with a low score stands at the commune's point."""
    rows = read_csv(os.path.join(at, section["file"]))
    wanted = section["profession"]
    if section["file"] == "equipements.csv":
        return [Post("%s-%s-%.0f-%.0f" % (key, r["DEPCOM"], *place), place, r["DEPCOM"], 1, None, 0) for r in rows
                if r["TYPEQU"] == wanted for place in [(float(r["LAMBERT_X"]), float(r["LAMBERT_Y"]))]]
    if section["file"] == "etablissements.csv":
        return [Post(r["numero_finess_etablissement"], (float(r["coordxet"]), float(r["coordyet"])), r["code_insee"], 1,
                     None, 0) for r in rows if r["categetab"] == wanted]
    rows = [r for r in rows if r["profession"] == wanted and r["planned"] == "0"]
    return [Post(r["site_id"], (float(r["x"]), float(r["y"])) if float(r["result_score"]) >= 0.5 else
                 points[r["insee_com"]], r["insee_com"], heads, fte, int(r["age"] or 0)) for r, heads, fte in persons(rows, key)]


def sites(found):
    """(site, place), by id; the first post says where."""
    places = {}
    for post in found:
        places.setdefault(post.site, post.place)
    return sorted(places.items())


# ---- standardised population
BANDS = {"0014": (0, 14), "1529": (15, 29), "3044": (30, 44), "4559": (45, 59), "6074": (60, 74), "75P": (75, 94)}


def consumption(profession):
    lines = [l.split(",") for l in open(os.path.join(support.ROOT, "geodata", "consumption.csv"), encoding="utf-8")
             if not l.startswith("#")][1:]
    by_age = {}
    for name, low, high, per_year, _ in lines:
        if name == (profession if any(l[0] == profession for l in lines) else "*"):
            by_age.update({age: float(per_year) for age in range(int(low), int(high or 120) + 1)})
    return by_age


def factors(at, profession, people):
    """What each commune's inhabitants count as. Ages are in the communes of 2021: 99999 has joined 99128, 99146 has been
    split into itself and 99176, which keep its ages."""
    by_age, ages = consumption(profession), {}
    mean = {band: sum(by_age[a] for a in range(low, high + 1)) / (high - low + 1) for band, (low, high) in BANDS.items()}
    for r in read_csv(os.path.join(at, "population_ages.csv")):
        for code in {"99999": ["99128"], "99146": ["99146", "99176"]}.get(r["CODGEO"], [r["CODGEO"]]):
            mine = ages.setdefault(code, dict.fromkeys(BANDS, 0))
            for band in BANDS:
                mine[band] += float(r["P21_POP" + band])
    per_head = {code: sum(mine[b] * mean[b] for b in BANDS) / sum(mine.values()) for code, mine in ages.items()}
    of_all = sum(people[c] * per_head[c] for c in people) / sum(people.values())
    return {c: per_head[c] / of_all for c in people}


# ---- the score
def apl2017_weight(ms):
    return next((weight for most, weight in APL2017_MIN if ms <= most * 60000), 0.0)


def supply(found, scale=CONSULTATIONS_PER_FTE):
    """Consultations a year by site, of those whose age does not leave them out."""
    total = {}
    for post in found:
        if post.age <= AGE_LIMIT:
            total[post.site] = total.get(post.site, 0) + (post.heads if post.fte is None else post.fte) * scale
    return total


def score(links, supplied, demand):
    """links: (origin, site, ms). The score of each origin, and what nobody reaches."""
    reaching, scores = {}, dict.fromkeys(demand, 0.0)
    for origin, site, ms in links:
        reaching[site] = reaching.get(site, 0) + demand[origin] * apl2017_weight(ms)
    for origin, site, ms in links:
        if reaching[site] > 0:
            scores[origin] += supplied.get(site, 0) / reaching[site] * apl2017_weight(ms)
    return scores, sum(s for site, s in supplied.items() if not reaching.get(site, 0) > 0)
