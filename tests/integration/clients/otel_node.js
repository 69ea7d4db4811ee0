// Sends one small shop's spans with the stock OpenTelemetry SDK for Node through a stock exporter and prints, as JSON, what the SDK
// says of them (compatibility.py describes the form).
//
//   node otel_node.js EXPORTER ADDRESS SERVICE
//
// EXPORTER and ADDRESS: otlp-grpc HOST:PORT; otlp-grpc-gzip HOST:PORT; otlp-json, otlp-json-gzip, otlp-proto, otlp-proto-gzip, zipkin and
// jaeger-http take a URL; jaeger-udp HOST:PORT. Or `sampler URL`: prints the strategy that the stock remote sampler takes over.
'use strict';

const api = require('@opentelemetry/api');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { BasicTracerProvider, AlwaysOnSampler, AlwaysOffSampler } = require('@opentelemetry/sdk-trace-base');

const [kind, address, service] = process.argv.slice(2);
const problems = [];
const note = (...words) => problems.push(words.map(String).join(' '));
api.diag.setLogger({ error: note, warn: note, info() {}, debug() {}, verbose() {} }, api.DiagLogLevel.WARN);

function exporter() {
  const compression = kind.endsWith('-gzip') ? 'gzip' : 'none';
  switch (kind.replace(/-gzip$/, '')) {
    case 'otlp-grpc': {
      const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-grpc');
      return new OTLPTraceExporter({ url: `http://${address}`, compression });
    }
    case 'otlp-json': {
      const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
      return new OTLPTraceExporter({ url: address, compression });
    }
    case 'otlp-proto': {
      const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter({ url: address, compression });
    }
    case 'zipkin': {
      const { ZipkinExporter } = require('@opentelemetry/exporter-zipkin');
      return new ZipkinExporter({ url: address });
    }
    case 'jaeger-http': {
      const { JaegerExporter } = require('@opentelemetry/exporter-jaeger');
      return new JaegerExporter({ endpoint: address });
    }
    case 'jaeger-udp': {
      const { JaegerExporter } = require('@opentelemetry/exporter-jaeger');
      const [host, port] = address.split(':');
      return new JaegerExporter({ host, port: Number(port) });
    }
    default:
      throw new Error(`no exporter ${kind}`);
  }
}

function typed(value) {
  if (Array.isArray(value)) {
    return { type: 'array', value: value.map(typed) };
  }
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { type: 'int', value } : { type: 'double', value };
  }
  return typeof value === 'boolean' ? { type: 'bool', value } : { type: 'string', value: String(value) };
}
const attributes = (object) => Object.entries(object || {}).map(([key, value]) => ({ key, ...typed(value) }));
const nanos = ([seconds, rest]) => (BigInt(seconds) * 1000000000n + BigInt(rest)).toString();
const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'];

function describe(span) {
  const context = span.spanContext();
  return {
    traceID: context.traceId, spanID: context.spanId, parentSpanID: span.parentSpanContext ? span.parentSpanContext.spanId : '',
    traceState: context.traceState ? context.traceState.serialize() : '',
    name: span.name, kind: KINDS[span.kind], start: nanos(span.startTime), end: nanos(span.endTime),
    attributes: attributes(span.attributes),
    events: span.events.map((e) => ({ name: e.name, time: nanos(e.time), attributes: attributes(e.attributes) })),
    links: span.links.map((l) => ({ traceID: l.context.traceId, spanID: l.context.spanId, attributes: attributes(l.attributes) })),
    status: { code: ['unset', 'ok', 'error'][span.status.code], message: span.status.message || '' },
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version || '' },
  };
}

async function sendSpans() {
  const ended = [];
  const resource = resourceFromAttributes({ 'service.name': service, 'host.name': 'node-1', shards: 3, zones: ['a', 'b'] });
  const gather = { onStart() {}, onEnd: (span) => ended.push(span), forceFlush: async () => {}, shutdown: async () => {} };
  const provider = new BasicTracerProvider({ resource, spanProcessors: [gather], sampler: new AlwaysOnSampler() });
  const tracer = provider.getTracer('shop', '1.2.3');
  const under = (span) => api.trace.setSpan(api.ROOT_CONTEXT, span);

  const root = tracer.startSpan('GET /items', {
    kind: api.SpanKind.SERVER,
    attributes: { text: 'caf\u00e9 \u{1f600} <b>&', empty: '', whole: 42, big: 9007199254740991, negative: -7, fraction: 0.1, flag: true,
      off: false, list: ['x', 'y'], numbers: [1, 2, 3] },
  });
  const child = tracer.startSpan('select', { kind: api.SpanKind.CLIENT, attributes: { 'db.statement': 'select 1' } }, under(root));
  child.addEvent('retry', { attempt: 2, final: false });
  child.addEvent('gave up');
  child.setStatus({ code: api.SpanStatusCode.ERROR, message: 'broken' });
  child.end(Date.now() + 3);
  const job = tracer.startSpan('enqueue', { kind: api.SpanKind.PRODUCER, links: [{ context: child.spanContext(), attributes: { why: 'retry' } }] },
    under(root));
  job.setStatus({ code: api.SpanStatusCode.OK });
  job.end(Date.now() + 4);
  const worker = tracer.startSpan('work', { kind: api.SpanKind.CONSUMER, root: true });
  worker.end(Date.now() + 5);
  const step = tracer.startSpan('step', {}, under(worker));
  step.end(Date.now() + 6);
  root.end(Date.now() + 7);

  const out = exporter();
  const result = await new Promise((resolve) => { out.export(ended, resolve); });
  if (result.code !== 0) {
    note('export failed', result.error);
  }
  await out.shutdown();
  return { service, resource: attributes(resource.attributes), spans: ended.map(describe), problems };
}

async function takeStrategy() {
  const { JaegerRemoteSampler } = require('@opentelemetry/sampler-jaeger-remote');
  const sampler = new JaegerRemoteSampler({ endpoint: address, serviceName: service, poolingInterval: 50, initialSampler: new AlwaysOffSampler() });
  const deadline = Date.now() + 10000;
  while (Date.now() < deadline && sampler.toString().includes('AlwaysOff')) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { strategy: sampler.toString().replace(/.*sampler=/, '').replace(/}$/, ''), problems };
}

(kind === 'sampler' ? takeStrategy() : sendSpans()).then(
  (result) => process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0)),
  (error) => { console.error(error); process.exit(1); },
);
