// What the HTTP receivers share: server options, and the byte budget of bodies.
#pragma once

#include <cstdint>
#include <memory>

#include "collector/config.h"
#include "collector/pipeline/intake.h"
#include "common/net/http.h"

namespace pugmark {

HttpServerOptions ToServerOptions(const CollectorHttpConfig& config);

// For HttpServerOptions::admit: charges the body to the byte budget and leaves the share with the
// request. False when the budget is exhausted.
[[nodiscard]] bool AdmitHttp(Intake& intake, HttpRequest& request, std::uint64_t body_bytes);

// The share that AdmitHttp left.
std::shared_ptr<BudgetShare> TakeShare(HttpRequest& request);

}  // namespace pugmark
