#include "collector/config.h"

#include "common/base/go_duration.h"

namespace pugmark {
namespace {

constexpr int kLeastMessageBytes = 1 << 10;

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
  options.Add("collector.max-bytes-in-flight", max_bytes_in_flight,
              "bytes held for spans that are not stored yet; 0: a quarter of the memory limit, at "
              "most 256 MiB");
  options.Add("collector.grpc-server.host-port", grpc.address, "address of the gRPC server");
  options.Add("collector.grpc-server.max-message-size", grpc.max_message_bytes,
              "largest message that the gRPC server takes, in bytes");
  options.Add("collector.grpc-server.max-connection-age", grpc.max_connection_age,
              "age at which a gRPC connection is closed; 0: no limit");
  options.Add("collector.grpc-server.max-connection-age-grace", grpc.max_connection_age_grace,
              "time that calls have to end after max-connection-age; 0: no limit");
  options.Add("collector.http-server.host-port", http.address, "address of the HTTP server");
  options.Add("collector.http-server.idle-timeout", http.idle_timeout,
              "time between requests after which a connection is closed; 0: 60s");
  options.Add("collector.http-server.read-header-timeout", http.read_header_timeout,
              "time to send the head of a request");
  options.Add("collector.http-server.read-timeout", http.read_timeout,
              "time to send a whole request; 0: 30s without a byte end it");
  options.Add("sampling.strategies-file", sampling.strategies_file,
              "path or http:// URL of the sampling strategies in JSON; without one every service "
              "gets the default probability");
  options.Add("sampling.strategies-reload-interval", sampling.strategies_reload_interval,
              "time after which the sampling strategies are read again; 0: never");
  options.Add("sampling.default-sampling-probability", sampling.default_probability,
              "probability for services that the strategies do not name");
}

Status CollectorConfig::Validate() const {
  if (num_workers == 0) {
    return InvalidArgument("collector.num-workers: want at least 1, got 0");
  }
  if (grpc.max_message_bytes < kLeastMessageBytes) {
    return InvalidArgument("collector.grpc-server.max-message-size: want at least " +
                           std::to_string(kLeastMessageBytes) + ", got " +
                           std::to_string(grpc.max_message_bytes));
  }
  if (!(sampling.default_probability >= 0 && sampling.default_probability <= 1)) {
    return InvalidArgument("sampling.default-sampling-probability: want 0 to 1, got " +
                           std::to_string(sampling.default_probability));
  }
  if (sampling.strategies_reload_interval < Nanoseconds(0)) {
    return InvalidArgument("sampling.strategies-reload-interval: want 0s or more, got " +
                           FormatGoDuration(sampling.strategies_reload_interval));
  }
  return {};
}

}  // namespace pugmark
