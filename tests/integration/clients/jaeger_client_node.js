// Sends spans with the stock jaeger-client and prints, as JSON, what it sent: read from the client's own span objects.
//
//   node jaeger_client_node.js udp HOST PORT SERVICE SAMPLING_PORT
//   node jaeger_client_node.js http HOST PORT SERVICE SAMPLING_PORT
//
// SAMPLING_PORT is the agent's 5778; the strategy that the client's remote sampler ends up with is printed too.
'use strict';

const path = require('path');
const modules = path.join(__dirname, '..', 'node_modules');
const jaeger = require(path.join(modules, 'jaeger-client'));
const opentracing = require(path.join(modules, 'opentracing'));
const UDPSender = require(path.join(modules, 'jaeger-client/dist/src/reporters/udp_sender')).default;
const HTTPSender = require(path.join(modules, 'jaeger-client/dist/src/reporters/http_sender')).default;
const RemoteSampler = jaeger.RemoteSampler;

const [transport, host, port, service, samplingPort] = process.argv.slice(2);
const errors = [];
const logger = { info: () => {}, warn: (m) => errors.push(String(m)), error: (m) => errors.push(String(m)) };
const sender = transport === 'udp'
  ? new UDPSender({ host, port: Number(port), logger })
  : new HTTPSender({ endpoint: `http://${host}:${port}/api/traces`, logger });
const reporter = new jaeger.RemoteReporter(sender, { bufferFlushInterval: 100000, logger });
const sent = [];
const tee = {
  report: (span) => { sent.push(span); reporter.report(span); },
  setProcess: (name, tags) => { tee.process = { name, tags }; reporter.setProcess(name, tags); },
  close: (callback) => reporter.close(callback),
};
const tracer = new jaeger.Tracer(service, tee, new jaeger.ConstSampler(true), {
  logger,
  tags: { 'process.text': 'p', 'process.number': 2.5, 'process.flag': true },
  traceId128bit: process.argv[2] === 'http',
});

const root = tracer.startSpan('GET /items', { tags: { 'span.kind': 'server', 'http.url': 'http://shop/items?a=1&b=<2>' } });
root.setTag('text', 'caf\u00e9 \u{1f600}');
root.setTag('empty', '');
root.setTag('number', 42);
root.setTag('fraction', 0.1);
root.setTag('negative', -1e-7);
root.setTag('flag', true);
root.setTag('off', false);
root.setTag('binary', Buffer.from([0, 1, 2, 254, 255]));
root.setTag('object', { a: [1, 2] });
root.setTag('sampling.priority', 1);
const child = tracer.startSpan('select', { childOf: root.context(), tags: { 'span.kind': 'client' } });
child.log({ event: 'error', message: 'broken', code: 7, fatal: false });
child.log({ event: 'retry' });
child.setTag('error', true);
child.finish(Date.now() + 3);
const other = tracer.startSpan('other trace');
const follower = tracer.startSpan('follows', {
  references: [opentracing.followsFrom(root.context()), opentracing.childOf(child.context()), opentracing.followsFrom(other.context())],
});
follower.finish(Date.now() + 4);
other.finish(Date.now() + 5);
root.finish(Date.now() + 6);  // a duration of 0 would be marked by the collector

function value(v) {
  if (Buffer.isBuffer(v)) {
    return { type: 'binary', value: v.toString('base64') };
  }
  if (typeof v === 'number') {
    return { type: 'float64', value: v };
  }
  if (typeof v === 'boolean') {
    return { type: 'bool', value: v };
  }
  return { type: 'string', value: typeof v === 'object' ? JSON.stringify(v) : String(v) };
}
const tag = (t) => Object.assign({ key: t.key }, value(t.value));
const hex = (buffer) => buffer.toString('hex');
function describe(span) {
  const context = span.context();
  return {
    traceID: context.traceIdStr, spanID: context.spanIdStr, parentSpanID: context.parentIdStr || null,
    operationName: span._operationName, flags: context.flags,
    startTime: Math.floor(span._startTime * 1000), duration: Math.floor(span._duration * 1000),
    tags: span._tags.map(tag),
    logs: span._logs.map((log) => ({ timestamp: Math.floor(log.timestamp * 1000), fields: log.fields.map(tag) })),
    references: span._references.map((r) => ({
      refType: r.type() === opentracing.REFERENCE_CHILD_OF ? 'CHILD_OF' : 'FOLLOWS_FROM',
      traceID: r.referencedContext().traceIdStr, spanID: r.referencedContext().spanIdStr,
    })),
  };
}

function fetchStrategy(done) {
  const sampler = new RemoteSampler(service, {
    host, port: Number(samplingPort), refreshInterval: 50, logger,
    onSamplerUpdate: (updated) => { sampler.close(); done(updated.toString()); },
  });
  setTimeout(() => { sampler.close(); done('no answer'); }, 10000).unref();
}

tracer.close(() => {
  let printed = false;
  fetchStrategy((strategy) => {
    if (printed) {
      return;
    }
    printed = true;
    const tags = tee.process.tags.map(tag);
    process.stdout.write(JSON.stringify({ service, processTags: tags, spans: sent.map(describe), strategy, errors }) + '\n',
      () => process.exit(0));
  });
});
