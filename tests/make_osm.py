#!/usr/bin/env python3
"""Writes a big .osm.pbf of a made-up country, without any library: for timing readers.
usage: make_osm.py OUT.osm.pbf [WAYS] (default 2000000; about a third of them are buildings)

A square grid of streets: each way is a street of 10 nodes that shares its ends with its neighbours; every
third way is a building. Names and speeds vary, so that tags do not compress to nothing.
Same WAYS, same bytes."""
import struct
import sys
import zlib


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    out.append(n)
    return bytes(out)


def zigzag(n):
    return varint(n << 1 if n >= 0 else (-n << 1) - 1)


def message(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field, n):
    return varint(field << 3) + varint(n)


def packed(field, values):
    return message(field, b"".join(map(varint, values)))


def deltas(field, values):
    out, last = [], 0
    for v in values:
        out.append(zigzag(v - last))
        last = v
    return message(field, b"".join(out))


def write_blob(f, kind, data):
    blob = number(2, len(data)) + message(3, zlib.compress(data, 6))
    head = message(1, kind) + number(3, len(blob))
    f.write(struct.pack(">I", len(head)) + head + blob)


class Strings:
    def __init__(self):
        self.index = {"": 0}

    def __call__(self, text):
        return self.index.setdefault(text, len(self.index))

    def message(self):
        return message(1, b"".join(message(1, t.encode()) for t in self.index))


PER_BLOCK = 8000
CLASSES = ["residential", "residential", "residential", "unclassified", "tertiary", "secondary", "service", "track"]
INNER = 8  # nodes of a street between its two ends


def write_nodes(f, n_nodes, place):
    for first in range(0, n_nodes, PER_BLOCK):
        ids = range(first, min(first + PER_BLOCK, n_nodes))
        places = [place(i) for i in ids]
        strings = Strings()
        tags = []
        for i in ids:
            if i % 50 == 7:
                tags += [strings("highway"), strings("crossing")]
            elif i % 1000 == 11:
                tags += [strings("barrier"), strings("bollard")]
            tags.append(0)
        dense = deltas(1, [i + 1 for i in ids])
        # versions, times, changesets and users, as public files have them
        dense += message(5, packed(1, [1 + i % 3 for i in ids]) + deltas(2, [1400000000 + i * 7 for i in ids])
                         + deltas(3, [30000000 + i // 40 for i in ids]) + deltas(4, [1000 + i // 300 % 50 for i in ids])
                         + deltas(5, [strings("user%d" % (i // 300 % 50)) for i in ids]))
        dense += deltas(8, [p[1] for p in places]) + deltas(9, [p[0] for p in places]) + packed(10, tags)
        write_blob(f, b"OSMData", strings.message() + message(2, message(2, dense)))


def write_ways(f, n_ways, nodes_of):
    for first in range(0, n_ways, PER_BLOCK):
        strings = Strings()
        group = []
        for w in range(first, min(first + PER_BLOCK, n_ways)):
            if w % 3 == 2:
                tags = {"building": "yes", "addr:housenumber": str(w % 97), "source": "cadastre-dgi-fr"}
            else:
                tags = {"highway": CLASSES[w * 7919 % len(CLASSES)], "name": "Rue %d" % (w * 31 % 5000)}
                if w % 5 == 0:
                    tags["maxspeed"] = str(30 + w % 4 * 10)
                if w % 7 == 0:
                    tags["oneway"] = "yes"
            info = number(1, 1 + w % 4) + number(2, 1400000000 + w) + number(3, 30000000 + w // 9)
            group.append(message(3, number(1, w + 1) + packed(2, [strings(k) for k in tags])
                                 + packed(3, [strings(v) for v in tags.values()]) + message(4, info)
                                 + deltas(8, nodes_of(w))))
        write_blob(f, b"OSMData", strings.message() + message(2, b"".join(group)))


def main():
    n_ways = int(sys.argv[2]) if len(sys.argv) > 2 else 2000000
    side = max(2, int((n_ways / 2) ** 0.5) + 1)  # joins a side
    n_joins = side * side
    n_nodes = n_joins + n_ways * INNER

    def ends(w):
        street, down = divmod(w, 2)
        y, x = divmod(street % n_joins, side)
        return y * side + x, (y + 1) % side * side + x if down else y * side + (x + 1) % side

    def at(join):
        y, x = divmod(join, side)
        return -10000000 + x * 10000, 440000000 + y * 7000

    def place(i):  # 100 nanodegrees
        if i < n_joins:
            return at(i)
        w, k = divmod(i - n_joins, INNER)
        (x0, y0), (x1, y1) = (at(j) for j in ends(w))
        bend = (w * 131 + k * 17) % 601 - 300
        return x0 + (x1 - x0) * (k + 1) // (INNER + 1) + bend, y0 + (y1 - y0) * (k + 1) // (INNER + 1) + bend

    def nodes_of(w):
        inner = [1 + n_joins + w * INNER + k for k in range(INNER)]
        if w % 3 == 2:
            return inner + inner[:1]
        a, b = ends(w)
        return [a + 1] + inner + [b + 1]

    with open(sys.argv[1], "wb") as f:
        write_blob(f, b"OSMHeader", message(4, b"OsmSchema-V0.6") + message(4, b"DenseNodes")
                   + message(5, b"Sort.Type_then_ID") + message(16, b"quinze tests"))
        write_nodes(f, n_nodes, place)
        write_ways(f, n_ways, nodes_of)


main()
