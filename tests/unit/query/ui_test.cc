#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "api_fixture.h"
#include "query/ui/index_page.h"
#include "query/ui/static_files.h"
#include "query/ui/ui_host.h"

namespace pugmark {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// A page of our own with every placeholder of every release.
constexpr std::string_view kPage = R"(<!doctype html>
<html><head>
<base href="/" data-inject-target="BASE_URL">
<script>
      // JAEGER_CONFIG_JS
      // the line after the marker goes as well
      function getJaegerUiConfig() {
        const DEFAULT_CONFIG = null;
        const JAEGER_CONFIG = DEFAULT_CONFIG;
        return JAEGER_CONFIG;
      }
      const DEFAULT_VERSION = {};
      const JAEGER_VERSION   =  DEFAULT_VERSION;
      const JAEGER_STORAGE_CAPABILITIES = DEFAULT_STORAGE_CAPABILITIES;
      const JAEGER_BACKEND_CAPABILITIES = DEFAULT_BACKEND_CAPABILITIES;
</script></head><body></body></html>
)";

// A folder that is removed at the end.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "pugmark-ui-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() { fs::remove_all(path_); }
  void Write(const std::string& name, std::string_view content) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << content;
  }
  [[nodiscard]] fs::path path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

void WriteUi(const TempFolder& folder) {
  folder.Write("index.html", kPage);
  folder.Write("static/index-B3x9aQ1f.js", "let a;");
  folder.Write("static/style.css", "a{}");
  folder.Write("static/style.css.gz", "packed");
  folder.Write("static/media/a b.svg", "<svg/>");
}

std::unique_ptr<UiHost> OpenHost(const TempFolder& folder, const std::string& prefix = "",
                                 const std::string& config = "") {
  auto host = UiHost::Open({.folder = folder.path().string(),
                            .config_path = config,
                            .prefix = prefix,
                            .version_json = R"({"gitVersion":"v<1"})"},
                           [] { return UiCapabilities{.archive_storage = true}; });
  REQUIRE(host.ok());
  return *std::move(host);
}

HttpResponse Ask(UiHost& host, const std::string& path, std::vector<HttpHeader> headers = {},
                 UiHost::SteadyClock::time_point now = UiHost::SteadyClock::now()) {
  HttpRequest request;
  request.method = "GET";
  request.path = path;
  request.headers = std::move(headers);
  return host.Serve(request, now);
}

}  // namespace

TEST_CASE("index page: every placeholder is filled", "[query]") {
  const UiConfig config{UiConfig::Kind::kJson, R"({"a":1})"};
  const std::string page =
      FillIndexPage(std::string(kPage), "/jaeger", config, R"({"v":"<"})",
                    {.archive_storage = true, .search_without_service_name = true});
  CHECK_THAT(page, Catch::Contains(R"(<base href="/jaeger/" data-inject)"));
  CHECK_THAT(page, Catch::Contains(R"(const JAEGER_CONFIG = {"a":1};)"));
  CHECK_THAT(page, Catch::Contains("const DEFAULT_CONFIG = null;"));
  CHECK_THAT(page, Catch::Contains(R"(const JAEGER_VERSION = {"v":"\u003c"};)"));
  CHECK_THAT(page, Catch::Contains(R"(JAEGER_STORAGE_CAPABILITIES = {"archiveStorage":true,)"
                                   R"("metricsStorage":false};)"));
  CHECK_THAT(page, Catch::Contains(R"(JAEGER_BACKEND_CAPABILITIES = {"archiveStorage":true,)"
                                   R"("metricsStorage":false,"searchWithoutServiceName":true,)"
                                   R"("aiAssistant":false};)"));
  CHECK_THAT(page, Catch::Contains("// JAEGER_CONFIG_JS"));
}

TEST_CASE("index page: a script takes the place of two lines, literally", "[query]") {
  const UiConfig config{UiConfig::Kind::kJavaScript, "function UIConfig() { return '$1 \\0'; }"};
  const std::string page = FillIndexPage(std::string(kPage), "", config, "{}", {});
  CHECK_THAT(page, Catch::Contains("<script>\nfunction UIConfig() { return '$1 \\0'; }\n      "
                                   "function getJaegerUiConfig"));
  CHECK_THAT(page, !Catch::Contains("JAEGER_CONFIG_JS") && !Catch::Contains("the line after"));
  CHECK_THAT(page, Catch::Contains("JAEGER_CONFIG = DEFAULT_CONFIG;"));
  CHECK_THAT(page, Catch::Contains(R"(<base href="/" )"));
  CHECK(FillIndexPage("x // JAEGER_CONFIG_JS", "", config, "{}", {}) == config.text);
  CHECK(FillIndexPage("no placeholder", "/p", config, "{}", {}) == "no placeholder");
}

TEST_CASE("ui-config: what is read and what is refused", "[query]") {
  const TempFolder folder;
  folder.Write("good.json", R"({"b":"</script>","a":[1,2]})");
  const auto json = UiConfig::Load(folder / "good.json");
  REQUIRE(json.ok());
  CHECK(json->text == R"({"a":[1,2],"b":"\u003c/script\u003e"})");
  folder.Write("good.js", "function UIConfig () {\n return {}; }");
  CHECK(UiConfig::Load(folder / "good.js").ok());
  folder.Write("bad.json", "{");
  folder.Write("list.json", "[]");
  folder.Write("bad.js", "const x = 1;");
  folder.Write("other.yaml", "a: b");
  for (const std::string name : {"bad.json", "list.json", "bad.js", "other.yaml", "none.json"}) {
    CAPTURE(name);
    const auto loaded = UiConfig::Load(folder / name);
    REQUIRE_FALSE(loaded.ok());
    CHECK_THAT(loaded.error().message, Catch::Contains(name));
  }
}

TEST_CASE("static files: only what lies in the folder, by exact name", "[query]") {
  const TempFolder outside;
  outside.Write("secret", "s");
  const TempFolder folder;
  WriteUi(folder);
  fs::create_symlink(outside / "secret", folder.path() / "static/link");
  fs::create_directory_symlink(outside.path(), folder.path() / "static/linked");
  fs::create_symlink("style.css", folder.path() / "static/inside.css");
  const auto files = StaticFiles::List(folder.path().string());
  REQUIRE(files.ok());
  CHECK(files->size() == 6);
  REQUIRE(files->Find("static/media/a b.svg") != nullptr);
  CHECK(*StaticFiles::Read(*files->Find("static/media/a b.svg")) == "<svg/>");
  CHECK(*StaticFiles::Read(*files->Find("static/inside.css")) == "a{}");
  for (const std::string name :
       {"static/link", "static/linked/secret", "static", "static/", "", "static/../index.html",
        "/static/style.css", "static//style.css", "STATIC/style.css"}) {
    CAPTURE(name);
    CHECK(files->Find(name) == nullptr);
  }
  // A file that has become a link since is not followed.
  fs::remove(folder.path() / "static/style.css");
  fs::create_symlink(outside / "secret", folder.path() / "static/style.css");
  CHECK_FALSE(StaticFiles::Read(*files->Find("static/style.css")).ok());
  CHECK_FALSE(StaticFiles::List(folder / "nothing").ok());
}

TEST_CASE("ui host: pages and files", "[query]") {
  const TempFolder folder;
  WriteUi(folder);
  const auto host = OpenHost(folder);
  for (const std::string path : {"/", "/search", "/trace/1f", "/x/y/z", "/apix"}) {
    CAPTURE(path);
    const HttpResponse page = Ask(*host, path);
    CHECK(page.status == 200);
    CHECK(page.content_type == "text/html; charset=utf-8");
    CHECK(HeaderOf(page, "Cache-Control") == "no-cache");
    CHECK_THAT(page.body, Catch::Contains(R"("gitVersion":"v\u003c1")"));
  }
  const std::string etag = HeaderOf(Ask(*host, "/"), "ETag");
  CHECK(Ask(*host, "/search", {{"If-None-Match", etag}}).status == 304);
  CHECK(Ask(*host, "/search", {{"If-None-Match", "W/\"other\""}}).status == 200);

  const HttpResponse script = Ask(*host, "/static/index-B3x9aQ1f.js");
  CHECK(script.body == "let a;");
  CHECK(script.content_type == "text/javascript; charset=utf-8");
  CHECK(HeaderOf(script, "Cache-Control") == "public, max-age=31536000, immutable");
  CHECK(HeaderOf(script, "X-Content-Type-Options") == "nosniff");
  CHECK(Ask(*host, "/static/index-B3x9aQ1f.js", {{"If-None-Match", HeaderOf(script, "ETag")}})
            .status == 304);
  const HttpResponse style = Ask(*host, "/static/style.css");
  CHECK(style.body == "a{}");
  CHECK(HeaderOf(style, "Cache-Control") == "public, max-age=3600");
  const HttpResponse packed = Ask(*host, "/static/style.css", {{"Accept-Encoding", "gzip, br"}});
  CHECK(packed.body == "packed");
  CHECK(HeaderOf(packed, "Content-Encoding") == "gzip");
  CHECK(packed.content_type == "text/css; charset=utf-8");
  CHECK(Ask(*host, "/static/media/a%20b.svg").content_type == "image/svg+xml");
}

TEST_CASE("ui host: what is no file", "[query]") {
  const TempFolder folder;
  WriteUi(folder);
  const auto host = OpenHost(folder);
  for (const std::string path :
       {"/static/none.js", "/static/", "/static/../index.html", "/static/%2e%2e/index.html",
        "/static/%252e%252e/index.html", "/static/..%2findex.html", "/static/style.css%00",
        "/static/%zz", "/static//etc/passwd", "/trace/static/index-B3x9aQ1f.js"}) {
    CAPTURE(path);
    const HttpResponse response = Ask(*host, path);
    CHECK(response.status == 404);
    CHECK(response.body.empty());
  }
}

TEST_CASE("ui host: a changed ui-config is seen, a broken one is not", "[query]") {
  const TempFolder folder;
  WriteUi(folder);
  folder.Write("config.json", R"({"n":1})");
  const auto host = OpenHost(folder, "", folder / "config.json");
  const auto start = UiHost::SteadyClock::now();
  CHECK_THAT(Ask(*host, "/", {}, start).body, Catch::Contains(R"({"n":1})"));
  folder.Write("config.json", R"({"n":2})");
  CHECK_THAT(Ask(*host, "/", {}, start + 1s).body, Catch::Contains(R"({"n":1})"));
  CHECK_THAT(Ask(*host, "/", {}, start + 11s).body, Catch::Contains(R"({"n":2})"));
  folder.Write("config.json", "{");
  CHECK_THAT(Ask(*host, "/", {}, start + 22s).body, Catch::Contains(R"({"n":2})"));
}

TEST_CASE("ui host: below a base path, beside the API", "[query]") {
  const TempFolder folder;
  WriteUi(folder);
  const auto host = OpenHost(folder, "/monitoring");
  FakeStorage storage;
  ApiFixture api(storage, {.prefix = "/monitoring", .ui = host.get()});
  for (const std::string_view path : {"/monitoring", "/monitoring/"}) {
    const HttpResponse root = api.Get(path);
    CHECK(root.status == 302);
    CHECK(HeaderOf(root, "Location") == "/monitoring/search");
  }
  CHECK_THAT(api.Get("/monitoring/search").body, Catch::Contains("<base href=\"/monitoring/\""));
  CHECK(api.Get("/monitoring/static/style.css").body == "a{}");
  CHECK(api.Get("/monitoring/api/services").status == 200);
  CHECK(api.Get("/monitoring/api/nothing").content_type == "application/json");
  CHECK(api.Get("/monitoring/api").content_type == "application/json");
  CHECK(api.Get("/monitoringx").status == 404);
  CHECK(api.Get("/search").status == 404);
  CHECK(api.Fetch("POST", "/monitoring/search").status == 405);
  CHECK(api.Fetch("HEAD", "/monitoring/search").status == 200);
  CHECK(api.Fetch("POST", "/monitoring/api/services").status == 405);
}

TEST_CASE("ui host: a folder that is no UI is refused at the start", "[query]") {
  const TempFolder folder;
  const auto capabilities = [] { return UiCapabilities(); };
  CHECK_FALSE(UiHost::Open({.folder = folder / "none"}, capabilities).ok());
  const auto empty = UiHost::Open({.folder = folder.path().string()}, capabilities);
  REQUIRE_FALSE(empty.ok());
  CHECK_THAT(empty.error().message, Catch::Contains("index.html"));
  WriteUi(folder);
  CHECK_FALSE(UiHost::Open({.folder = folder.path().string(), .config_path = folder / "none.json"},
                           capabilities)
                  .ok());
}

}  // namespace pugmark
