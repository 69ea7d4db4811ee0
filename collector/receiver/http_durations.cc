#include "collector/receiver/http_durations.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include "common/net/http_sink.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 4> kMethods = {"GET", "POST", "PUT", "OPTIONS"};
constexpr std::string_view kOther = "other";

}  // namespace

struct HttpDurations::Series {
  Series(Metrics& m, std::vector<std::string> p) : metrics(m), paths(std::move(p)) {}

  std::string_view MethodLabel(const HttpRequest& request) const {
    const auto* const known = std::find(kMethods.begin(), kMethods.end(), request.method);
    return known == kMethods.end() ? kOther : *known;
  }
  std::string_view PathLabel(const HttpRequest& request) const {
    const auto known = std::find(paths.begin(), paths.end(), request.path);
    return known == paths.end() ? kOther : std::string_view(*known);
  }

  void Observe(std::string_view method, std::string_view path, int status, double seconds) {
    Metrics::Histogram* histogram = nullptr;
    {
      const std::lock_guard lock(mutex);
      Metrics::Histogram*& known = histograms[{method, path, status}];
      if (known == nullptr) {
        known = &metrics.AddHistogram("jaeger_collector_http_request_duration",
                                      "seconds from a request's body to its answer",
                                      {{"method", std::string(method)},
                                       {"path", std::string(path)},
                                       {"status", std::to_string(status)}});
      }
      histogram = known;
    }
    histogram->Observe(seconds);
  }

  Metrics& metrics;
  const std::vector<std::string> paths;
  std::mutex mutex;
  // The texts are those of `kMethods`, `paths` and `kOther`.
  std::map<std::tuple<std::string_view, std::string_view, int>, Metrics::Histogram*> histograms;
};

class HttpDurations::Watcher : public HttpReply::Sink {
 public:
  Watcher(std::shared_ptr<Series> series, const HttpRequest& request, HttpReply reply)
      : series_(std::move(series)),
        method_(series_->MethodLabel(request)),
        path_(series_->PathLabel(request)),
        reply_(std::move(reply)) {}

  void Send(HttpResponse response) override {
    Observe(response.status);
    std::move(reply_).Send(std::move(response));
  }
  void Stream(HttpResponse head, HttpBodySource source, Executor worker) override {
    Observe(head.status);
    std::move(reply_).Stream(std::move(head), std::move(source), std::move(worker));
  }

 private:
  void Observe(int status) {
    series_->Observe(method_, path_, status,
                     std::chrono::duration<double>(SteadyClock::now() - begin_).count());
  }

  const std::shared_ptr<Series> series_;
  const std::string_view method_;
  const std::string_view path_;
  const SteadyClock::time_point begin_ = SteadyClock::now();
  HttpReply reply_;
};

HttpDurations::HttpDurations(Metrics& metrics, std::vector<std::string> paths)
    : series_(std::make_shared<Series>(metrics, std::move(paths))) {}
HttpDurations::~HttpDurations() = default;

HttpReply HttpDurations::Watch(const HttpRequest& request, HttpReply reply) {
  return HttpReply(std::make_shared<Watcher>(series_, request, std::move(reply)));
}

void HttpDurations::Add(const HttpRequest& request, int status) {
  series_->Observe(series_->MethodLabel(request), series_->PathLabel(request), status, 0);
}

}  // namespace pugmark
