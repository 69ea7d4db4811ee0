#include "collector/receiver/http_admission.h"

#include <utility>

namespace pugmark {

HttpServerOptions ToServerOptions(const CollectorHttpConfig& config) {
  const auto to_millis = [](Nanoseconds duration) {
    return std::chrono::ceil<std::chrono::milliseconds>(duration);
  };
  HttpServerOptions options;
  options.address = config.address;
  options.idle_timeout = to_millis(config.idle_timeout);
  options.read_header_timeout = to_millis(config.read_header_timeout);
  options.read_timeout = to_millis(config.read_timeout);
  return options;
}

bool AdmitHttp(Intake& intake, HttpRequest& request, std::uint64_t body_bytes) {
  if (request.held != nullptr) {
    return intake.AdmitMore(*std::static_pointer_cast<BudgetShare>(request.held), body_bytes);
  }
  auto share = intake.Admit(body_bytes);
  if (share == nullptr) {
    return false;
  }
  request.held = std::move(share);
  return true;
}

std::shared_ptr<BudgetShare> TakeShare(HttpRequest& request) {
  return std::static_pointer_cast<BudgetShare>(std::exchange(request.held, nullptr));
}

}  // namespace pugmark
