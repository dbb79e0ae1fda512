"""The second network (oracle.py) from OpenStreetMap files: nodes by their ids, and turns, which scipy searches as a graph of
roads taken one after the other."""
import re

import numpy as np
from osgeo import osr

from oracle import Network, UNREACHED, least, whole
from osm_pbf import Osm

NO_CAR = {"no", "private", "agricultural", "forestry", "emergency", "military", "delivery", "bus", "psv"}
BLOCKS = {"bollard", "block", "jersey_barrier", "cycle_barrier", "planter", "kissing_gate", "stile", "turnstile", "log",
          "debris", "chain", "rope", "fence", "wall", "hedge", "ditch", "bar", "yes"}
WAYS = {"yes": 1, "true": 1, "1": 1, "-1": -1, "reverse": -1}


# ---- what tags say
def access(tags, keys=("motorcar", "motor_vehicle", "vehicle", "access")):
    return next((tags[k] for k in keys if k in tags), None)


def closed(tags):
    said = access(tags)
    return said is not None and all(word.strip() in NO_CAR for word in said.split(";"))


def blocked(tags):
    if "barrier" not in tags:
        return False
    return closed(tags) or (tags["barrier"] in BLOCKS and not access(tags, ("motorcar", "motor_vehicle", "vehicle")))


def direction(tags):
    if "oneway" in tags:
        return WAYS.get(tags["oneway"], 0)
    return int(tags.get("junction") in ("roundabout", "circular") or tags["highway"] in ("motorway", "motorway_link"))


def limit_kmh(tags):
    """The first number; the files tried here have no other limits."""
    found = re.match(r"\d+", tags.get("maxspeed", ""))
    return float(found.group()) if found else 0


def turns(relations):
    """(way by which one comes, node, way onto which one turns, whether no other turn is allowed)."""
    for tags, members in relations:
        rule = tags.get("restriction:motorcar", tags.get("restriction", ""))
        spared = set(tags.get("except", "").split(";"))
        if not rule.startswith(("no_", "only_")) or spared & {"motorcar", "motor_vehicle"}:
            continue
        via = [(kind, ref) for role, kind, ref in members if role == "via"]
        if len(via) != 1 or via[0][0] != "node":
            continue
        for by in (ref for role, _, ref in members if role == "from"):
            for onto in (ref for role, _, ref in members if role == "to"):
                yield by, via[0][1], onto, rule.startswith("only_")


# ---- lines of a way, cut where the file lacks a node and where a barrier stands: each side has an end of its own there
def pieces(osm, refs):
    piece, pieces = [], []
    for i, ref in enumerate(refs):
        if i and ref == refs[i - 1]:
            continue
        gone, wall = ref not in osm.places, blocked(osm.node_tags.get(ref, {}))
        if not gone:
            piece.append((ref, object() if wall else ref))
        if gone or wall:
            pieces.append(piece)
            piece = [(ref, object())] if wall else []
    return [p for p in pieces + [piece] if len(p) > 1]


class OsmNetwork(Network):
    """A state is a road taken to its end, 2 * edge, + 1 for its way back; after these, standing at a node."""

    def __init__(self, path, epsg, speeds, heed_turns=True):
        osm = Osm(path)
        roads, keys, ways = self.lines_of(osm, speeds, to_metres(epsg))
        self.cut(roads, keys)
        self.connect()
        self.way = [ways[i] for i in self.road]
        self.make_states(list(turns(osm.relations)) if heed_turns else [])

    @staticmethod
    def lines_of(osm, speeds, project):
        roads, keys, ways = [], [], []
        for way, tags, refs in osm.ways:
            assert tags.get("route") != "ferry", "ferries are not tried here"
            found = speeds.find(tags.get("highway", ""), "")
            if found is None or found[1] == "closed" or tags.get("area") == "yes" or closed(tags):
                continue
            kmh = limit_kmh(tags) * speeds.limit_factor or found[0]
            for piece in pieces(osm, refs):
                roads.append((project([osm.places[ref] for ref, _ in piece]), kmh, found[1], direction(tags), 0))
                keys.append([key for _, key in piece])
                ways.append(way)
        return roads, keys, ways

    # ---- turns
    def make_states(self, restrictions):
        n_ways = 2 * len(self.a)
        self.ms, self.start_of, self.end_of = np.empty(n_ways), np.empty(n_ways, int), np.empty(n_ways, int)
        self.ms[0::2], self.ms[1::2] = self.forward, self.backward
        self.start_of[0::2], self.start_of[1::2] = self.a, self.b
        self.end_of[0::2], self.end_of[1::2] = self.b, self.a
        self.arriving, self.leaving = [[] for _ in range(self.n)], [[] for _ in range(self.n)]
        for x in np.flatnonzero(np.isfinite(self.ms)).tolist():
            self.arriving[self.end_of[x]].append(x)
            self.leaving[self.start_of[x]].append(x)
        self.find_turns(restrictions)
        around = [self.is_bend(v) for v in range(self.n)]
        tail, head = [], []
        for v in range(self.n):
            for s in self.arriving[v] + [n_ways + v]:
                for x in self.leaving[v]:
                    if (s, x) not in self.forbidden and not (around[v] and x == s ^ 1):
                        tail.append(s)
                        head.append(x)
        self.reverse = least(head, tail, self.ms[head], n_ways + self.n)

    def find_turns(self, restrictions):
        """A restriction counts where its roads come to its node, and leave it, in one way only."""
        self.forbidden, self.turns = set(), []
        for by, via, onto, only in restrictions:
            v = self.node.get(via)
            come = [s for s in self.arriving[v] if self.way[s // 2] == by] if v is not None else []
            go = [x for x in self.leaving[v] if self.way[x // 2] == onto] if v is not None else []
            if len(come) == len(go) == 1:
                self.turns.append((come[0], go[0], only))
                self.forbidden.update((come[0], x) for x in self.leaving[v] if (x != go[0]) == only)

    def is_bend(self, v):
        """Two roads that are one: nobody turns round there. Where a restriction is, somebody may."""
        edges = sorted({x // 2 for x in self.arriving[v] + self.leaving[v]})
        ends = int(sum((self.a[e] == v) + int(self.b[e] == v) for e in edges))
        if len(edges) != 2 or ends != 2 or any(self.end_of[s] == v for s, _, _ in self.turns):
            return False
        (away, back), (away_2, back_2) = (
            [any(x // 2 == e for x in ways) for ways in (self.leaving[v], self.arriving[v])] for e in edges)
        return (away, back) == (back_2, away_2)

    # ---- between a place of an edge and the states
    def towards(self, stop):
        for e, f in stop["places"]:
            for x, share in ((2 * e, f), (2 * e + 1, 1 - f)):
                v = self.start_of[x]
                if share == 0:
                    yield from ((s, stop["leg"]) for s in self.arriving[v] + [len(self.ms) + v])
                elif np.isfinite(self.ms[x]):
                    before = self.reverse.indices[self.reverse.indptr[x]:self.reverse.indptr[x + 1]]
                    yield from ((s, stop["leg"] + float(whole(share * self.ms[x]))) for s in before)

    def away(self, stop):
        for e, f in stop["places"]:
            for x, share in ((2 * e, 1 - f), (2 * e + 1, f)):
                if share == 0:
                    yield len(self.ms) + self.end_of[x], stop["leg"]
                elif np.isfinite(self.ms[x]):
                    yield x, stop["leg"] + float(whole(share * self.ms[x]))

    def one_place(self, stop):
        """No two roads, nor the two sides of a barrier, are equally near."""
        return len({(self.a if f == 0 else self.b)[e] if f in (0, 1) else -1 - e for e, f in stop["places"]}) == 1


def to_metres(epsg):
    systems = [osr.SpatialReference(), osr.SpatialReference()]
    for system, code in zip(systems, (4326, epsg)):
        system.ImportFromEPSG(code)
        system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    change = osr.CoordinateTransformation(*systems)
    return lambda places: np.array(change.TransformPoints(places))[:, :2]
