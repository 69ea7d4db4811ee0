#include "common/metrics/metrics.h"
#include "common/service/daemon.h"

namespace pugmark {

std::string VersionJson() {
  return R"({"gitCommit":")" + GitCommit() + R"(","gitVersion":")" + GitVersion() +
         R"(","buildDate":")" + BuildDate() + "\"}";
}

void AddBuildInfo(Metrics& metrics, const std::string& component) {
  metrics
      .AddGauge("jaeger_" + (component.empty() ? "" : component + "_") + "build_info",
                "What this program was built from.",
                {{"revision", GitCommit()}, {"version", GitVersion()}, {"build_date", BuildDate()}})
      .Set(1);
}

}  // namespace pugmark
