// The agent's UDP service. Ids as in the jaeger-idl repository, thrift/agent.thrift.
namespace cpp pugmark.thrift_oracle

include "jaeger.thrift"
include "zipkincore.thrift"

service Agent {
  oneway void emitZipkinBatch(1: list<zipkincore.Span> spans)
  oneway void emitBatch(1: jaeger.Batch batch)
}
