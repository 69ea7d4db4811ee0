// The options of the collector (reference 2.1).
#pragma once

#include <cstddef>
#include <string>

#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/option_set.h"
#include "common/net/host_port.h"

namespace pugmark {

struct CollectorGrpcConfig {
  HostPort address{"", 14250};
  int max_message_bytes = 4 << 20;
  Nanoseconds max_connection_age{0};        // 0: no limit
  Nanoseconds max_connection_age_grace{0};  // 0: no limit
};

struct CollectorHttpConfig {
  HostPort address{"", 14268};
  Nanoseconds idle_timeout{0};  // 0: the server's own
  Nanoseconds read_header_timeout{std::chrono::seconds(2)};
  Nanoseconds read_timeout{0};  // 0: the server's own
};

struct CollectorSamplingConfig {
  std::string strategies_file;                // a path or an http:// URL; "": the default for all
  Nanoseconds strategies_reload_interval{0};  // 0: read once
  double default_probability = 0.001;
};

struct CollectorConfig {
  std::size_t queue_size = 2'000;  // spans that may wait for a writer; 0 refuses all
  std::size_t num_workers = 50;    // writes under way at once
  std::string tags;                // added to every resource, as reference 1.4 has it
  bool enable_span_size_metrics = false;
  std::size_t max_bytes_in_flight = 0;  // 0: ByteBudget::DefaultLimitBytes()
  CollectorGrpcConfig grpc;
  CollectorHttpConfig http;
  CollectorSamplingConfig sampling;

  void RegisterOptions(OptionSet& options);
  // Its message names the option and the range.
  [[nodiscard]] Status Validate() const;
};

}  // namespace pugmark
