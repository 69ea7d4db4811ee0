#include "common/metrics/service_labels.h"

#include "common/metrics/metrics.h"

namespace pugmark {
namespace {

constexpr std::size_t kMostServices = 4000;
constexpr std::size_t kMostLabelBytes = 256;

char LabelByte(char c) {
  if (c >= 'A' && c <= 'Z') {
    return static_cast<char>(c - 'A' + 'a');
  }
  const bool allowed = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  return allowed ? c : '_';
}

}  // namespace

std::string ServiceLabels::Normalize(std::string_view service) {
  if (service.empty()) {
    return "__unknown";
  }
  std::string label(service.substr(0, kMostLabelBytes));
  for (char& c : label) {
    c = LabelByte(c);
  }
  {
    const std::shared_lock lock(mutex_);
    if (known_.contains(label)) {
      return label;
    }
    if (known_.size() >= most_) {
      return "other-services";
    }
  }
  const std::lock_guard lock(mutex_);
  if (known_.size() >= most_ && !known_.contains(label)) {
    return "other-services";
  }
  known_.insert(label);
  return label;
}

std::string NormalizeServiceLabel(std::string_view service) {
  static ServiceLabels labels(kMostServices);
  return labels.Normalize(service);
}

}  // namespace pugmark
