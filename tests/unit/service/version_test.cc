#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "common/service/daemon.h"

using namespace pugmark;

TEST_CASE("version: what the build knows, as JSON", "[service]") {
  const auto version = nlohmann::json::parse(VersionJson());
  CHECK(version.size() == 3);
  CHECK(version["gitCommit"] == GitCommit());
  CHECK(version["gitVersion"] == GitVersion());
  CHECK(version["buildDate"] == BuildDate());
  CHECK((GitCommit() == "unknown" ||
         (GitCommit().size() == 40 &&
          GitCommit().find_first_not_of("0123456789abcdef") == std::string::npos)));
  CHECK_THAT(GitVersion(), Catch::StartsWith("v"));
  CHECK_THAT(BuildDate(), Catch::Matches("unknown|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"));
}

TEST_CASE("version: a metric per component", "[service]") {
  Metrics metrics;
  AddBuildInfo(metrics, "collector");
  AddBuildInfo(metrics, "query");
  CHECK_THAT(metrics.Serialize(), Catch::Contains("jaeger_collector_build_info{build_date=\"" +
                                                  BuildDate() + "\",revision=\"" + GitCommit() +
                                                  "\",version=\"" + GitVersion() + "\"} 1\n") &&
                                      Catch::Contains("jaeger_query_build_info{"));
}
