"""A second network, made in Python from the same files and nothing of the engine: own reading, own speeds, own milliseconds,
own snapping, times by scipy. Slow and plain."""
import os

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from osgeo import ogr

import support

ISLAND_MIN_M = 2000
ACCESS_KMH = 20
SNAP_LIMIT_M = 5000
AT_CROSSING_M = 1
SITES_CAP = 4096  # times are multiplied by it and the site's number added: of equal times the lower site wins
UNREACHED = np.inf


def whole(x):
    """Nearest whole number, halves up."""
    return np.floor(np.asarray(x, dtype=np.float64) + 0.5)


# ---- speeds
class Speeds:
    def __init__(self, name):
        self.lines, self.limit_factor = [], 1.0
        lines = [l for l in open(os.path.join(support.ROOT, "geodata", "speeds-%s.csv" % name), encoding="utf-8")
                 if l.strip() and not l.startswith("#")]
        for line in lines[1:]:
            nature, importance, kmh, kind = [f.strip() for f in line.split(",")]
            if kind == "limit":
                self.limit_factor = float(kmh)
            else:
                self.lines.append((nature, importance, float(kmh), kind))

    def find(self, nature, importance):
        for n, i, kmh, kind in self.lines:
            if n.lower() == nature.lower() and i in ("*", importance):
                return kmh, kind
        return None


def osm_row(f):
    return {"nature": f["highway"], "importance": "", "kmh": 0,
            "length": f["length_m"] or 0, "direction": 1 if f["oneway"] == "yes" else 0, "closed": False}


def bdtopo_row(f):
    return {"nature": f["NATURE"], "importance": f["IMPORTANCE"], "kmh": f["VIT_MOY_VL"] or 0, "length": 0,
            "direction": {"Double sens": 0, "Sans objet": 0, "Sens direct": 1, "Sens inverse": -1}[f["SENS"]],
            "closed": f["PRIVE"] == "Oui" or f["ETAT"] in ("En projet", "En construction", "En ruine") or
            f["ACCES_VL"] in ("Physiquement impossible", "Restreint aux ayants droit")}


# ---- the network
class Network:
    """edges: from, to, ms forward and backward (inf: closed), kind, polyline."""

    def __init__(self, path, layer_row, speeds):
        roads = self.read(path, layer_row, speeds)
        self.cut(roads, [[tuple(k) for k in whole(points * 1000).astype(np.int64).tolist()] for points, *_ in roads])
        self.connect()

    @staticmethod
    def read(path, layer_row, speeds):
        roads = []
        dataset = ogr.Open(path)
        for f in dataset.GetLayer(0):
            row = layer_row(f)
            found = speeds.find(row["nature"], row["importance"])
            if found is None or found[1] == "closed" or row["closed"]:
                continue
            kmh = row["kmh"] * speeds.limit_factor if row["kmh"] > 0 else found[0]
            line = f.GetGeometryRef()
            assert ogr.GT_Flatten(line.GetGeometryType()) == ogr.wkbLineString
            roads.append((np.array(line.GetPoints())[:, :2], kmh, found[1], row["direction"], row["length"]))
        return roads

    def cut(self, roads, keys):
        """Edges between the nodes: points of equal keys are one place, a node where two roads use it, or one ends."""
        uses = {}
        for line in keys:
            for i, k in enumerate(line):
                uses[k] = uses.get(k, 0) + (2 if i in (0, len(line) - 1) else 1)
        node = {}
        self.edges, self.lines, self.road = [], [], []
        for i, ((points, kmh, kind, direction, stated), line) in enumerate(zip(roads, keys)):
            steps = np.hypot(*np.diff(points, axis=0).T)
            drawn = steps.sum()
            start = 0
            for k in range(1, len(line)):
                if uses[line[k]] < 2:
                    continue
                piece = steps[start:k].sum()
                length = stated * (piece / drawn if drawn > 0 else 1) if stated > 0 else piece
                ms = float(whole(length * 3600 / kmh))
                a = node.setdefault(line[start], len(node))
                b = node.setdefault(line[k], len(node))
                self.edges.append((a, b, ms if direction >= 0 else UNREACHED, ms if direction <= 0 else UNREACHED,
                                   kind, length))
                self.lines.append(points[start:k + 1])
                self.road.append(i)
                start = k
        self.node = node
        self.n = len(node)
        self.a = np.array([e[0] for e in self.edges])
        self.b = np.array([e[1] for e in self.edges])
        self.forward = np.array([e[2] for e in self.edges])
        self.backward = np.array([e[3] for e in self.edges])
        self.length = np.array([e[5] for e in self.edges])
        self.plain = np.array([e[4] == "plain" for e in self.edges])

    def connect(self):
        """Arcs turned round (towards the sites), and the edges one may start from."""
        f, b = np.isfinite(self.forward), np.isfinite(self.backward)
        tail = np.concatenate([self.a[f], self.b[b]])
        head = np.concatenate([self.b[f], self.a[b]])
        ms = np.concatenate([self.forward[f], self.backward[b]])
        self.reverse = least(head, tail, ms, self.n)
        ones = csr_matrix((np.ones(len(tail)), (tail, head)), (self.n, self.n))
        _, part = connected_components(ones, directed=True, connection="strong")
        every = csr_matrix((np.ones(len(self.a)), (self.a, self.b)), (self.n, self.n))
        _, island = connected_components(every, directed=False)
        of_part = np.zeros(part.max() + 1)
        inside = part[self.a] == part[self.b]
        np.add.at(of_part, part[self.a[inside]], self.length[inside])
        main = {}
        for v in range(self.n):
            best = main.get(island[v])
            if best is None or of_part[part[v]] > of_part[best]:
                main[island[v]] = part[v]
        main = np.array([main[i] for i in range(island.max() + 1)])
        home = main[island[self.a]]
        large = (of_part[home] >= ISLAND_MIN_M) | (of_part[home] >= of_part.max())
        self.snappable = self.plain & large & inside & (part[self.a] == home)
        self.index()

    def index(self):
        """All straight pieces of the snappable edges."""
        start, step, edge, before = [], [], [], []
        for i in np.flatnonzero(self.snappable):
            p = self.lines[i]
            d = np.diff(p, axis=0)
            start.append(p[:-1])
            step.append(d)
            edge.append(np.full(len(d), i))
            before.append(np.concatenate([[0], np.cumsum(np.hypot(*d.T))[:-1]]))
        self.start, self.step = np.concatenate(start), np.concatenate(step)
        self.piece_edge, self.before = np.concatenate(edge), np.concatenate(before)
        self.square = (self.step ** 2).sum(axis=1)

    def snap(self, x, y):
        """A stop: the edges and fractions at the nearest point (several where edges meet), the leg. None: no road."""
        p = np.array([x, y])
        along = np.divide(((p - self.start) * self.step).sum(axis=1), self.square, out=np.zeros(len(self.start)),
                          where=self.square > 0).clip(0, 1)
        at = self.start + along[:, None] * self.step
        distance = np.hypot(*(p - at).T)
        best = distance.min()
        if best > SNAP_LIMIT_M:
            return None
        places = {}
        for k in np.flatnonzero(distance <= best + 1e-9):
            e = self.piece_edge[k]
            total = np.hypot(*np.diff(self.lines[e], axis=0).T).sum()
            f = (self.before[k] + along[k] * np.sqrt(self.square[k])) / total if total > 0 else 0.0
            f = min(f, 1.0)
            if min(f, 1 - f) * self.length[e] <= AT_CROSSING_M:
                f = 0.0 if f <= 0.5 else 1.0
            places[(int(e), 0.0 if f < 1e-12 else 1.0 if f > 1 - 1e-12 else f)] = True
        ends = sorted(p for p in places if p[1] in (0, 1))
        inside = sorted(p for p in places if p[1] not in (0, 1))[:1]  # two roads drawn alike: the first of the file
        return {"at": (x, y), "places": ends + inside, "leg": float(whole(best * 3600 / ACCESS_KMH)), "snap_m": best}

    # ---- ways between a place of an edge and the nodes: at an end it is the node itself
    def towards(self, stop):
        """(node, ms) from which the stop is reached."""
        for e, f in stop["places"]:
            if np.isfinite(self.forward[e]) or f == 0:
                yield self.a[e], stop["leg"] + (float(whole(f * self.forward[e])) if f > 0 else 0)
            if np.isfinite(self.backward[e]) or f == 1:
                yield self.b[e], stop["leg"] + (float(whole((1 - f) * self.backward[e])) if f < 1 else 0)

    def away(self, stop):
        """(node, ms) that the stop leads to, its leg counted."""
        for e, f in stop["places"]:
            if np.isfinite(self.backward[e]) or f == 0:
                yield self.a[e], stop["leg"] + (float(whole(f * self.backward[e])) if f > 0 else 0)
            if np.isfinite(self.forward[e]) or f == 1:
                yield self.b[e], stop["leg"] + (float(whole((1 - f) * self.forward[e])) if f < 1 else 0)

    def along(self, origin, site):
        """Straight along a shared edge: milliseconds, or infinity."""
        best = UNREACHED
        for e, f in origin["places"]:
            for other, g in site["places"]:
                if other != e:
                    continue
                if g >= f:
                    best = min(best, float(whole((g - f) * self.forward[e])) if g > f else 0)
                if g <= f:
                    best = min(best, float(whole((f - g) * self.backward[e])) if f > g else 0)
        return best + origin["leg"] + site["leg"]

    def nearest(self, sites, origins):
        """(ms, site number) of each origin; (inf, None) unreached. Sites and origins: stops, None without road."""
        source, arcs = self.reverse.shape[0], self.reverse
        seeds = {}
        for j, site in enumerate(sites):
            for node, ms in self.towards(site) if site else ():
                seeds[node] = min(seeds.get(node, UNREACHED), ms * SITES_CAP + j + 1)  # + 1: no arc weighs nothing
        graph = csr_matrix((np.append(arcs.data * SITES_CAP, list(seeds.values())),
                            np.append(arcs.indices, np.fromiter(seeds, np.int32)),
                            np.append(arcs.indptr, arcs.nnz + len(seeds))), (source + 1, source + 1))
        label = dijkstra(graph, indices=source)
        answers = []
        for origin in origins:
            if origin is None:
                answers.append((UNREACHED, None))
                continue
            best = min((label[node] + ms * SITES_CAP for node, ms in self.away(origin)), default=UNREACHED)
            for j, site in enumerate(sites):
                if site is None:
                    continue
                if site["at"] == origin["at"]:
                    best = min(best, j + 1)
                else:
                    best = min(best, self.along(origin, site) * SITES_CAP + j + 1)
            answers.append((float(best // SITES_CAP), int(best % SITES_CAP) - 1) if np.isfinite(best)
                           else (UNREACHED, None))
        return answers


def least(row, col, weight, n):
    """A sparse graph that keeps the least of parallel arcs. Zero weights stay arcs."""
    row, col, weight = np.asarray(row), np.asarray(col), np.asarray(weight, dtype=np.float64)
    order = np.lexsort((weight, col, row))
    row, col, weight = row[order], col[order], weight[order]
    first = np.ones(len(row), bool)
    first[1:] = (row[1:] != row[:-1]) | (col[1:] != col[:-1])
    keep = first & (row != col)
    row, col, weight = row[keep], col[keep], weight[keep]
    start = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(row, minlength=n), out=start[1:])
    return csr_matrix((weight, col, start), (n, n))
