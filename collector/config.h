// The options of the collector (reference 2.1).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/pipeline/content_decoding.h"
#include "collector/sampling/adaptive_config.h"
#include "common/base/result.h"
#include "common/base/time.h"
#include "common/config/option_set.h"
#include "common/model/span_batch.h"
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

// Scripts of which origins browsers let send spans.
struct CorsConfig {
  // "https://shop.example", "https://*.example" or "*"; none: no other origin.
  std::vector<std::string> allowed_origins;
  // Beside the few that are always allowed; "*" for any.
  std::vector<std::string> allowed_headers;
};

struct CollectorOtlpConfig {
  bool enabled = true;
  CollectorGrpcConfig grpc{.address = {"", 4317}};
  CollectorHttpConfig http{.address = {"", 4318}};
  CorsConfig cors;
};

struct CollectorZipkinConfig {
  std::string host_port;  // "": no Zipkin
  bool keep_alive = true;
  CorsConfig cors;
};

// SAMPLING_CONFIG_TYPE
enum class SamplingType : std::uint8_t { kFile, kAdaptive };

struct CollectorSamplingConfig {
  SamplingType type = SamplingType::kFile;
  AdaptiveConfig adaptive;
  std::string strategies_file;                // a path or an http:// URL; "": the default for all
  Nanoseconds strategies_reload_interval{0};  // 0: read once
  double default_probability = 0.001;
};

// Keeps a share of the traces.
struct DownsamplingConfig {
  double ratio = 1;
  std::string hash_salt;  // "": Jaeger's own
};

// What one request may cost (design section 13).
struct CollectorLimits {
  std::size_t bytes_in_flight = 0;  // of all together; 0: ByteBudget::DefaultLimitBytes()
  std::size_t http_body_bytes = std::size_t{20} << 20;
  DecodingLimits content;
  BatchLimits batch;
};

struct CollectorConfig {
  std::size_t queue_size = 2'000;  // spans that may wait for a writer; 0 refuses all
  std::size_t num_workers = 50;    // writes under way at once
  std::string tags;                // added to every resource, as reference 1.4 has it
  bool enable_span_size_metrics = false;
  std::size_t queue_size_memory_mib = 0;  // more than 0: the queue is resized to take so many
  DownsamplingConfig downsampling;
  CollectorLimits limits;
  CollectorGrpcConfig grpc;
  CollectorHttpConfig http;
  CollectorOtlpConfig otlp;
  CollectorZipkinConfig zipkin;
  CollectorSamplingConfig sampling;

  // SAMPLING_CONFIG_TYPE=file (default) | adaptive; to be called before RegisterOptions, since only
  // the options of the chosen type exist.
  Status SelectSampling(const std::map<std::string, std::string>& environment);
  void RegisterOptions(OptionSet& options);
  // Its message names the option and the range.
  [[nodiscard]] Status Validate() const;
};

}  // namespace pugmark
