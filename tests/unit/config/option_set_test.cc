#include "common/config/option_set.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace pugmark;
using namespace std::chrono_literals;

namespace {

// A component's options, and a configuration file for them.
struct Fixture {
  std::size_t queue_size = 2000;
  int workers = 50;
  bool keep_alive = true;
  Nanoseconds ttl = 72h;
  HostPort address{"", 14268};
  std::string password;
  std::vector<std::string> servers = {"localhost"};
  std::vector<std::string> headers;
  OptionSet options;
  const std::filesystem::path file = std::filesystem::temp_directory_path() /
                                     ("pugmark-options-" + std::to_string(::getpid()) + ".yaml");

  Fixture() {
    options.Add("collector.queue-size", queue_size, "spans held");
    options.Add("collector.num-workers", workers, "writes at once");
    options.Add("keep-alive", keep_alive, "keeps connections");
    options.Add("store.span-store-ttl", ttl, "age of the oldest span");
    options.Add("collector.http-server.host-port", address, "address of the HTTP server");
    options.Add("es.password", password, "of the store");
    options.Add("es.server-urls", servers, "addresses");
    options.AddRepeatable("query.additional-headers", headers, "headers of answers");
    options.AddAlias("collector.http-port", "collector.http-server.host-port");
    options.AddIgnored("badger.truncate", "false", "nothing needs truncating");
    options.AddIgnored("es.max-span-age", "72h0m0s", "search has no such limit");
    options.MarkSecret("es.password");
  }
  ~Fixture() { std::filesystem::remove(file); }

  std::string WriteFile(const std::string& text) const {
    std::ofstream(file) << text;
    return "--config-file=" + file.string();
  }
};

using Environment = std::map<std::string, std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "options: defaults stay without a source", "[config]") {
  REQUIRE(options.Load({}, {}).ok());
  CHECK(queue_size == 2000);
  CHECK(address == HostPort{"", 14268});
  CHECK(options.warnings().empty());
  CHECK(options.Changed().empty());
}

TEST_CASE_METHOD(Fixture, "options: flag, then environment, then file, then default", "[config]") {
  const bool by_flag = GENERATE(false, true);
  const bool by_environment = GENERATE(false, true);
  const bool by_file = GENERATE(false, true);
  CAPTURE(by_flag, by_environment, by_file);
  std::vector<std::string> arguments;
  Environment environment;
  if (by_file) {
    arguments.push_back(WriteFile("collector: {queue-size: 1}\nes.server-urls: [f1, f2]\n"));
  }
  if (by_environment) {
    environment = {{"COLLECTOR_QUEUE_SIZE", "2"}, {"ES_SERVER_URLS", "e1,e2"}};
  }
  if (by_flag) {
    arguments.insert(arguments.end(), {"--collector.queue-size", "3", "--es.server-urls=c1",
                                       "--es.server-urls=c2,c3"});
  }
  REQUIRE(options.Load(arguments, environment).ok());
  using List = std::vector<std::string>;
  CHECK(queue_size == (by_flag ? 3U : by_environment ? 2U : by_file ? 1U : 2000U));
  // Lists of several sources are not joined.
  CHECK(servers == (by_flag          ? List{"c1", "c2", "c3"}
                    : by_environment ? List{"e1", "e2"}
                    : by_file        ? List{"f1", "f2"}
                                     : List{"localhost"}));
  const std::string source = by_flag          ? "command line"
                             : by_environment ? "environment"
                             : by_file        ? "config file"
                                              : "default";
  CHECK_THAT(options.PrintConfig(false),
             Catch::Matches("[^]*\\| collector\\.queue-size +[0-9]+ +" + source + " +\\|\n[^]*"));
}

TEST_CASE_METHOD(Fixture, "options: the file's name can come from the environment", "[config]") {
  WriteFile("collector.queue-size: 5\n");
  REQUIRE(options.Load({}, {{"CONFIG_FILE", file.string()}}).ok());
  CHECK(queue_size == 5);
}

TEST_CASE_METHOD(Fixture, "options: every type from every source", "[config]") {
  const std::string from = GENERATE("flags", "environment", "file");
  CAPTURE(from);
  Status loaded;
  if (from == "flags") {
    loaded = options.Load(
        {"--collector.num-workers=5", "--keep-alive=false", "--store.span-store-ttl=1h30m",
         "--collector.http-server.host-port=8080", "--es.password=a b",
         "--query.additional-headers=A: b, c", "--query.additional-headers", "D: e"},
        {});
  } else if (from == "environment") {
    loaded = options.Load({}, {{"COLLECTOR_NUM_WORKERS", "5"},
                               {"KEEP_ALIVE", "false"},
                               {"STORE_SPAN_STORE_TTL", "1h30m"},
                               {"COLLECTOR_HTTP_SERVER_HOST_PORT", "8080"},
                               {"ES_PASSWORD", "a b"},
                               {"QUERY_ADDITIONAL_HEADERS", "A: b, c"}});
  } else {
    loaded = options.Load({WriteFile("collector: {num-workers: 5, http-server: {host-port: 8080}}\n"
                                     "keep-alive: false\nstore: {span-store-ttl: 1h30m}\n"
                                     "es.password: a b\n"
                                     "query.additional-headers: ['A: b, c', 'D: e']\n")},
                          {});
  }
  REQUIRE(loaded.ok());
  CHECK(workers == 5);
  CHECK_FALSE(keep_alive);
  CHECK(ttl == Nanoseconds(90min));
  CHECK(address == HostPort{"", 8080});
  CHECK(password == "a b");
  CHECK(headers.front() == "A: b, c");
  CHECK(headers.size() == (from == "environment" ? 1 : 2));
}

TEST_CASE_METHOD(Fixture, "options: a bad value names option, value and source", "[config]") {
  const auto [name, value, wanted] = GENERATE(table<std::string, std::string, std::string>({
      {"collector.queue-size", "many", "want an integer from 0 to 18446744073709551615"},
      {"collector.num-workers", "3000000000", "want an integer from -2147483648 to 2147483647"},
      {"keep-alive", "maybe", "want true or false"},
      {"store.span-store-ttl", "72", "want a duration with its unit, such as 300ms, 1m30s or 72h"},
      {"collector.http-server.host-port", "host:99999",
       "want host:port, :port or a bare port from 0 to 65535"},
  }));
  std::string variable = name;
  for (char& c : variable) {
    c = c == '.' || c == '-' ? '_' : static_cast<char>(std::toupper(c));
  }
  const std::string start = name + ": " + wanted + ", got \"" + value + "\" (";
  SECTION("command line") {
    const auto status = options.Load({"--" + name + "=" + value}, {});
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::kInvalidArgument);
    CHECK(status.error().message == start + "command line)");
  }
  SECTION("environment") {
    const auto status = options.Load({}, {{variable, value}});
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().message == start + "environment variable " + variable + ")");
  }
  SECTION("file") {
    const auto status = options.Load({WriteFile(name + ": '" + value + "'\n")}, {});
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().message == start + "config file " + file.string() + ")");
  }
}

TEST_CASE_METHOD(Fixture, "options: a bad value that another source hides is no error",
                 "[config]") {
  REQUIRE(options.Load({"--collector.queue-size=3"}, {{"COLLECTOR_QUEUE_SIZE", "many"}}).ok());
  CHECK(queue_size == 3);
}

TEST_CASE_METHOD(Fixture, "options: a list in the file for a single value is an error",
                 "[config]") {
  const auto status = options.Load({WriteFile("collector.queue-size: [1, 2]\n")}, {});
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().message, Catch::Contains("collector.queue-size: want one value"));
}

TEST_CASE_METHOD(Fixture, "options: an unknown flag is not a bad value", "[config]") {
  const auto status = options.Load({"--collector.queue-sise=3"}, {});
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == ErrorCode::kNotFound);
  CHECK_THAT(status.error().message, Catch::Contains("--collector.queue-size?"));
}

TEST_CASE_METHOD(Fixture, "options: an unknown key of the file is ignored with a warning",
                 "[config]") {
  REQUIRE(
      options.Load({WriteFile("collector: {queue-sise: 1}\nfuture: {list: [1, 2]}\n")}, {}).ok());
  REQUIRE(options.warnings().size() == 2);
  CHECK_THAT(options.warnings()[0], Catch::Contains("collector.queue-sise") &&
                                        Catch::Contains("did you mean collector.queue-size"));
  CHECK_THAT(options.warnings()[1], Catch::Contains("future.list"));
  CHECK(queue_size == 2000);
}

TEST_CASE_METHOD(Fixture, "options: a file of another program does not flood the log", "[config]") {
  std::string text = "collector.queue-size: 5\n";
  for (int i = 0; i < 1000; ++i) {
    text += "receivers.r" + std::to_string(i) + ": 1\n";
  }
  REQUIRE(options.Load({WriteFile(text)}, {}).ok());
  CHECK(queue_size == 5);
  REQUIRE(options.warnings().size() == 21);
  CHECK_THAT(options.warnings().back(), Catch::Contains("980 more unknown keys"));
}

TEST_CASE_METHOD(Fixture, "options: service links of Kubernetes are ignored with a warning",
                 "[config]") {
  const std::string link = "tcp://10.0.0.1:14268";
  REQUIRE(
      options.Load({}, {{"COLLECTOR_HTTP_SERVER_HOST_PORT", link}, {"ES_PASSWORD", link}}).ok());
  CHECK(address == HostPort{"", 14268});
  CHECK(password == link);  // only addresses are meant
  REQUIRE(options.warnings().size() == 1);
  CHECK_THAT(options.warnings()[0],
             Catch::Contains("COLLECTOR_HTTP_SERVER_HOST_PORT") && Catch::Contains("service link"));
}

TEST_CASE_METHOD(Fixture, "options: a variable that is set to nothing counts as unset",
                 "[config]") {
  REQUIRE(options.Load({}, {{"COLLECTOR_QUEUE_SIZE", ""}}).ok());
  CHECK(queue_size == 2000);
}

TEST_CASE_METHOD(Fixture, "options: an old name is taken with a warning", "[config]") {
  SECTION("as a flag") {
    REQUIRE(options.Load({"--collector.http-port=1"}, {}).ok());
    CHECK(address.port == 1);
    REQUIRE(options.warnings().size() == 1);
    CHECK_THAT(options.warnings()[0], Catch::Contains("collector.http-port") &&
                                          Catch::Contains("collector.http-server.host-port"));
  }
  SECTION("as a variable") {
    REQUIRE(options.Load({}, {{"COLLECTOR_HTTP_PORT", "2"}}).ok());
    CHECK(address.port == 2);
  }
  SECTION("the option's own name wins within a source") {
    REQUIRE(options
                .Load({"--collector.http-server.host-port=3", "--collector.http-port=4"},
                      {{"COLLECTOR_HTTP_PORT", "5"}})
                .ok());
    CHECK(address.port == 3);
  }
  SECTION("a flag by its old name wins over a variable") {
    REQUIRE(
        options.Load({"--collector.http-port=4"}, {{"COLLECTOR_HTTP_SERVER_HOST_PORT", "5"}}).ok());
    CHECK(address.port == 4);
  }
  SECTION("a service link for the old name") {
    REQUIRE(options.Load({}, {{"COLLECTOR_HTTP_PORT", "tcp://10.0.0.1:80"}}).ok());
    CHECK(address.port == 14268);
  }
}

TEST_CASE_METHOD(Fixture, "options: one without an effect is taken", "[config]") {
  SECTION("quietly with its default") {
    REQUIRE(options.Load({"--badger.truncate=false", "--es.max-span-age=72h0m0s"}, {}).ok());
    CHECK(options.warnings().empty());
  }
  SECTION("with a warning otherwise") {
    REQUIRE(options.Load({"--badger.truncate"}, {{"ES_MAX_SPAN_AGE", "24h"}}).ok());
    REQUIRE(options.warnings().size() == 2);
    CHECK_THAT(options.warnings()[0],
               Catch::Contains("badger.truncate has no effect: nothing needs truncating"));
  }
  CHECK_THAT(options.PrintConfig(true), !Catch::Contains("badger.truncate"));
}

TEST_CASE_METHOD(Fixture, "options: secrets are masked", "[config]") {
  REQUIRE(options.Load({"--es.password=hunter2"}, {}).ok());
  CHECK(password == "hunter2");
  CHECK_THAT(options.PrintConfig(true), !Catch::Contains("hunter2") && Catch::Contains("***"));
  REQUIRE(options.Changed().size() == 1);
  CHECK(options.Changed()[0].value == "***");
}

TEST_CASE("options: the error of a secret does not tell it", "[config]") {
  int pin = 0;
  OptionSet options;
  options.Add("pin", pin, "secret number");
  options.MarkSecret("pin");
  const auto status = options.Load({"--pin=hunter2"}, {});
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().message, !Catch::Contains("hunter2"));
}

TEST_CASE_METHOD(Fixture, "options: print-config is a table", "[config]") {
  REQUIRE(options.Load({"--es.server-urls=a\x1b[31m"}, {}).ok());
  const std::string table = options.PrintConfig(false);
  CHECK_THAT(table, Catch::Contains("| Configuration Option Name       Value"));
  CHECK_THAT(table, !Catch::Contains("es.password"));  // has no value
  CHECK_THAT(table, !Catch::Contains("\x1b"));
  CHECK_THAT(options.PrintConfig(true), Catch::Contains("| es.password "));
  std::size_t width = table.find('\n');
  for (std::size_t at = 0; at < table.size(); at += width + 1) {
    CHECK(table.find('\n', at) - at == width);
  }
}

TEST_CASE_METHOD(Fixture, "options: help names type, default and variable", "[config]") {
  const std::string help = options.Help();
  CHECK_THAT(help, Catch::Contains("  --collector.queue-size uint\n      spans held (default 2000) "
                                   "[COLLECTOR_QUEUE_SIZE]\n"));
  CHECK_THAT(help, Catch::Contains("  --keep-alive\n      keeps connections (default true)"));
  CHECK_THAT(help, Catch::Contains("--config-file"));
}
