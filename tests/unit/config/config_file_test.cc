#include "common/config/config_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>

using namespace pugmark;

namespace {

// A file that is removed again.
class TempFile {
 public:
  TempFile(const std::string& name, const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("pugmark-config-" + std::to_string(::getpid()) + "-" + name)) {
    std::ofstream(path_, std::ios::binary) << text;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  [[nodiscard]] std::string path() const { return path_.string(); }

 private:
  const std::filesystem::path path_;
};

using Values = std::map<std::string, std::vector<std::string>>;

Result<Values> Read(const std::string& name, const std::string& text) {
  const TempFile file(name, text);
  auto entries = ReadConfigFile(file.path());
  if (!entries.ok()) {
    return std::move(entries).error();
  }
  Values values;
  for (const auto& entry : *entries) {
    values[entry.key] = entry.values;
  }
  return values;
}

const Values kExpected = {{"collector.queue-size", {"17"}},
                          {"collector.tags", {"a=b"}},
                          {"query.ui.enabled", {"true"}},
                          {"es.server-urls", {"http://a", "http://b"}},
                          {"admin.http.host-port", {":14269"}}};

}  // namespace

TEST_CASE("config file: YAML and JSON, nested and dotted, give the same", "[config]") {
  const auto [name, text] = GENERATE(table<std::string, std::string>({
      {"nested.yaml",
       "# a comment\ncollector:\n  queue-size: 17\n  tags: a=b\nquery: {ui: {enabled: true}}\n"
       "es:\n  server-urls:\n    - http://a\n    - http://b\nadmin:\n  http.host-port: :14269\n"
       "empty:\n"},
      {"dotted.yml",
       "collector.queue-size: 17\ncollector.tags: a=b\nquery.ui.enabled: true\n"
       "es.server-urls: [http://a, http://b]\nadmin.http.host-port: \":14269\"\n"},
      {"case.yaml",
       "Collector:\n  Queue-Size: 17\n  TAGS: a=b\nquery.ui.enabled: true\n"
       "es.server-urls: [http://a, http://b]\nadmin.http.host-port: \":14269\"\n"},
      {"nested.json",
       R"({"collector":{"queue-size":17,"tags":"a=b"},"query":{"ui.enabled":true},"empty":null,
           "es":{"server-urls":["http://a","http:\/\/b"]},"admin.http":{"host-port":":14269"}})"},
      {"dotted.json",
       "{\n\t\"collector.queue-size\": \"17\", \"collector.tags\": \"a\\u003db\",\n"
       "\t\"query.ui.enabled\": true, \"es.server-urls\": [\"http://a\", \"http://b\"],\n"
       "\t\"admin.http.host-port\": \":14269\"}"},
  }));
  CAPTURE(name);
  const auto values = Read(name, text);
  REQUIRE(values.ok());
  CHECK(*values == kExpected);
}

TEST_CASE("config file: files without options", "[config]") {
  const auto [name, text] = GENERATE(table<std::string, std::string>(
      {{"a.yaml", ""}, {"b.yaml", "# nothing\n"}, {"c.yaml", "{}"}, {"d.json", "{}"}}));
  CAPTURE(name, text);
  const auto values = Read(name, text);
  REQUIRE(values.ok());
  CHECK(values->empty());
}

TEST_CASE("config file: what cannot be read is named", "[config]") {
  std::string deep_yaml = "x";
  std::string deep_json = "1";
  for (int i = 0; i < 40; ++i) {
    deep_yaml = "{a: " + deep_yaml + "}";
    deep_json = "{\"a\":" + deep_json + "}";
  }
  // Four aliases of four aliases of ...: 4^9 values from a short text.
  std::string aliases = "a0: &a0 {p: 1, q: 1, r: 1, s: 1}\n";
  for (int i = 1; i < 9; ++i) {
    const std::string below = std::to_string(i - 1);
    const std::string own = std::to_string(i);
    aliases += "a" + own + ": &a" + own + " {p: *a" + below + ", q: *a" + below + ", r: *a" +
               below + ", s: *a" + below + "}\n";
  }
  const auto [name, text, message] = GENERATE_COPY(table<std::string, std::string, std::string>({
      {"a.toml", "a = 1", "want a name that ends in .yaml, .yml or .json"},
      {"plain", "a: 1", "want a name that ends in .yaml, .yml or .json"},
      {"a.yaml", "a: [1", "not valid YAML: line "},
      {"b.yaml", "a: 1\nb: }\n", "not valid YAML: line 2"},
      {"c.yaml", "- a\n- b\n", "want a map of options"},
      {"d.yaml", "just words", "want a map of options"},
      {"e.yaml", "a: [{b: 1}]", "a: want plain values in the list"},
      {"f.yaml", "a.b: 1\na: {b: 2}\n", "a.b is given twice"},
      {"g.yaml", "[a, b]: 1\n", "not valid YAML"},
      {"h.yaml", deep_yaml, "want at most 32 levels of nesting"},
      {"i.yaml", aliases, "want at most 10000 values"},
      {"j.yaml", std::string((1 << 20) + 1, ' '), "want at most 1 MiB"},
      {"k.json", "{\"a\":", "not valid JSON"},
      {"l.json", "", "not valid JSON"},
      {"m.json", "[1]", "want an object of options"},
      {"n.json", R"({"a":1,"a":2})", "a is given twice"},
      {"o.json", R"({"a":{"b":1},"a.b":2})", "a.b is given twice"},
      {"p.json", R"({"a":[[1]]})", "a: want plain values in the list"},
      {"q.json", deep_json, "want at most 32 levels of nesting"},
      {"r.json", "{\"a\":\"\xff\"}", "not valid JSON"},
  }));
  CAPTURE(name);
  const auto values = Read(name, text);
  REQUIRE_FALSE(values.ok());
  CHECK(values.error().code == ErrorCode::kInvalidArgument);
  CHECK_THAT(values.error().message, Catch::Contains(message) && Catch::Contains(name));
}

TEST_CASE("config file: one that is not there is named with the reason", "[config]") {
  const auto entries = ReadConfigFile("/nonexistent/jaeger.yaml");
  REQUIRE_FALSE(entries.ok());
  CHECK(entries.error().message ==
        "config file /nonexistent/jaeger.yaml: cannot read: No such file or directory");
}
