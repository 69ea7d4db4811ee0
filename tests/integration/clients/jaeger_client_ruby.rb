# frozen_string_literal: true

# Sends spans with the stock Ruby jaeger-client over UDP (compact) and prints, as JSON, what it sent.
#
#   ruby jaeger_client_ruby.rb HOST PORT SERVICE SAMPLING_PORT

require 'json'
require 'jaeger/client'

host, port, service, sampling_port = ARGV
log = StringIO.new
logger = Logger.new(log)
encoder = Jaeger::Encoders::ThriftEncoder.new(service_name: service, logger: logger,
                                              tags: { 'process.text' => 'p', 'process.number' => 7, 'process.flag' => false })
sender = Jaeger::UdpSender.new(host: host, port: port.to_i, encoder: encoder, logger: logger)

# Keeps the finished spans, to send them in one go at the end.
class Collecting
  attr_reader :spans

  def initialize
    @spans = []
  end

  def report(span)
    @spans << span
  end
end
reporter = Collecting.new
tracer = Jaeger::Client.build(service_name: service, reporter: reporter, sampler: Jaeger::Samplers::Const.new(true))

root = tracer.start_span('PUT /cart', tags: { 'span.kind' => 'server', 'text' => "caf\u00e9", 'int' => -5, 'big' => 2**53,
                                              'float' => 1.25, 'yes' => true, 'no' => false, 'empty' => '' })
child = tracer.start_span('insert', child_of: root, tags: { 'span.kind' => 'client' })
child.log_kv(event: 'row', count: 3, ratio: 0.5, ok: true)
child.finish
other = tracer.start_span('elsewhere', ignore_active_scope: true)
follows = tracer.start_span('after', references: [OpenTracing::Reference.follows_from(root.context),
                                                  OpenTracing::Reference.child_of(child.context)])
follows.finish
other.finish
root.finish
sender.send_spans(reporter.spans)

TYPES = { 0 => ['string', :vStr], 1 => ['float64', :vDouble], 2 => ['bool', :vBool], 3 => ['int64', :vLong] }.freeze

def tag(thrift_tag)
  type, member = TYPES.fetch(thrift_tag.vType)
  value = thrift_tag.public_send(member)
  value = value.to_s if type == 'int64' && value.abs > (2**53) - 1
  { key: thrift_tag.key, type: type, value: value }
end

def id(number)
  format('%016x', number & ((1 << 64) - 1))
end

def trace_id(thrift)
  high = thrift.traceIdHigh
  high.zero? ? id(thrift.traceIdLow) : id(high) + id(thrift.traceIdLow)
end

def describe(span)
  {
    traceID: trace_id(span), spanID: id(span.spanId), parentSpanID: span.parentSpanId.zero? ? nil : id(span.parentSpanId),
    operationName: span.operationName, flags: span.flags, startTime: span.startTime, duration: span.duration,
    tags: span.tags.map { |t| tag(t) },
    logs: span.logs.map { |l| { timestamp: l.timestamp, fields: l.fields.map { |t| tag(t) } } },
    references: span.references.map do |r|
      { refType: r.refType.zero? ? 'CHILD_OF' : 'FOLLOWS_FROM', traceID: trace_id(r), spanID: id(r.spanId) }
    end
  }
end

batch = encoder.encode(reporter.spans)
sampler = Jaeger::Samplers::RemoteControlled.new(host: host, port: sampling_port.to_i, service_name: service, logger: logger)
sampler.poll
puts JSON.generate(service: service, processTags: batch.process.tags.map { |t| tag(t) },
                   spans: batch.spans.map { |s| describe(s) },
                   strategy: "#{sampler.sampler.class.name.split('::').last}(#{sampler.sampler.rate})",
                   errors: log.string.lines.grep(/WARN|ERROR/))
