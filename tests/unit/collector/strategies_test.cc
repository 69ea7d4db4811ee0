#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "collector/sampling/strategy_file.h"
#include "collector/sampling/strategy_set.h"
#include "collector_support.h"
#include "common/net/http.h"
#include "proto/codec/sampling_json.h"

namespace pugmark {
namespace {

StrategySet Parse(std::string_view json, std::vector<std::string>& warnings) {
  auto set = StrategySet::Parse(json, 0.001, warnings);
  REQUIRE(set.ok());
  return *std::move(set);
}

std::string Answer(const StrategySet& set, std::string_view service) {
  return SamplingStrategyJson(set.Get(service));
}

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

constexpr char kProbability[] =
    R"({"strategyType":"PROBABILISTIC","probabilisticSampling":{"samplingRate":)";

TEST_CASE("strategies: recorded answers of Jaeger for its own file", "[collector][sampling]") {
  const std::filesystem::path golden = PUGMARK_TESTDATA "/golden";
  std::vector<std::string> warnings;
  const StrategySet set = Parse(ReadText(golden / "inputs/strategies.json"), warnings);
  CHECK(warnings.size() == 2);  // an operation by rate, a type that there is not
  const auto [name, service] = GENERATE(table<std::string, std::string>({{"batch", "batch"},
                                                                         {"checkout", "checkout"},
                                                                         {"odd", "odd"},
                                                                         {"nobody", "nobody"},
                                                                         {"empty", ""}}));
  CAPTURE(name);
  std::string expected = ReadText(golden / ("answers/v1.76/sampling-collector-" + name + ".json"));
  std::string text;  // without the indentation, and with the blanks inside of texts
  bool inside = false;
  for (const char c : expected) {
    inside ^= c == '"';
    if (inside || (c != ' ' && c != '\n')) {
      text += c;
    }
  }
  CHECK(Answer(set, service) == text);
}

TEST_CASE("strategies: the example for operators is one", "[collector][sampling]") {
  std::vector<std::string> warnings;
  const StrategySet set =
      Parse(ReadText(PUGMARK_TESTDATA "/../../deploy/config/sampling-strategies.json"), warnings);
  CHECK(warnings.empty());
  CHECK(set.Get("checkout").operationsampling().peroperationstrategies_size() == 5);
  CHECK(set.Get("report-batch").has_ratelimitingsampling());
}

TEST_CASE("strategies: nothing means the default probability", "[collector][sampling]") {
  const std::string json = GENERATE("null", "{}", R"({"default_strategy":null})",
                                    R"({"service_strategies":null,"unknown":[1]})");
  CAPTURE(json);
  std::vector<std::string> warnings;
  CHECK(Answer(Parse(json, warnings), "any") == std::string(kProbability) + "0.001}}");
  CHECK(warnings.empty());
}

TEST_CASE("strategies: rates are whole and fit", "[collector][sampling]") {
  const auto [param, expected] = GENERATE(table<std::string, std::string>(
      {{"5", "5"}, {"5.9", "5"}, {"1e12", "2147483647"}, {"-1e12", "-2147483648"}}));
  std::vector<std::string> warnings;
  const StrategySet set =
      Parse(R"({"default_strategy":{"type":"ratelimiting","param":)" + param + "}}", warnings);
  CHECK(Answer(set, "any") ==
        R"({"strategyType":"RATE_LIMITING","rateLimitingSampling":{"maxTracesPerSecond":)" +
            expected + "}}");
}

TEST_CASE("strategies: names of members in any letter case, as Go reads them",
          "[collector][sampling]") {
  std::vector<std::string> warnings;
  const StrategySet set =
      Parse(R"({"Default_Strategy":{"TYPE":"probabilistic","Param":0.25}})", warnings);
  CHECK(Answer(set, "any") == std::string(kProbability) + "0.25}}");
}

TEST_CASE("strategies: an operation of the service wins over the default's",
          "[collector][sampling]") {
  std::vector<std::string> warnings;
  const StrategySet set = Parse(R"({
    "default_strategy": {"type":"probabilistic","param":0.5,"operation_strategies":[
      {"operation":"a","type":"probabilistic","param":0.1},
      {"operation":"b","type":"probabilistic","param":0.2}]},
    "service_strategies": [
      {"service":"s","type":"ratelimiting","param":3,"operation_strategies":[
        {"operation":"b","type":"probabilistic","param":0.9}]}]})",
                                warnings);
  const auto& operations = set.Get("s").operationsampling();
  CHECK(operations.defaultsamplingprobability() == 0.001);
  REQUIRE(operations.peroperationstrategies_size() == 2);
  CHECK(operations.peroperationstrategies(0).operation() == "b");
  CHECK(operations.peroperationstrategies(0).probabilisticsampling().samplingrate() == 0.9);
  CHECK(operations.peroperationstrategies(1).operation() == "a");
}

TEST_CASE("strategies: what is no strategies file names the place", "[collector][sampling]") {
  const auto [json, words] = GENERATE(table<std::string, std::string>({
      {"", "not valid JSON"},
      {"{", "not valid JSON"},
      {"[]", "want an object, got array"},
      {R"({"default_strategy":7})", "default_strategy: want an object, got number"},
      {R"({"service_strategies":{}})", "service_strategies: want a list, got object"},
      {R"({"service_strategies":[{},null]})", "service_strategies[1]: want an object, got null"},
      {R"({"service_strategies":[{"service":1}]})",
       "service_strategies[0].service: want a text, got number"},
      {R"({"default_strategy":{"type":"probabilistic","param":"1"}})",
       "default_strategy.param: want a number, got string"},
      {R"({"default_strategy":{"operation_strategies":[{"type":[]}]}})",
       "default_strategy.operation_strategies[0].type: want a text, got array"},
  }));
  CAPTURE(json);
  std::vector<std::string> warnings;
  const auto set = StrategySet::Parse(json, 0.001, warnings);
  REQUIRE_FALSE(set.ok());
  CHECK(set.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(set.error().message, Catch::Contains(words));
}

class TempFile {
 public:
  TempFile() {
    std::string path = (std::filesystem::temp_directory_path() / "pugmark-XXXXXX").string();
    const int fd = ::mkstemp(path.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    path_ = path;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  void Write(std::string_view text) { std::ofstream(path_, std::ios::trunc) << text; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string WithProbability(const std::string& probability) {
  return R"({"default_strategy":{"type":"probabilistic","param":)" + probability + "}}";
}

double Probability(const StrategyFile& file) {
  return file.GetStrategy("any").probabilisticsampling().samplingrate();
}

TEST_CASE("strategy file: changes are taken, mistakes leave what was there",
          "[collector][sampling]") {
  Metrics metrics;
  TempFile source;
  source.Write(WithProbability("0.5"));
  const auto opened = StrategyFile::Open({source.path(), Nanoseconds(0), 0.001}, metrics);
  REQUIRE(opened.ok());
  StrategyFile& file = **opened;
  CHECK(Probability(file) == 0.5);
  source.Write(WithProbability("0.25"));
  file.Reload();
  CHECK(Probability(file) == 0.25);
  source.Write("{");
  file.Reload();
  CHECK(Probability(file) == 0.25);
  source.Write(WithProbability("0.125"));
  file.Reload();
  CHECK(Probability(file) == 0.125);
  CHECK(MetricValue(metrics, "pugmark_collector_sampling_reloads_total", {R"(result="ok")"}) == 2);
  CHECK(MetricValue(metrics, "pugmark_collector_sampling_reloads_total", {R"(result="err")"}) == 1);
}

TEST_CASE("strategy file: read again after the interval", "[collector][sampling]") {
  Metrics metrics;
  TempFile source;
  source.Write(WithProbability("0.5"));
  const auto opened =
      StrategyFile::Open({source.path(), std::chrono::milliseconds(5), 0.001}, metrics);
  REQUIRE(opened.ok());
  source.Write(WithProbability("0.25"));
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (Probability(**opened) != 0.25 && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  CHECK(Probability(**opened) == 0.25);
}

TEST_CASE("strategy file: a source that cannot be read ends the start", "[collector][sampling]") {
  Metrics metrics;
  const auto missing = StrategyFile::Open({"/nowhere/at/all.json", Nanoseconds(0), 0.001}, metrics);
  REQUIRE_FALSE(missing.ok());
  CHECK_THAT(missing.error().message, Catch::Contains("/nowhere/at/all.json") &&
                                          Catch::Contains("sampling.strategies-file"));
  const auto tls =
      StrategyFile::Open({"https://127.0.0.1/strategies", Nanoseconds(0), 0.001}, metrics);
  REQUIRE_FALSE(tls.ok());
  CHECK_THAT(tls.error().message, Catch::Contains("only http://"));
}

TEST_CASE("strategy file: URLs", "[collector][sampling]") {
  std::atomic<int> status{200};
  IoRuntime runtime(1);
  HttpServerOptions options;
  options.address = {"127.0.0.1", 0};
  const auto server =
      HttpServer::Start(runtime, "test", options, [&](HttpRequest&& request, HttpReply reply) {
        const bool wanted = request.target == "/strategies?for=all";
        std::move(reply).Send({.status = wanted ? status.load() : 404,
                               .headers = {},
                               .content_type = "application/json",
                               .body = WithProbability("0.75")});
      });
  REQUIRE(server.ok());
  const std::string url =
      "http://127.0.0.1:" + std::to_string((*server)->port()) + "/strategies?for=all";
  Metrics metrics;
  const auto open = [&] { return StrategyFile::Open({url, Nanoseconds(0), 0.001}, metrics); };
  const auto opened = open();
  REQUIRE(opened.ok());
  CHECK(Probability(**opened) == 0.75);
  status = 503;
  const auto unavailable = open();
  REQUIRE(unavailable.ok());
  CHECK(Probability(**unavailable) == 0.001);
  status = 500;
  CHECK_FALSE(open().ok());
  (*server)->Stop(std::chrono::steady_clock::now() + kPatience);
  CHECK_FALSE(open().ok());
}

}  // namespace
}  // namespace pugmark
