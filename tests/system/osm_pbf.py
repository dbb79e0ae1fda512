"""Reads an OpenStreetMap file (.osm.pbf) with zlib and numpy alone: nodes, ways, relations, their tags as dictionaries."""
import struct
import zlib

import numpy as np


# ---- protocol buffers
def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """(number, value): an int, or the bytes of a text, of a list, of an inner message."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            assert key & 7 == 2, "wire type %d" % (key & 7)
            n, at = varint(data, at)
            value, at = data[at:at + n], at + n
        yield key >> 3, value


def one(data, number, default):
    return next((value for k, value in fields(data) if k == number), default)


def packed(data):
    """The numbers of a list; of a long one all at once: seven bits of each byte, the lowest first."""
    if len(data) < 100:
        numbers, at = [], 0
        while at < len(data):
            number, at = varint(data, at)
            numbers.append(number)
        return np.array(numbers, np.int64)
    raw = np.frombuffer(data, np.uint8)
    first = np.concatenate([[0], np.flatnonzero(raw < 128)[:-1] + 1])
    place = np.arange(len(raw)) - np.repeat(first, np.diff(np.append(first, len(raw))))
    return np.add.reduceat((raw & 127).astype(np.uint64) << (7 * place).astype(np.uint64), first).astype(np.int64)


def signed(v):
    return (v >> 1) ^ -(v & 1)


def running(data):
    return np.cumsum(signed(packed(data)))


# ---- the file
def blocks(path):
    with open(path, "rb") as f:
        while True:
            size = f.read(4)
            if not size:
                return
            header = f.read(struct.unpack(">I", size)[0])
            blob = f.read(one(header, 3, 0))
            raw = one(blob, 1, None)
            if one(header, 1, b"") == b"OSMData":
                yield raw if raw is not None else zlib.decompress(one(blob, 3, b""))


class Osm:
    """places: id -> (lon, lat) in degrees. node_tags: id -> tags, of those that have some. ways: (id, tags, node ids).
    relations: (tags, [(role, "node", "way" or "relation", id)])."""

    def __init__(self, path):
        self.places, self.node_tags, self.ways, self.relations = {}, {}, [], []
        for block in blocks(path):
            self.block(block)

    def block(self, block):
        texts = [s.decode() for _, s in fields(one(block, 1, b""))]
        step = one(block, 17, 100)
        assert one(block, 19, 0) == one(block, 20, 0) == 0, "an offset of places"
        for group in (value for number, value in fields(block) if number == 2):
            for number, value in fields(group):
                assert number in (2, 3, 4), "a group of kind %d" % number
                (self.dense, self.way, self.relation)[number - 2](value, texts, step)

    def dense(self, data, texts, step):
        parts = dict(fields(data))
        ids = running(parts[1]).tolist()
        lon, lat = (running(parts[k]) * step / 1e9 for k in (9, 8))
        self.places.update(zip(ids, zip(lon.tolist(), lat.tolist())))
        node = iter(ids)
        words = iter(packed(parts.get(10, b"")).tolist())
        now = next(node, None)
        for word in words:  # key, value, key, value ... 0 ends a node
            if word == 0:
                now = next(node, None)
            else:
                self.node_tags.setdefault(now, {})[texts[word]] = texts[next(words)]

    @staticmethod
    def tags(parts, texts):
        return {texts[k]: texts[v] for k, v in zip(packed(parts.get(2, b"")), packed(parts.get(3, b"")))}

    def way(self, data, texts, _):
        parts = dict(fields(data))
        self.ways.append((parts[1], self.tags(parts, texts), running(parts.get(8, b"")).tolist()))

    def relation(self, data, texts, _):
        parts = dict(fields(data))
        kinds = [("node", "way", "relation")[k] for k in packed(parts.get(10, b""))]
        roles = [texts[k] for k in packed(parts.get(8, b""))]
        self.relations.append((self.tags(parts, texts), list(zip(roles, kinds, running(parts.get(9, b"")).tolist()))))
