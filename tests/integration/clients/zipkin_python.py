"""Sends spans with the stock py_zipkin client and prints, as JSON, what was recorded.

zipkin_python.py thrift|json-v1|json-v2 URL SERVICE
"""
import json
import sys
import urllib.request

from py_zipkin import Encoding, Kind
from py_zipkin.transport import BaseTransportHandler
from py_zipkin.zipkin import ZipkinAttrs, zipkin_span

encoding, url, service = sys.argv[1:4]
CONTENT_TYPES = {"thrift": "application/x-thrift", "json-v1": "application/json", "json-v2": "application/json"}
ENCODINGS = {"thrift": Encoding.V1_THRIFT, "json-v1": Encoding.V1_JSON, "json-v2": Encoding.V2_JSON}
problems = []


class Http(BaseTransportHandler):
    def get_max_payload_bytes(self):
        return None

    def send(self, payload):
        body = payload if isinstance(payload, bytes) else payload.encode()
        request = urllib.request.Request(url, body, {"Content-Type": CONTENT_TYPES[encoding]})
        try:
            with urllib.request.urlopen(request, timeout=10) as reply:
                if reply.status != 202:
                    problems.append(f"status {reply.status}")
        except OSError as error:
            problems.append(str(error))


attrs = ZipkinAttrs(trace_id="1f2e3d4c5b6a7988", span_id="00000000000000a1", parent_span_id=None, flags="0", is_sampled=True)
with zipkin_span(service_name=service, span_name="get_items", transport_handler=Http(), zipkin_attrs=attrs, kind=Kind.SERVER, encoding=ENCODINGS[encoding],
                 binary_annotations={"text": "caf\u00e9 <b>", "http.status_code": "200"}) as outer:
    outer.add_annotation("halfway")
    with zipkin_span(service_name=service, span_name="select", kind=Kind.CLIENT, binary_annotations={"table": "items"}) as inner:
        inner_id = inner.zipkin_attrs.span_id
print(json.dumps({"service": service, "problems": problems, "spans": [
    {"traceID": "1f2e3d4c5b6a7988", "spanID": "00000000000000a1", "parentSpanID": "", "name": "get_items", "kind": "server",
     "tags": {"text": "caf\u00e9 <b>", "http.status_code": "200"}, "events": ["halfway"]},
    {"traceID": "1f2e3d4c5b6a7988", "spanID": inner_id.rjust(16, "0"), "parentSpanID": "00000000000000a1", "name": "select", "kind": "client",
     "tags": {"table": "items"}, "events": []}]}))
