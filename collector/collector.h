// The collector: receives spans over every protocol, validates them and writes them to the store.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "collector/config.h"
#include "common/service/daemon.h"
#include "storage/api/storage.h"

namespace pugmark {

// The ports that were bound; 0 where a receiver is off.
struct CollectorPorts {
  std::uint16_t grpc = 0;
  std::uint16_t http = 0;
  std::uint16_t otlp_grpc = 0;
  std::uint16_t otlp_http = 0;
  std::uint16_t zipkin = 0;
};

class Collector : public Service {
 public:
  // Starts pipeline, receivers and sampling over `storage`, which outlives the collector and is not
  // drained by it.
  static Result<std::unique_ptr<Collector>> Start(
      ServiceContext context, const CollectorConfig& config,
      const std::map<std::string, std::string>& environment, Storage& storage);
  [[nodiscard]] virtual CollectorPorts ports() const = 0;
  // Port of the gRPC server: the all-in-one's agent sends there.
  [[nodiscard]] virtual std::uint16_t grpc_port() const = 0;
};

}  // namespace pugmark
