"""Jaeger's Thrift messages in the binary protocol, written from the field ids alone (reference 8.2).

Every field can be left out, so that tests can make each damaged variant of a valid message.
"""
import struct
import time

STOP, BOOL, DOUBLE, I32, I64, STRING, STRUCT, LIST = 0, 2, 4, 8, 10, 11, 12, 15


def _field(kind, number, payload):
    return struct.pack(">bh", kind, number) + payload


def i64(number, value):
    return _field(I64, number, struct.pack(">q", value - (1 << 64) if value >= 1 << 63 else value))


def i32(number, value):
    return _field(I32, number, struct.pack(">i", value))


def text(number, value):
    raw = value if isinstance(value, bytes) else value.encode()
    return _field(STRING, number, struct.pack(">i", len(raw)) + raw)


def structs(number, items):
    return _field(LIST, number, struct.pack(">bi", STRUCT, len(items)) + b"".join(items))


def tag(key, value):
    if isinstance(value, bool):
        body = text(1, key) + i32(2, 2) + _field(BOOL, 5, struct.pack(">b", value))
    elif isinstance(value, int):
        body = text(1, key) + i32(2, 3) + i64(6, value)
    elif isinstance(value, float):
        body = text(1, key) + i32(2, 1) + _field(DOUBLE, 4, struct.pack(">d", value))
    elif isinstance(value, bytes):
        body = text(1, key) + i32(2, 4) + text(7, value)
    else:
        body = text(1, key) + i32(2, 0) + text(3, value)
    return body + b"\x00"


def span_fields(trace_low, span_id, name, parent=0, tags=(), start_us=None):
    """The fields of a span in order, to leave some out."""
    start = int(time.time() * 1e6) if start_us is None else start_us
    log = i64(1, start) + structs(2, [tag("event", "e")]) + b"\x00"
    reference = i32(1, 0) + i64(2, trace_low) + i64(3, 0) + i64(4, parent or 1) + b"\x00"
    return [i64(1, trace_low), i64(2, 0), i64(3, span_id), i64(4, parent), text(5, name), structs(6, [reference] if parent else []),
            i32(7, 1), i64(8, start), i64(9, 1500), structs(10, [tag(k, v) for k, v in dict(tags).items()]), structs(11, [log])]


def span(trace_low, span_id, name, parent=0, tags=(), start_us=None):
    return b"".join(span_fields(trace_low, span_id, name, parent, tags, start_us)) + b"\x00"


def process(service, tags=()):
    return text(1, service) + structs(2, [tag(k, v) for k, v in dict(tags).items()]) + b"\x00"


def batch(service, spans, process_tags=()):
    """A bare jaeger.Batch, as POST /api/traces takes it."""
    return _field(STRUCT, 1, process(service, process_tags)) + structs(2, spans) + b"\x00"


def message(body, method="emitBatch", message_type=4, sequence=0):
    """The agent's message: strict binary header, the arguments' field 1 = the batch."""
    name = method.encode()
    return (struct.pack(">Ii", 0x80010000 | message_type, len(name)) + name + struct.pack(">i", sequence)
            + _field(STRUCT, 1, body) + b"\x00")
