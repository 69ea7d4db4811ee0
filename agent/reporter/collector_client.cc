#include "agent/reporter/collector_client.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

#include "agent/reporter/tls_credentials.h"
#include "common/log/log.h"
#include "common/net/grpc_server.h"
#include "common/net/host_port.h"

namespace pugmark {
namespace {

constexpr int kFirstReconnectMs = 100;
constexpr int kLongestReconnectMs = 2'000;
constexpr int kConnectTimeoutMs = 5'000;
constexpr int kKeepaliveIntervalMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
constexpr int kLeastResolveIntervalMs = 1'000;
// Sampling strategies of a service with many operations are the longest reply; that of PostSpans is
// empty.
constexpr int kMostReplyBytes = 1 << 20;
constexpr char kServiceConfig[] = R"({"methodConfig":[{"name":[
    {"service":"jaeger.api_v2.CollectorService"}],"maxResponseMessageBytes":65536}]})";

bool IsLoopback(const std::string& target) {
  return target.starts_with("localhost:") || target.starts_with("127.") ||
         target.starts_with("[::1]:");
}

grpc::ChannelArguments ChannelArgumentsFor(const std::string& target,
                                           const std::string& server_name) {
  grpc::ChannelArguments arguments;
  arguments.SetUserAgentPrefix("pugmark-agent");
  arguments.SetLoadBalancingPolicyName("round_robin");  // over the addresses of one name
  arguments.SetServiceConfigJSON(kServiceConfig);
  arguments.SetMaxReceiveMessageSize(kMostReplyBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kLongestReconnectMs);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectTimeoutMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveIntervalMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, kLeastResolveIntervalMs);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);  // the reporter tries again, elsewhere
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  if (!server_name.empty()) {
    arguments.SetSslTargetNameOverride(server_name);
  }
  if (IsLoopback(target)) {
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  }
  return arguments;
}

// What gRPC dials for an option's value: a name for one of its resolvers as it is, ":14250" on this
// host.
Result<std::string> DialTarget(const std::string& value, bool only_one) {
  constexpr std::string_view kPassThrough = "passthrough:///";  // gRPC for Go, as without a scheme
  if (only_one && value.starts_with(kPassThrough)) {
    return DialTarget(value.substr(kPassThrough.size()), false);
  }
  for (const char* const scheme : {"dns:", "ipv4:", "ipv6:", "unix:", "unix-abstract:"}) {
    if (only_one && value.starts_with(scheme)) {
      return value;
    }
  }
  Result<HostPort> parsed = HostPort::Parse(value);
  if (!parsed) {
    return std::move(parsed).Wrap("--reporter.grpc.host-port");
  }
  if (parsed->port == 0) {
    return InvalidArgument("--reporter.grpc.host-port: want host:port, got " + value);
  }
  if (parsed->host.empty()) {
    parsed->host = "localhost";
  }
  return parsed->ToString();
}

grpc::ByteBuffer ToByteBuffer(const MessagePieces& pieces) {
  std::vector<grpc::Slice> slices;
  slices.reserve(pieces.size());
  for (const auto& piece : pieces) {
    auto* const owner = new std::shared_ptr<const std::string>(piece);
    slices.emplace_back(
        const_cast<char*>(piece->data()), piece->size(),  // gRPC does not write to it
        [](void* held) { delete static_cast<std::shared_ptr<const std::string>*>(held); }, owner);
  }
  return {slices.data(), slices.size()};
}

}  // namespace

class CollectorClient::Impl {
 public:
  Impl(const std::vector<std::string>& targets, std::string shown_target,
       const std::shared_ptr<grpc::ChannelCredentials>& credentials, const std::string& server_name,
       Metrics& metrics)
      : target_(std::move(shown_target)),
        connected_gauge_(metrics.AddGauge("jaeger_agent_connection_status_collector_connected",
                                          "1 while a collector is connected",
                                          {{"protocol", "grpc"}})),
        reconnects_(metrics.AddCounter("jaeger_agent_connection_status_collector_reconnects_total",
                                       "connections to collectors that were made",
                                       {{"protocol", "grpc"}})) {
    for (const std::string& target : targets) {
      collectors_.push_back(std::make_unique<Collector>(target, credentials, server_name));
    }
    CheckConnections();
    thread_ = std::jthread([this] { RunCompletions(); });
  }

  ~Impl() { Stop(); }

  std::optional<std::size_t> PickConnected(std::optional<std::size_t> avoid) {
    const std::size_t first = next_.fetch_add(1, std::memory_order_relaxed);
    std::optional<std::size_t> fallback;
    for (std::size_t i = 0; i < collectors_.size(); ++i) {
      const std::size_t index = (first + i) % collectors_.size();
      if (collectors_[index]->channel->GetState(false) != GRPC_CHANNEL_READY) {
        continue;
      }
      if (index != avoid) {
        return index;
      }
      fallback = index;
    }
    return fallback;
  }

  std::size_t Pick() {
    const auto connected = PickConnected(std::nullopt);
    return connected ? *connected
                     : next_.fetch_add(1, std::memory_order_relaxed) % collectors_.size();
  }

  void Call(std::size_t collector, const char* method, const MessagePieces& request,
            std::chrono::milliseconds timeout, CallDone done) {
    auto call = std::make_unique<RunningCall>();
    call->done = std::move(done);
    call->context.set_deadline(std::chrono::system_clock::now() + timeout);
    if (!Enter(call.get())) {
      call->done(Error{ErrorCode::kCancelled, "the agent is shutting down"});
      return;
    }
    call->reader = collectors_[collector]->stub.PrepareUnaryCall(
        &call->context, method, ToByteBuffer(request), &completions_);
    call->reader->StartCall();
    RunningCall* const started = call.release();  // RunCompletions frees it
    started->reader->Finish(&started->reply, &started->status, started);
  }

  void CheckConnections() {
    bool any = false;
    for (const auto& collector : collectors_) {
      const bool ready = collector->channel->GetState(true) == GRPC_CHANNEL_READY;
      any = any || ready;
      if (collector->ready.exchange(ready) == ready) {
        continue;
      }
      if (ready) {
        reconnects_.Increment();
      }
      Log(ready ? LogLevel::kInfo : LogLevel::kWarn,
          ready ? "connected to collector" : "lost the connection to collector",
          {{"collector", collector->target}});
    }
    connected_gauge_.Set(any ? 1 : 0);
  }

  [[nodiscard]] const std::string& target() const { return target_; }

  void Stop() {
    {
      std::unique_lock lock(mutex_);
      stopped_ = true;
      for (RunningCall* const call : running_) {
        call->context.TryCancel();
      }
      // The queue must not close between the entry of a call and its start.
      all_ended_.wait(lock, [this] { return running_.empty(); });
      if (!thread_.joinable()) {
        return;
      }
    }
    completions_.Shutdown();
    thread_.join();
  }

 private:
  struct Collector {
    Collector(const std::string& dialled,
              const std::shared_ptr<grpc::ChannelCredentials>& credentials,
              const std::string& server_name)
        : target(dialled),
          channel(grpc::CreateCustomChannel(dialled, credentials,
                                            ChannelArgumentsFor(dialled, server_name))),
          stub(channel) {}
    const std::string target;
    const std::shared_ptr<grpc::Channel> channel;
    grpc::GenericStub stub;
    std::atomic<bool> ready{false};
  };

  struct RunningCall {
    grpc::ClientContext context;
    std::unique_ptr<grpc::GenericClientAsyncResponseReader> reader;
    grpc::ByteBuffer reply;
    grpc::Status status;
    CallDone done;
  };

  // Counts the call as running; false once stopped.
  bool Enter(RunningCall* call) {
    const std::lock_guard lock(mutex_);
    if (!stopped_) {
      running_.insert(call);
    }
    return !stopped_;
  }

  void RunCompletions() {
    void* tag = nullptr;
    bool ok = false;
    while (completions_.Next(&tag, &ok)) {
      const std::unique_ptr<RunningCall> call(static_cast<RunningCall*>(tag));
      if (call->status.ok()) {
        call->done(ToContiguous(call->reply));
      } else {
        call->done(
            Error{static_cast<ErrorCode>(call->status.error_code()), call->status.error_message()});
      }
      const std::lock_guard lock(mutex_);
      running_.erase(call.get());
      if (running_.empty()) {
        all_ended_.notify_all();
      }
    }
  }

  const std::string target_;
  Metrics::Gauge& connected_gauge_;
  Metrics::Counter& reconnects_;
  std::vector<std::unique_ptr<Collector>> collectors_;
  std::atomic<std::size_t> next_{0};
  grpc::CompletionQueue completions_;
  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::unordered_set<RunningCall*> running_;
  bool stopped_ = false;
  std::jthread thread_;  // runs the ends of calls until the queue is shut down and empty
};

Result<std::unique_ptr<CollectorClient>> CollectorClient::Create(const ReporterConfig& config,
                                                                 Metrics& metrics) {
  std::vector<std::string> targets;
  std::string shown;
  for (const std::string& value : config.collectors) {
    Result<std::string> target = DialTarget(value, config.collectors.size() == 1);
    if (!target) {
      return std::move(target).error();
    }
    shown += (shown.empty() ? "" : ",") + value;
    targets.push_back(*std::move(target));
  }
  auto credentials = MakeCredentials(config.tls);
  if (!credentials) {
    return std::move(credentials).error();
  }
  return std::unique_ptr<CollectorClient>(new CollectorClient(std::make_unique<Impl>(
      targets, std::move(shown), *credentials, config.tls.server_name, metrics)));
}

CollectorClient::CollectorClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CollectorClient::~CollectorClient() = default;

std::optional<std::size_t> CollectorClient::PickConnected(std::optional<std::size_t> avoid) {
  return impl_->PickConnected(avoid);
}
std::size_t CollectorClient::Pick() { return impl_->Pick(); }

void CollectorClient::Call(std::size_t collector, const char* method, const MessagePieces& request,
                           std::chrono::milliseconds timeout, CallDone done) {
  impl_->Call(collector, method, request, timeout, std::move(done));
}

void CollectorClient::CheckConnections() { impl_->CheckConnections(); }
const std::string& CollectorClient::target() const { return impl_->target(); }
void CollectorClient::Stop() { impl_->Stop(); }

}  // namespace pugmark
