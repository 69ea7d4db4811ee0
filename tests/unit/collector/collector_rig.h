// A whole collector over a store that does as it is told.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "collector/collector.h"
#include "collector_support.h"
#include "common/net/http.h"

namespace grpc {
class Channel;
}

namespace pugmark {

// A store that can only be written.
class WriterStorage : public Storage {
 public:
  [[nodiscard]] const Capabilities& capabilities() const override { return capabilities_; }
  SpanWriter* span_writer() override { return &writer; }
  TraceReader& trace_reader() override;
  DependencyReader* dependency_reader() override { return nullptr; }
  Status Health() override { return {}; }
  Status Drain(std::chrono::steady_clock::time_point /*deadline*/) override { return {}; }

  FakeWriter writer;

 private:
  Capabilities capabilities_;
};

class CollectorRig {
 public:
  CollectorRig() : CollectorRig(CollectorConfig()) {}
  // Every receiver that is on listens on a port of its own.
  explicit CollectorRig(CollectorConfig config);
  ~CollectorRig();

  [[nodiscard]] CollectorPorts ports() const { return collector_->ports(); }
  HttpResponse Fetch(std::uint16_t port, std::string_view method, std::string_view path,
                     std::string_view body = "", const std::vector<HttpHeader>& headers = {});
  [[nodiscard]] static std::shared_ptr<grpc::Channel> Channel(std::uint16_t port);
  void Stop(std::chrono::milliseconds time);
  HttpResponse DebugVars();

  Metrics metrics;
  WriterStorage storage;

 private:
  IoRuntime runtime_{2};
  std::unique_ptr<AdminServer> admin_;
  std::unique_ptr<Collector> collector_;
};

// The value of a header, "" without one.
std::string HeaderOf(const HttpResponse& response, std::string_view name);

}  // namespace pugmark
