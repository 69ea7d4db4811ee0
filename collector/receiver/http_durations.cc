#include "collector/receiver/http_durations.h"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::array<std::string_view, 4> kMethods = {"GET", "POST", "PUT", "OPTIONS"};
constexpr std::string_view kOther = "other";

}  // namespace

struct HttpDurations::Timer::Series {
  Series(Metrics& m, std::vector<std::string> p) : metrics(m), paths(std::move(p)) {}

  Metrics::Histogram& Get(std::string_view method, std::string_view path, int status) {
    const std::lock_guard lock(mutex);
    Metrics::Histogram*& known = histograms[{method, path, status}];
    if (known == nullptr) {
      known = &metrics.AddHistogram("jaeger_collector_http_request_duration",
                                    "seconds from a request's body to its answer",
                                    {{"method", std::string(method)},
                                     {"path", std::string(path)},
                                     {"status", std::to_string(status)}});
    }
    return *known;
  }

  Metrics& metrics;
  const std::vector<std::string> paths;
  std::mutex mutex;
  // The texts are those of `kMethods`, `paths` and `kOther`.
  std::map<std::tuple<std::string_view, std::string_view, int>, Metrics::Histogram*> histograms;
};

void HttpDurations::Timer::Stop(int status) const {
  series_->Get(method_, path_, status)
      .Observe(std::chrono::duration<double>(SteadyClock::now() - begin_).count());
}

HttpDurations::HttpDurations(Metrics& metrics, std::vector<std::string> paths)
    : series_(std::make_shared<Timer::Series>(metrics, std::move(paths))) {}

HttpDurations::Timer HttpDurations::Start(const HttpRequest& request) const {
  const auto* const method = std::find(kMethods.begin(), kMethods.end(), request.method);
  const auto path = std::find(series_->paths.begin(), series_->paths.end(), request.path);
  Timer timer;
  timer.series_ = series_;
  timer.method_ = method == kMethods.end() ? kOther : *method;
  timer.path_ = path == series_->paths.end() ? kOther : std::string_view(*path);
  timer.begin_ = SteadyClock::now();
  return timer;
}

}  // namespace pugmark
