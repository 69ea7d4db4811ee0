#include "collector/sampling/strategy_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "common/log/log.h"
#include "common/net/http.h"

namespace pugmark {
namespace {

constexpr std::chrono::milliseconds kFetchTimeout{1'000};
constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::string_view kHttp = "http://";
constexpr std::string_view kNothing = "null";

// As Jaeger tells them from paths: a scheme and a host.
bool IsUrl(const std::string& source) {
  const std::size_t scheme = source.find("://");
  return scheme != std::string::npos && scheme > 0 && source.size() > scheme + 3 &&
         source[scheme + 3] != '/';
}

Result<std::string> Fetch(const std::string& url) {
  if (!url.starts_with(kHttp)) {
    return InvalidArgument(url + ": only http:// URLs can be read");
  }
  const std::string rest = url.substr(kHttp.size());
  const std::size_t slash = std::min(rest.find_first_of("/?"), rest.size());
  std::string authority = rest.substr(0, slash);
  if (authority.find(':') == std::string::npos || authority.ends_with(']')) {
    authority += ":80";
  }
  auto address = HostPort::Parse(authority);
  if (!address.ok()) {
    return std::move(address).Wrap(url);
  }
  std::string target(rest.substr(slash, 1) == "/" ? "" : "/");
  target.append(rest, slash);
  auto response = HttpFetch(*address, "GET", target, "", {}, kFetchTimeout);
  if (!response.ok()) {
    return std::move(response).Wrap("download sampling strategies");
  }
  if (response->status == 503) {
    return std::string(kNothing);
  }
  if (response->status != 200) {
    return InvalidArgument("download sampling strategies from " + url + ": want status 200, got " +
                           std::to_string(response->status));
  }
  return std::move(response->body);
}

Result<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return NotFound("open sampling strategies " + path + ": " + std::strerror(errno));
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) {
    return InvalidArgument("read sampling strategies " + path + ": " + std::strerror(errno));
  }
  return std::move(text).str();
}

Metrics::Counter& AddReloads(Metrics& metrics, const char* result) {
  return metrics.AddCounter("pugmark_collector_sampling_reloads_total",
                            "reads of the sampling strategies", {{"result", result}});
}

}  // namespace

Result<std::string> ReadStrategySource(const std::string& source) {
  auto text = IsUrl(source) ? Fetch(source) : ReadFile(source);
  if (text.ok() && text->size() > kMostBytes) {
    return InvalidArgument("sampling strategies " + source + ": want at most " +
                           std::to_string(kMostBytes) + " bytes, got " +
                           std::to_string(text->size()));
  }
  return text;
}

StrategyFile::StrategyFile(StrategyFileConfig config, Metrics& metrics)
    : config_(std::move(config)),
      reloads_ok_(AddReloads(metrics, "ok")),
      reloads_failed_(AddReloads(metrics, "err")),
      strategies_(std::make_shared<const StrategySet>(config_.default_probability)) {}

StrategyFile::~StrategyFile() = default;

Result<std::unique_ptr<StrategyFile>> StrategyFile::Open(const StrategyFileConfig& config,
                                                         Metrics& metrics) {
  std::unique_ptr<StrategyFile> file(new StrategyFile(config, metrics));
  if (config.source.empty()) {
    Log(LogLevel::kInfo, "No sampling strategies source provided, using defaults");
    return file;
  }
  auto text = ReadStrategySource(config.source);
  if (!text.ok()) {
    return std::move(text).Wrap("sampling.strategies-file");
  }
  if (auto used = file->Use(*text); !used.ok()) {
    return std::move(used).Wrap("sampling.strategies-file " + config.source);
  }
  file->last_text_ = *text;
  if (*text == kNothing) {
    Log(LogLevel::kInfo, "No sampling strategies found or URL is unavailable, using defaults");
  } else if (config.reload_interval.count() > 0) {
    file->reloader_.emplace(config.reload_interval, [raw = file.get()] { raw->Reload(); });
  }
  return file;
}

Status StrategyFile::Use(const std::string& text) {
  std::vector<std::string> warnings;
  auto set = StrategySet::Parse(text, config_.default_probability, warnings);
  if (!set.ok()) {
    return std::move(set).error();
  }
  for (const std::string& warning : warnings) {
    Log(LogLevel::kWarn, "Sampling strategy", {{"problem", warning}});
  }
  Log(LogLevel::kInfo, "Sampling strategies read",
      {{"source", config_.source}, {"services", set->services()}});
  strategies_ = std::make_shared<const StrategySet>(*std::move(set));
  return {};
}

void StrategyFile::Reload() {
  const std::lock_guard lock(reload_mutex_);
  auto text = ReadStrategySource(config_.source);
  Status status = text.ok() ? Status() : Status(text.error());
  if (status.ok() && *text != last_text_) {
    status = Use(*text);
  }
  if (!status.ok()) {
    reloads_failed_.Increment();
    Log(LogLevel::kError, "Failed to reload sampling strategies",
        {{"source", config_.source}, {"error", status.error().message}});
    return;
  }
  reloads_ok_.Increment();
  last_text_ = *std::move(text);
}

jaeger::api_v2::SamplingStrategyResponse StrategyFile::GetStrategy(std::string_view service) const {
  return strategies_.load()->Get(service);
}

}  // namespace pugmark
