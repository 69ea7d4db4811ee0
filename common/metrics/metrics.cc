#include "common/metrics/metrics.h"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <utility>

namespace pugmark {
namespace {

const std::vector<double> kDefaultBounds = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

// A name or label name that Prometheus forbids, or a name used for two kinds of metrics, is a bug
// that the first start shows: there is nothing to go on with.
template <typename Build>
auto& BuiltOrDie(const std::string& name, const Build& build) {
  try {
    return build();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "metric %s: %s\n", name.c_str(), error.what());
    std::abort();
  }
}

}  // namespace

Metrics::Hook::Hook(std::function<void()> refresh) : refresh_(std::move(refresh)) {}

void Metrics::Hook::Run() {
  const std::lock_guard lock(mutex_);
  if (refresh_) {
    refresh_();
  }
}

void Metrics::Hook::End() {
  const std::lock_guard lock(mutex_);
  refresh_ = nullptr;
}

Metrics::Counter& Metrics::AddCounter(const std::string& name, const std::string& help,
                                      const Labels& labels) {
  return BuiltOrDie(name, [&]() -> Counter& {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry_).Add(labels);
  });
}

Metrics::Gauge& Metrics::AddGauge(const std::string& name, const std::string& help,
                                  const Labels& labels) {
  return BuiltOrDie(name, [&]() -> Gauge& {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry_).Add(labels);
  });
}

Metrics::Histogram& Metrics::AddHistogram(const std::string& name, const std::string& help,
                                          const Labels& labels, const std::vector<double>& bounds) {
  return BuiltOrDie(name, [&]() -> Histogram& {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry_).Add(
        labels, bounds.empty() ? kDefaultBounds : bounds);
  });
}

std::shared_ptr<Metrics::Hook> Metrics::BeforeScrape(std::function<void()> refresh) {
  auto hook = std::make_shared<Hook>(std::move(refresh));
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(hooks_, [](const auto& known) { return known.expired(); });
    hooks_.push_back(hook);
  }
  // The caller's handle is apart from the scrape's own hold on the hook: letting go of it waits for
  // a refresh under way, so what the refresh uses may be freed right after.
  return {hook.get(), [hook](Hook*) { hook->End(); }};
}

std::string Metrics::Serialize() {
  std::vector<std::shared_ptr<Hook>> hooks;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& hook : hooks_) {
      if (auto held = hook.lock()) {
        hooks.push_back(std::move(held));
      }
    }
  }
  for (const auto& hook : hooks) {
    hook->Run();
  }
  return prometheus::TextSerializer().Serialize(registry_.Collect());
}

}  // namespace pugmark
