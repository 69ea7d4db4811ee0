#include "collector_rig.h"

#include <grpcpp/grpcpp.h>

#include <catch2/catch.hpp>
#include <stdexcept>

namespace pugmark {

TraceReader& WriterStorage::trace_reader() { throw std::logic_error("a collector does not read"); }

CollectorRig::CollectorRig(CollectorConfig config) {
  AdminConfig admin_config;
  admin_config.address = {"127.0.0.1", 0};
  auto admin = AdminServer::Start(runtime_, admin_config, metrics);
  REQUIRE(admin.ok());
  admin_ = *std::move(admin);
  for (HostPort* const address : {&config.http.address, &config.grpc.address,
                                  &config.otlp.grpc.address, &config.otlp.http.address}) {
    *address = {"127.0.0.1", 0};
  }
  auto collector = Collector::Start(
      {runtime_, metrics, *admin_, {}, [](int, const std::string&) {}}, config, {}, storage);
  REQUIRE(collector.ok());
  collector_ = *std::move(collector);
  admin_->SetReady(true);
}

CollectorRig::~CollectorRig() {
  admin_->SetReady(false);
  collector_.reset();
}

HttpResponse CollectorRig::Fetch(std::uint16_t port, std::string_view method, std::string_view path,
                                 std::string_view body, const std::vector<HttpHeader>& headers) {
  auto reply = HttpFetch({"127.0.0.1", port}, method, path, body, headers, kPatience);
  REQUIRE(reply.ok());
  return *std::move(reply);
}

std::shared_ptr<grpc::Channel> CollectorRig::Channel(std::uint16_t port) {
  return grpc::CreateChannel("127.0.0.1:" + std::to_string(port),
                             grpc::InsecureChannelCredentials());
}

void CollectorRig::Stop(std::chrono::milliseconds time) {
  collector_->Stop(std::chrono::steady_clock::now() + time);
}

HttpResponse CollectorRig::DebugVars() { return Fetch(admin_->port(), "GET", "/debug/vars"); }

std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) {
      return value;
    }
  }
  return {};
}

}  // namespace pugmark
