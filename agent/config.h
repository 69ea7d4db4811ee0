// Options of the agent, with Jaeger's names and defaults (reference 1.2).
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "common/base/result.h"
#include "common/config/option_set.h"
#include "common/net/host_port.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark {

// One UDP port. In the three numbers that have a default, 0 stands for it.
struct ProcessorConfig {
  std::string name;      // "jaeger-compact", as in the flags
  std::string model;     // label of its metrics, whatever arrives: "jaeger" or "zipkin"
  std::string protocol;  // label of its metrics: "compact" or "binary"
  ThriftProtocol thrift = ThriftProtocol::kCompact;
  HostPort address;
  int queue_size = kDefaultQueueSize;             // datagrams that wait for a worker
  int max_packet_bytes = kDefaultMaxPacketBytes;  // longer datagrams are dropped
  int socket_buffer_bytes = 0;                    // of the kernel; 0: kDefaultSocketBufferBytes
  int workers = kDefaultWorkers;                  // decoding threads, at most one per core

  static constexpr int kDefaultQueueSize = 1000;
  static constexpr int kDefaultMaxPacketBytes = 65'000;
  static constexpr int kDefaultSocketBufferBytes = 16 << 20;
  static constexpr int kDefaultWorkers = 10;
  // Datagrams that wait, whatever their number; at most a sixth of the process's byte budget.
  static constexpr std::size_t kMaxQueueBytes = std::size_t{8} << 20;
};

// Of connections to collectors. Paths name PEM files.
struct TlsClientConfig {
  bool enabled = false;
  std::string ca;    // "": the authorities of the system
  std::string cert;  // of this client, with its key, where collectors ask for one
  std::string key;
  std::string server_name;  // "": the host that is dialled
  bool skip_host_verify = false;
};

struct ReporterConfig {
  std::string type = "grpc";
  // One target, dialled as given ("dns:///name:14250"), or several host:port, used in turn.
  std::vector<std::string> collectors;
  int attempts = 3;  // of one message, each on another collector where there are several
  TlsClientConfig tls;
  // Encoded spans that no collector has acknowledged yet; 0: kDefaultBacklogBytes, at most half of
  // the process's byte budget. An agent runs on every host, often with a small memory limit: it
  // outlasts a restart of its collector, not an outage.
  std::size_t max_backlog_bytes = 0;

  // Not options: what tests shorten.
  std::chrono::milliseconds call_timeout{10'000};
  std::chrono::milliseconds connect_wait{10'000};  // a message waits that long for a connection
  std::chrono::milliseconds first_backoff{200};    // doubled for each further attempt
  std::chrono::milliseconds linger{100};            // spans wait that long for more of their process

  static constexpr std::size_t kDefaultBacklogBytes = std::size_t{16} << 20;
};

struct AgentConfig {
  // In Jaeger's order of ports: zipkin-compact, jaeger-compact, jaeger-binary.
  std::array<ProcessorConfig, 3> processors = DefaultProcessors();
  ReporterConfig reporter;
  HostPort http_address{"", 5778};  // sampling strategies
  std::string tags;                 // agent.tags

  // The all-in-one has no agent.tags, and finds its collector by itself.
  void RegisterOptions(OptionSet& options, bool all_in_one = false);
  // kInvalidArgument; its message names the option and what was wanted.
  [[nodiscard]] Status Validate(bool all_in_one = false) const;

  static std::array<ProcessorConfig, 3> DefaultProcessors();
};

}  // namespace pugmark
