// Sends spans with the stock zipkin client for Node over its HTTP transport and prints, as JSON, what was recorded.
//
//   node zipkin_node.js v1|v2 URL SERVICE
'use strict';

const { Tracer, ExplicitContext, BatchRecorder, jsonEncoder, Annotation, option } = require('zipkin');
const { HttpLogger } = require('zipkin-transport-http');

const [version, endpoint, service] = process.argv.slice(2);
const problems = [];
const logger = new HttpLogger({
  endpoint, jsonEncoder: version === 'v1' ? jsonEncoder.JSON_V1 : jsonEncoder.JSON_V2, httpInterval: 1,
  log: { error: (...words) => problems.push(words.map(String).join(' ')) },
});
logger.on('error', (error) => problems.push(String(error)));
const recorder = new BatchRecorder({ logger });
const tracer = new Tracer({ ctxImpl: new ExplicitContext(), recorder, localServiceName: service, traceId128Bit: version === 'v2' });

const server = tracer.createRootId();
const client = tracer.scoped(() => { tracer.setId(server); return tracer.createChildId(); });
tracer.scoped(() => {
  tracer.setId(server);
  tracer.recordServiceName(service);
  tracer.recordRpc('get /items');
  tracer.recordBinary('text', 'caf\u00e9 <b>');
  tracer.recordBinary('http.status_code', '200');
  tracer.recordAnnotation(new Annotation.ServerRecv());
  tracer.recordMessage('halfway');
});
tracer.scoped(() => {
  tracer.setId(client);
  tracer.recordServiceName(service);
  tracer.recordRpc('select');
  tracer.recordAnnotation(new Annotation.ClientSend());
  tracer.recordAnnotation(new Annotation.ServerAddr({ serviceName: 'database', port: 5432 }));
});
setTimeout(() => {
  tracer.scoped(() => { tracer.setId(client); tracer.recordAnnotation(new Annotation.ClientRecv()); });
  tracer.scoped(() => { tracer.setId(server); tracer.recordAnnotation(new Annotation.ServerSend()); });
}, 5);
const describe = (id, name, kind, tags, events) => ({
  traceID: id.traceId, spanID: id.spanId, parentSpanID: id.parentSpanId instanceof option.Some ? id.parentSpanId.getOrElse('') : '', name, kind,
  tags, events,
});
setTimeout(() => {
  process.stdout.write(JSON.stringify({
    service, problems,
    spans: [
      describe(server, 'get /items', 'server', { text: 'caf\u00e9 <b>', 'http.status_code': '200' }, ['halfway']),
      describe(client, 'select', 'client', { 'peer.service': 'database' }, []),
    ],
  }) + '\n', () => process.exit(0));
}, 600);
