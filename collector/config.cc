#include "collector/config.h"

#include <string>
#include <utility>

#include "common/base/go_duration.h"
#include "common/base/go_number.h"

namespace pugmark {
namespace {

constexpr int kLeastMessageBytes = 1 << 10;
constexpr std::size_t kMostQueueMib = std::size_t{1} << 20;

void RegisterGrpc(OptionSet& options, const std::string& prefix, CollectorGrpcConfig& config,
                  const std::string& protocol) {
  options.Add(prefix + ".host-port", config.address, "address of the gRPC server for " + protocol);
  options.Add(prefix + ".max-message-size", config.max_message_bytes,
              "largest message that the gRPC server takes, in bytes");
  options.Add(prefix + ".max-connection-age", config.max_connection_age,
              "age at which a gRPC connection is closed; 0: no limit");
  options.Add(prefix + ".max-connection-age-grace", config.max_connection_age_grace,
              "time that calls have to end after max-connection-age; 0: no limit");
}

void RegisterHttp(OptionSet& options, const std::string& prefix, CollectorHttpConfig& config,
                  const std::string& protocol) {
  options.Add(prefix + ".host-port", config.address, "address of the HTTP server for " + protocol);
  options.Add(prefix + ".idle-timeout", config.idle_timeout,
              "time between requests after which a connection is closed; 0: 60s");
  options.Add(prefix + ".read-header-timeout", config.read_header_timeout,
              "time to send the head of a request");
  options.Add(prefix + ".read-timeout", config.read_timeout,
              "time to send a whole request; 0: 30s without a byte end it");
}

void RegisterCors(OptionSet& options, const std::string& prefix, CorsConfig& config) {
  options.Add(prefix + ".cors.allowed-origins", config.allowed_origins,
              "origins whose scripts may send spans: https://shop.example, https://*.example, *");
  options.Add(prefix + ".cors.allowed-headers", config.allowed_headers,
              "headers that such scripts may set; * for any");
}

Status CheckGrpc(const std::string& prefix, const CollectorGrpcConfig& config) {
  if (config.max_message_bytes < kLeastMessageBytes) {
    return InvalidArgument(prefix + ".max-message-size: want at least " +
                           std::to_string(kLeastMessageBytes) + ", got " +
                           std::to_string(config.max_message_bytes));
  }
  return {};
}

void RegisterLimits(OptionSet& options, CollectorLimits& limits) {
  const std::string prefix = "collector.limits.";
  options.Add(prefix + "bytes-in-flight", limits.bytes_in_flight,
              "bytes held for spans that are not stored yet; 0: a quarter of the memory limit, at "
              "most 256 MiB");
  options.Add(prefix + "http-body-bytes", limits.http_body_bytes,
              "largest body of an HTTP request as it is sent");
  options.Add(prefix + "decoded-bytes", limits.content.max_bytes,
              "largest body of an HTTP request once it is decompressed");
  options.Add(prefix + "decoded-ratio", limits.content.max_ratio,
              "times its size that a body may become once it is beyond 64 KiB");
  options.Add(prefix + "request-spans", limits.batch.max_spans, "most spans of a request");
  options.Add(prefix + "request-memory-bytes", limits.batch.max_arena_bytes,
              "most memory for a decoded request beside its own bytes");
  options.Add(prefix + "span-attributes", limits.batch.max_attributes,
              "most attributes of a span, event, link or resource; further ones are dropped");
  options.Add(prefix + "span-events", limits.batch.max_events,
              "most events of a span; further ones are dropped");
  options.Add(prefix + "span-links", limits.batch.max_links,
              "most links of a span; further ones are dropped");
  options.Add(prefix + "value-bytes", limits.batch.max_value_bytes,
              "longest text of an attribute; longer ones are cut");
}

void RegisterFileSampling(OptionSet& options, CollectorSamplingConfig& config) {
  options.Add("sampling.strategies-file", config.strategies_file,
              "path or http:// URL of the sampling strategies in JSON; without one every service "
              "gets the default probability");
  options.Add("sampling.strategies-reload-interval", config.strategies_reload_interval,
              "time after which the sampling strategies are read again; 0: never");
  options.Add("sampling.default-sampling-probability", config.default_probability,
              "probability for services that the strategies do not name");
}

void RegisterAdaptiveSampling(OptionSet& options, AdaptiveConfig& config) {
  options.Add("sampling.target-samples-per-second", config.targets.target_samples_per_second,
              "traces of each operation that shall be sampled");
  options.Add("sampling.delta-tolerance", config.targets.delta_tolerance,
              "share of the target within which a probability is left as it is");
  options.Add("sampling.buckets-for-calculation", config.targets.buckets_for_calculation,
              "newest intervals that a probability is calculated from");
  options.Add("sampling.calculation-interval", config.calculation_interval,
              "time between calculations, and the length of an interval");
  options.Add("sampling.aggregation-buckets", config.targets.aggregation_buckets,
              "intervals kept in memory");
  options.Add("sampling.delay", config.delay,
              "age of the newest interval that is used: until then all collectors have shared what "
              "they saw");
  options.Add("sampling.initial-sampling-probability", config.targets.initial_probability,
              "probability for new operations");
  options.Add("sampling.min-sampling-probability", config.targets.min_probability,
              "least probability");
  options.Add("sampling.min-samples-per-second", config.min_samples_per_second,
              "traces of each operation that are sampled at least");
  options.Add("sampling.leader-lease-refresh-interval", config.leader_refresh_interval,
              "time after which the leader renews its lease");
  options.Add("sampling.follower-lease-refresh-interval", config.follower_refresh_interval,
              "time after which others try to get the lease, and after which it ends");
}

template <typename Number>
Status CheckRange(const std::string& name, Number value, Number least, Number most) {
  if (value >= least && value <= most) {
    return {};
  }
  return InvalidArgument(name + ": want " + std::to_string(least) + " to " + std::to_string(most) +
                         ", got " + std::to_string(value));
}

Status CheckPositive(const std::string& name, Nanoseconds value) {
  return value > Nanoseconds(0)
             ? Status()
             : InvalidArgument(name + ": want more than 0s, got " + FormatGoDuration(value));
}

Status CheckFileSampling(const CollectorSamplingConfig& config) {
  if (config.strategies_reload_interval < Nanoseconds(0)) {
    return InvalidArgument("sampling.strategies-reload-interval: want 0s or more, got " +
                           FormatGoDuration(config.strategies_reload_interval));
  }
  return CheckRange("sampling.default-sampling-probability", config.default_probability, 0.0, 1.0);
}

Status CheckAdaptiveSampling(const AdaptiveConfig& config) {
  const AdaptiveTargets& targets = config.targets;
  for (Status status :
       {CheckRange("sampling.target-samples-per-second", targets.target_samples_per_second, 1e-6,
                   1e9),
        CheckRange("sampling.delta-tolerance", targets.delta_tolerance, 1e-6, 1e6),
        CheckRange<std::size_t>("sampling.buckets-for-calculation", targets.buckets_for_calculation,
                                1, 1'000),
        CheckRange<std::size_t>("sampling.aggregation-buckets", targets.aggregation_buckets, 1,
                                1'000),
        CheckRange("sampling.initial-sampling-probability", targets.initial_probability, 1e-9, 1.0),
        CheckRange("sampling.min-sampling-probability", targets.min_probability, 1e-9, 1.0),
        CheckRange("sampling.min-samples-per-second", config.min_samples_per_second, 0.0, 1e9),
        CheckPositive("sampling.calculation-interval", config.calculation_interval),
        CheckPositive("sampling.leader-lease-refresh-interval", config.leader_refresh_interval),
        CheckPositive("sampling.follower-lease-refresh-interval",
                      config.follower_refresh_interval)}) {
    if (!status.ok()) {
      return status;
    }
  }
  return {};
}

}  // namespace

void CollectorConfig::RegisterOptions(OptionSet& options) {
  options.Add(
      "collector.queue-size", queue_size,
      "spans that may wait for a writer; beyond it requests are refused, to be tried again");
  options.Add("collector.num-workers", num_workers, "writes to the store under way at once");
  options.Add("collector.tags", tags,
              "tags added to the process of every span: key1=value1,key2=${ENV_VAR:default}");
  options.Add("collector.enable-span-size-metrics", enable_span_size_metrics,
              "count the bytes of the spans written");
  options.Add("collector.queue-size-memory", queue_size_memory_mib,
              "MiB of spans that may wait: the queue is resized each minute to fit; 0: it stays at "
              "collector.queue-size");
  options.Add("downsampling.ratio", downsampling.ratio,
              "share of all traces that is stored, 0 to 1");
  options.Add("downsampling.hashsalt", downsampling.hash_salt, "decides which traces are stored");
  RegisterGrpc(options, "collector.grpc-server", grpc, "Jaeger's agents");
  RegisterHttp(options, "collector.http-server", http, "Jaeger's clients");
  options.Add("collector.otlp.enabled", otlp.enabled, "take OTLP");
  RegisterGrpc(options, "collector.otlp.grpc", otlp.grpc, "OTLP");
  RegisterHttp(options, "collector.otlp.http", otlp.http, "OTLP");
  RegisterCors(options, "collector.otlp.http", otlp.cors);
  options.Add("collector.zipkin.host-port", zipkin.host_port,
              "address of the HTTP server for Zipkin, such as :9411; none: no Zipkin");
  options.Add("collector.zipkin.keep-alive", zipkin.keep_alive,
              "keep connections of Zipkin's clients open between requests");
  RegisterCors(options, "collector.zipkin", zipkin.cors);
  RegisterLimits(options, limits);
  if (sampling.type == SamplingType::kAdaptive) {
    RegisterAdaptiveSampling(options, sampling.adaptive);
  } else {
    RegisterFileSampling(options, sampling);
  }
}

Status CollectorConfig::SelectSampling(const std::map<std::string, std::string>& environment) {
  const auto type = environment.find("SAMPLING_CONFIG_TYPE");
  if (type == environment.end() || type->second.empty() || type->second == "file") {
    sampling.type = SamplingType::kFile;
    return {};
  }
  if (type->second != "adaptive") {
    return InvalidArgument("SAMPLING_CONFIG_TYPE: want file or adaptive, got " +
                           GoQuote(type->second));
  }
  sampling.type = SamplingType::kAdaptive;
  return {};
}

Status CollectorConfig::Validate() const {
  if (num_workers == 0) {
    return InvalidArgument("collector.num-workers: want at least 1, got 0");
  }
  for (const auto& [prefix, server] :
       {std::pair("collector.grpc-server", &grpc), std::pair("collector.otlp.grpc", &otlp.grpc)}) {
    if (auto valid = CheckGrpc(prefix, *server); !valid.ok()) {
      return valid;
    }
  }
  if (auto address = HostPort::Parse(zipkin.host_port); !address.ok()) {
    return std::move(address).Wrap("collector.zipkin.host-port");
  }
  if (auto valid = CheckRange("downsampling.ratio", downsampling.ratio, 0.0, 1.0); !valid.ok()) {
    return valid;
  }
  if (auto valid = CheckRange<std::size_t>("collector.queue-size-memory", queue_size_memory_mib, 0,
                                           kMostQueueMib);
      !valid.ok()) {
    return valid;
  }
  if (limits.content.max_ratio == 0) {
    return InvalidArgument("collector.limits.decoded-ratio: want at least 1, got 0");
  }
  return sampling.type == SamplingType::kAdaptive ? CheckAdaptiveSampling(sampling.adaptive)
                                                  : CheckFileSampling(sampling);
}

}  // namespace pugmark
