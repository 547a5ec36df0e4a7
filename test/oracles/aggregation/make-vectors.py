"""Aggregated records made by an independent implementation (Python, google.protobuf), and its judgement of damaged ones.

    python3 -m venv VENV && VENV/bin/pip install protobuf && VENV/bin/python make-vectors.py

writes vectors.jsonl beside itself, one vector or damaged message a line. The message types are built at run time from the same fields as aggregated-record.proto, so
that no compiler is needed. `message` is false where google.protobuf refuses the bytes between magic and digest.
"""
import hashlib
import json
import pathlib
import random

from google.protobuf import descriptor_pb2, descriptor_pool, message, message_factory

F = descriptor_pb2.FieldDescriptorProto
file = descriptor_pb2.FileDescriptorProto(name="aggregated.proto", package="t", syntax="proto2")


def add(name, *fields):
    one = file.message_type.add(name=name)
    for number, field, label, kind, type_name in fields:
        one.field.add(name=field, number=number, label=label, type=kind, type_name=type_name)


add("Tag", (1, "key", F.LABEL_REQUIRED, F.TYPE_STRING, None), (2, "value", F.LABEL_OPTIONAL, F.TYPE_STRING, None))
add(
    "Record",
    (1, "partition_key_index", F.LABEL_REQUIRED, F.TYPE_UINT64, None),
    (2, "explicit_hash_key_index", F.LABEL_OPTIONAL, F.TYPE_UINT64, None),
    (3, "data", F.LABEL_REQUIRED, F.TYPE_BYTES, None),
    (4, "tags", F.LABEL_REPEATED, F.TYPE_MESSAGE, ".t.Tag"),
)
add(
    "AggregatedRecord",
    (1, "partition_key_table", F.LABEL_REPEATED, F.TYPE_STRING, None),
    (2, "explicit_hash_key_table", F.LABEL_REPEATED, F.TYPE_STRING, None),
    (3, "records", F.LABEL_REPEATED, F.TYPE_MESSAGE, ".t.Record"),
)
pool = descriptor_pool.DescriptorPool()
pool.Add(file)
AggregatedRecord = message_factory.GetMessageClass(pool.FindMessageTypeByName("t.AggregatedRecord"))

MAGIC = bytes.fromhex("f3899ac2")


def blob(protobuf):
    return MAGIC + protobuf + hashlib.md5(protobuf).digest()


def aggregate(items):
    """items: (partition key, explicit hash key or None, data, [(tag key, value or None)])"""
    out = AggregatedRecord()
    keys, hash_keys = {}, {}
    for key, hash_key, data, tags in items:
        if key not in keys:
            keys[key] = len(keys)
            out.partition_key_table.append(key)
        record = out.records.add(partition_key_index=keys[key], data=data)
        if hash_key is not None:
            if hash_key not in hash_keys:
                hash_keys[hash_key] = len(hash_keys)
                out.explicit_hash_key_table.append(hash_key)
            record.explicit_hash_key_index = hash_keys[hash_key]
        for name, value in tags:
            tag = record.tags.add(key=name)
            if value is not None:
                tag.value = value
    return out.SerializeToString(deterministic=True)


def hash_key(key, explicit):
    return explicit if explicit is not None else str(int.from_bytes(hashlib.md5(key.encode()).digest(), "big"))


def vector(items):
    return {
        "items": [
            {
                "partitionKey": key,
                "explicitHashKey": explicit,
                "data": data.hex(),
                "tags": [{"key": name, "value": value} for name, value in tags],
                "hashKey": hash_key(key, explicit),
            }
            for key, explicit, data, tags in items
        ],
        "blob": blob(aggregate(items)).hex(),
    }


def random_items(draw):
    keys = ["k", "user-1", "clé", "日本", "😀" * 3, "x" * 200] + [f"visitor-{i}" for i in range(200)]
    few = draw.randrange(1, 4)
    items = []
    for _ in range(draw.choice([1, 2, 3, 10, 10, 150])):
        key = draw.choice(keys[: draw.choice([1, few, len(keys)])])
        explicit = str(draw.randrange(2 ** draw.choice([1, 8, 64, 128]))) if draw.random() < 0.3 else None
        data = draw.randbytes(draw.choice([0, 1, 5, 127, 128, 20, 7]))
        tags = [("t", None), ("mr", "p.0.a")][: draw.choice([0, 0, 0, 1, 2])]
        items.append((key, explicit, data, tags))
    return items


def parsed(protobuf):
    """What google.protobuf makes of the bytes; None where it refuses them."""
    out = AggregatedRecord()
    try:
        out.ParseFromString(protobuf)
    except (message.DecodeError, UnicodeDecodeError):
        return None
    # Java refuses a message without a required field while it parses; this library only when it is asked
    if not out.IsInitialized():
        return None
    keys, hash_keys = len(out.partition_key_table), len(out.explicit_hash_key_table)
    good = []
    for record in out.records:
        explicit = record.HasField("explicit_hash_key_index")
        if record.partition_key_index >= keys or (explicit and record.explicit_hash_key_index >= hash_keys):
            break
        good.append(record.data.hex())
    return {"records": len(out.records), "delivered": good}


def damaged(draw, protobuf):
    raw = bytearray(protobuf)
    for _ in range(draw.randrange(1, 4)):
        kind = draw.randrange(4)
        at = draw.randrange(len(raw))
        if kind == 0:
            raw[at] = draw.randrange(256)
        elif kind == 1:
            raw[at] ^= 1 << draw.randrange(8)
        elif kind == 2 and len(raw) > 2:
            del raw[at]
        else:
            raw.insert(at, draw.randrange(256))
    return bytes(raw)


# fields that no version of the format has: one of each wire type, a group among them
UNKNOWN = [bytes.fromhex(text) for text in ("7801", "7901020304050607 08", "7a03616263", "7b080a7c", "7d01020304", "f8ff0f05")]

draw = random.Random(20260101)
spec = [("user-1", None, b"hi", []), ("clé", "7", b"", [])]
vectors = [vector(spec), vector([("k", None, b"a", []), ("k", None, b"b", [])])]
vectors += [vector(random_items(draw)) for _ in range(16)]
mutants = []
small = aggregate([("user-1", None, b"hi", []), ("clé", "7", b"", [("t", "v")]), ("user-1", "7", b"xyz", [])])
for _ in range(1500):
    protobuf = damaged(draw, small)
    mutants.append({"protobuf": protobuf.hex(), "message": parsed(protobuf) or False})
for extra in UNKNOWN:
    for protobuf in (extra + small, small + extra):
        mutants.append({"protobuf": protobuf.hex(), "message": parsed(protobuf) or False})
lines = [{"vector": one} for one in vectors] + [{"mutant": one} for one in mutants]
text = "".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)
pathlib.Path(__file__).with_name("vectors.jsonl").write_text(text)
print(len(vectors), "vectors,", len(mutants), "mutants,", sum(1 for m in mutants if m["message"]), "of them parsable")
