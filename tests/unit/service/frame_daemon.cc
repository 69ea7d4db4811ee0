// A daemon that does nothing but what its options say, for the tests of the service frame.

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "common/base/go_number.h"
#include "common/log/log.h"
#include "common/net/http.h"
#include "common/service/daemon.h"

namespace pugmark {
namespace {

struct FrameConfig {
  std::string mode = "run";
  std::size_t queue_size = 2000;
  HostPort listen;
  std::string password;
};

// Waits until the process shall end.
void WaitFor(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any changed;
  std::unique_lock lock(mutex);
  changed.wait(lock, stop, [] { return false; });
}

class FrameService : public Service {
 public:
  FrameService(std::string mode, std::unique_ptr<HttpServer> listener, AdminServer& admin)
      : mode_(std::move(mode)), listener_(std::move(listener)) {
    admin.AddReadinessCheck("lamp", [this] {
      return mode_ == "unhealthy" ? Status(Unavailable("the lamp is out")) : Status();
    });
    admin.AddDebugVariable("mode", [this] { return GoQuote(mode_); });
  }
  ~FrameService() override { Log(LogLevel::kInfo, "service freed"); }

  void Stop(std::chrono::steady_clock::time_point deadline) override {
    Log(LogLevel::kInfo, "service stops",
        {{"in_time", deadline > std::chrono::steady_clock::now()}});
    if (listener_ != nullptr) {
      listener_->Stop(deadline);
    }
    if (mode_ == "hang-at-stop" || mode_ == "fatal-and-hang") {
      std::this_thread::sleep_for(std::chrono::hours(1));
    }
  }

 private:
  const std::string mode_;
  const std::unique_ptr<HttpServer> listener_;
};

Result<std::unique_ptr<Service>> Start(const FrameConfig& config, const ServiceContext& context) {
  Log(LogLevel::kInfo, "start was called");
  if (config.mode == "wait") {
    WaitFor(context.stop);
    return Error{ErrorCode::kCancelled, "stopped while waiting for the store"};
  }
  if (config.mode == "hang-at-start") {
    std::this_thread::sleep_for(std::chrono::hours(1));
  }
  if (config.mode == "unavailable") {
    return Unavailable("the store is owned by another process");
  }
  if (config.mode == "precondition") {
    return Error{ErrorCode::kFailedPrecondition, "the store has another format"};
  }
  if (config.mode == "invalid") {
    return InvalidArgument("rocksdb.sync: want group");
  }
  if (config.mode == "broken") {
    return Internal("disk error");
  }
  std::unique_ptr<HttpServer> listener;
  if (config.listen.port != 0) {
    HttpServerOptions options;
    options.address = config.listen;
    auto server = HttpServer::Start(context.runtime, "frame.http-server", std::move(options),
                                    [](HttpRequest&&, HttpReply) {});
    if (!server.ok()) {
      return std::move(server).error();
    }
    listener = *std::move(server);
  }
  AddBuildInfo(context.metrics, "frame");
  if (config.mode == "fatal" || config.mode == "fatal-and-hang") {
    context.request_exit(kExitStoreFatal, "the store went fatal");
  }
  return std::unique_ptr<Service>(
      std::make_unique<FrameService>(config.mode, std::move(listener), context.admin));
}

int Main(int argc, char** argv) {
  FrameConfig config;
  DaemonDescription description;
  description.name = "frame-daemon";
  description.summary = "frame-daemon does nothing";
  description.default_admin_address = ":14269";
  description.shutdown_grace = std::chrono::seconds(1);
  description.register_options = [&config](OptionSet& options,
                                           const std::map<std::string, std::string>& environment) {
    const auto type = environment.find("SPAN_STORAGE_TYPE");
    if (type != environment.end()) {
      return Status(InvalidArgument("SPAN_STORAGE_TYPE: want rocksdb, got " + type->second));
    }
    options.Add("frame.mode", config.mode, "what to do");
    options.Add("frame.queue-size", config.queue_size, "spans held");
    options.Add("frame.http-server.host-port", config.listen, "an address to listen on");
    options.Add("frame.password", config.password, "a secret");
    options.MarkSecret("frame.password");
    return Status();
  };
  description.validate = [&config] {
    return config.mode == "misconfigured" ? Status(InvalidArgument("frame.mode: not that one"))
                                          : Status();
  };
  description.start = [&config](const ServiceContext& context) { return Start(config, context); };
  return RunDaemon(argc, argv, description);
}

}  // namespace
}  // namespace pugmark

int main(int argc, char** argv) { return pugmark::Main(argc, argv); }
