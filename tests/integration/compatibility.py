"""What the query API must show of spans that a stock client says it sent: one function for each family of formats.

The OpenTelemetry clients of `clients/` print {"service", "resource": [attribute], "spans": [span], "problems": [text]}, where a span is
{traceID, spanID, parentSpanID, name, kind, start, end (ns as text), attributes, events: [{name, time, attributes}], links: [{traceID, spanID}],
status: {code, message}, scope: {name, version}} and an attribute {key, type: string|bool|int|double|array, value}. The Zipkin clients
print spans of {traceID, spanID, parentSpanID, name, kind, tags: {key: text}, events: [text]}.

Each function returns the differences between such a span and the one that /api/traces/{id} shows, as texts; none is a pass.
"""
import json

LARGEST_JSON_INTEGER = 2**53 - 1


def micros(nanoseconds):
    return int(nanoseconds) // 1000


def tag(key, value, type_name="string"):
    return {"key": key, "type": type_name, "value": value}


def plain(attribute):
    """The value of an attribute without its types."""
    return [plain(v) for v in attribute["value"]] if attribute["type"] == "array" else attribute["value"]


def otlp_tag(attribute):
    """An attribute as Jaeger's API shows it (OTLP to Jaeger: same types; lists as JSON text)."""
    kind, value = attribute["type"], attribute["value"]
    if kind == "array":
        return tag(attribute["key"], json.dumps(plain(attribute), separators=(",", ":"), ensure_ascii=False))
    if kind == "int":
        return tag(attribute["key"], value if abs(value) <= LARGEST_JSON_INTEGER else str(value), "int64")
    return tag(attribute["key"], value, {"double": "float64"}.get(kind, kind))


def by_key(tags):
    return sorted(tags, key=lambda t: json.dumps(t, sort_keys=True, ensure_ascii=False))


def differ(what, wanted, got):
    return [] if wanted == got else [f"{what}: sent {wanted!r}, shown {got!r}"]


def references(span):
    shown = [("CHILD_OF", span["traceID"], span["parentSpanID"])] if span["parentSpanID"] else []
    return shown + [("FOLLOWS_FROM", link["traceID"], link["spanID"]) for link in span["links"]]


def shown_references(shown):
    return [(r["refType"], r["traceID"].rjust(32, "0"), r["spanID"]) for r in shown["references"]]


def otlp(sent, span, shown, process):
    """Exact: everything that OTLP carries and Jaeger's JSON can show."""
    tags = [tag("otel.scope.name", span["scope"]["name"])] if span["scope"]["name"] else []
    if span["scope"]["version"]:
        tags.append(tag("otel.scope.version", span["scope"]["version"]))
    tags += [otlp_tag(a) for a in span["attributes"]] + [tag("span.kind", span["kind"])]
    if span["status"]["code"] == "error":
        tags += [tag("otel.status_code", "ERROR"), tag("error", True, "bool")]
    elif span["status"]["code"] == "ok":
        tags.append(tag("otel.status_code", "OK"))
    if span["status"]["message"]:
        tags.append(tag("otel.status_description", span["status"]["message"]))
    logs = [{"timestamp": micros(e["time"]), "fields": [tag("event", e["name"])] + [otlp_tag(a) for a in e["attributes"]]} for e in span["events"]]
    return (differ("operationName", span["name"], shown["operationName"])
            + differ("startTime", micros(span["start"]), shown["startTime"])
            + differ("duration", (int(span["end"]) - int(span["start"])) // 1000, shown["duration"])
            + differ("tags", by_key(tags), by_key(shown["tags"]))
            + differ("logs", [(e["timestamp"], by_key(e["fields"])) for e in logs], [(e["timestamp"], by_key(e["fields"])) for e in shown["logs"]])
            + differ("references", references(span), shown_references(shown))
            + differ("service", sent["service"], process["serviceName"])
            + differ("process", by_key([otlp_tag(a) for a in sent["resource"] if a["key"] != "service.name"]), by_key(process["tags"])))


def as_text(value):
    """Texts by which clients of older formats write a value: any of them is right."""
    if isinstance(value, bool):
        return {str(value).lower(), str(value)}
    if isinstance(value, (list, tuple)):
        return {",".join(str(v) for v in value), json.dumps(value), json.dumps(value, separators=(",", ":")), str(tuple(value)), str(list(value))}
    if isinstance(value, (int, float)):
        return {str(value), repr(value), str(float(value)), f"{value:g}"}
    return {value}


def missing_tags(attributes, shown_tags):
    found = {}
    for t in shown_tags:
        found.setdefault(t["key"], []).append(t["value"])
    problems = []
    for attribute in attributes:
        wanted = as_text(plain(attribute))
        if not any(as_text(value) & wanted for value in found.get(attribute["key"], [])):
            problems.append(f"tag {attribute['key']}: sent {plain(attribute)!r}, shown {found.get(attribute['key'])!r}")
    return problems


def jaeger(sent, span, shown, process):
    """The Jaeger exporters of OpenTelemetry: what they flatten into tags is there, with the same text; the rest is exact."""
    logs = {log["timestamp"] // 1000: log["fields"] for log in shown["logs"]}  # some round to milliseconds
    problems = (differ("operationName", span["name"], shown["operationName"])
                + differ("startTime", micros(span["start"]), shown["startTime"])
                + differ("duration", (int(span["end"]) - int(span["start"])) // 1000, shown["duration"])
                + differ("references", sorted(references(span)), sorted(shown_references(shown)))
                + differ("service", sent["service"], process["serviceName"])
                + missing_tags(span["attributes"], shown["tags"])
                + missing_tags([a for a in sent["resource"] if a["key"] != "service.name"], shown["tags"] + process["tags"]))
    if span["status"]["code"] == "error":
        problems += missing_tags([{"key": "error", "type": "bool", "value": True}], shown["tags"])
    if span["kind"] != "internal":
        problems += missing_tags([{"key": "span.kind", "type": "string", "value": span["kind"]}], shown["tags"])
    problems += differ("number of logs", len(span["events"]), len(shown["logs"]))
    for event in span["events"]:
        near = [fields for at, fields in logs.items() if abs(at - int(event["time"]) // 1_000_000) <= 1]
        fields = [field for found in near for field in found]
        problems += missing_tags(event["attributes"], fields)
        if event["name"] not in [field["value"] for field in fields]:
            problems.append(f"event {event['name']}: shown {shown['logs']!r}")
    return problems


def otel_zipkin(sent, span, shown, process):
    """The Zipkin exporters of OpenTelemetry: attributes become texts, events lose their attributes, links are not sent."""
    parent = [("CHILD_OF", span["traceID"], span["parentSpanID"])] if span["parentSpanID"] else []
    problems = (differ("operationName", span["name"].lower(), shown["operationName"].lower())
                + differ("startTime", micros(span["start"]), shown["startTime"])
                + differ("duration", round((int(span["end"]) - int(span["start"])) / 1000), shown["duration"])
                + differ("parent", parent, shown_references(shown))
                + differ("service", sent["service"], process["serviceName"])
                + missing_tags(span["attributes"], shown["tags"])
                + differ("number of logs", len(span["events"]), len(shown["logs"])))
    if span["status"]["code"] == "error":
        problems += missing_tags([{"key": "error", "type": "bool", "value": True}], shown["tags"])
    return problems


def zipkin(sent, span, shown, process):
    """The Zipkin clients proper."""
    parent = [("CHILD_OF", span["traceID"].rjust(32, "0"), span["parentSpanID"])] if span["parentSpanID"] else []
    tags = [{"key": key, "type": "string", "value": value} for key, value in span["tags"].items()]
    tags.append({"key": "span.kind", "type": "string", "value": span["kind"]})
    events = [field["value"] for log in shown["logs"] for field in log["fields"]]
    return (differ("operationName", span["name"], shown["operationName"])
            + differ("parent", parent, shown_references(shown))
            + differ("service", sent["service"], process["serviceName"])
            + missing_tags(tags, shown["tags"])
            + ([] if set(span["events"]) <= set(events) else [f"events: sent {span['events']}, shown {events}"]))
