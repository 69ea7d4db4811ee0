#include "agent/config.h"

#include <string_view>
#include <utility>

namespace pugmark {
namespace {

ProcessorConfig Processor(std::string model, std::string protocol, ThriftProtocol thrift,
                          std::uint16_t port) {
  ProcessorConfig config;
  config.name = model + "-" + protocol;
  config.model = std::move(model);
  config.protocol = std::move(protocol);
  config.thrift = thrift;
  config.address = {"", port};
  return config;
}

void RegisterProcessor(OptionSet& options, ProcessorConfig& config) {
  const std::string prefix = "processor." + config.name + ".";
  options.Add(prefix + "server-host-port", config.address, "host:port of the UDP server");
  options.Add(prefix + "server-queue-size", config.queue_size,
              "datagrams that may wait for a worker; further ones are dropped");
  options.Add(prefix + "server-max-packet-size", config.max_packet_bytes,
              "longest datagram taken, in bytes");
  options.Add(prefix + "server-socket-buffer-size", config.socket_buffer_bytes,
              "receive buffer asked of the kernel, in bytes (0: 16 MiB)");
  options.Add(prefix + "workers", config.workers, "decoding threads, at most one per core");
}

void RegisterTls(OptionSet& options, TlsClientConfig& config) {
  const std::string prefix = "reporter.grpc.tls.";
  options.Add(prefix + "enabled", config.enabled, "talk to collectors over TLS");
  options.Add(prefix + "ca", config.ca,
              "file of certificate authorities for the collectors (default: the system's)");
  options.Add(prefix + "cert", config.cert, "file of this client's certificate");
  options.Add(prefix + "key", config.key, "file of this client's key");
  options.Add(prefix + "server-name", config.server_name,
              "name that the collector's certificate must have, instead of the one dialled");
  options.Add(prefix + "skip-host-verify", config.skip_host_verify,
              "(insecure) take any certificate of the collector");
}

Status CheckTls(const TlsClientConfig& config) {
  const bool any = !config.ca.empty() || !config.cert.empty() || !config.key.empty() ||
                   !config.server_name.empty() || config.skip_host_verify;
  if (any && !config.enabled) {
    return InvalidArgument(
        "reporter.grpc.tls.* options cannot be used when reporter.grpc.tls.enabled is false");
  }
  if (config.cert.empty() != config.key.empty()) {
    return InvalidArgument(
        "--reporter.grpc.tls.cert and --reporter.grpc.tls.key: want both or none");
  }
  return {};
}

Status CheckProcessor(const ProcessorConfig& config) {
  for (const auto& [option, value] :
       {std::pair<std::string_view, int>{"server-queue-size", config.queue_size},
        {"server-max-packet-size", config.max_packet_bytes},
        {"server-socket-buffer-size", config.socket_buffer_bytes},
        {"workers", config.workers}}) {
    if (value < 0) {
      return InvalidArgument("--processor." + config.name + "." + std::string(option) +
                             ": want 0 (the default) or more, got " + std::to_string(value));
    }
  }
  return {};
}

}  // namespace

std::array<ProcessorConfig, 3> AgentConfig::DefaultProcessors() {
  return {Processor("zipkin", "compact", ThriftProtocol::kCompact, 5775),
          Processor("jaeger", "compact", ThriftProtocol::kCompact, 6831),
          Processor("jaeger", "binary", ThriftProtocol::kBinary, 6832)};
}

void AgentConfig::RegisterOptions(OptionSet& options, bool all_in_one) {
  if (!all_in_one) {
    options.Add("agent.tags", tags,
                "tags for the process of every batch: k1=v1,k2=${ENV},k3=${ENV:default}");
  }
  options.Add("http-server.host-port", http_address, "host:port of the sampling strategies");
  for (ProcessorConfig& processor : processors) {
    RegisterProcessor(options, processor);
  }
  options.Add("reporter.type", reporter.type, "how spans reach the collectors: grpc");
  options.Add("reporter.grpc.host-port", reporter.collectors,
              all_in_one ? "collectors to send to instead of the one of this process"
                         : "collectors: host:port,host:port,... or one gRPC target such as "
                           "dns:///name:14250");
  options.Add("reporter.grpc.retry.max", reporter.attempts,
              "how often a message is tried before its spans are dropped");
  options.Add("reporter.max-backlog-bytes", reporter.max_backlog_bytes,
              "encoded spans that may wait for a collector's acknowledgement; further ones are "
              "dropped (0: 16 MiB, or half of the byte budget)");
  RegisterTls(options, reporter.tls);
  options.AddIgnored("reporter.grpc.discovery.min-peers", "3",
                     "every collector that is named is used");
}

Status AgentConfig::Validate(bool all_in_one) const {
  for (const ProcessorConfig& processor : processors) {
    if (Status status = CheckProcessor(processor); !status) {
      return status;
    }
  }
  if (reporter.type != "grpc") {
    return InvalidArgument("--reporter.type: want grpc, got " + reporter.type);
  }
  if (reporter.attempts < 0) {
    return InvalidArgument("--reporter.grpc.retry.max: want 0 or more, got " +
                           std::to_string(reporter.attempts));
  }
  if (Status status = CheckTls(reporter.tls); !status) {
    return status;
  }
  if (reporter.collectors.empty() && !all_in_one) {
    // Jaeger's words, which scripts look for.
    return InvalidArgument(
        "at least one collector hostPort address is required when resolver is not available");
  }
  return {};
}

}  // namespace pugmark
