// The agent's UDP service. Ids as in the jaeger-idl repository, thrift/agent.thrift (emitZipkinBatch comes with the
// Zipkin codec).
namespace cpp pugmark.thrift_oracle

include "jaeger.thrift"

service Agent {
  oneway void emitBatch(1: jaeger.Batch batch)
}
