#include "query/ui/ui_host.h"

#include <xxhash.h>

#include <array>
#include <cctype>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "common/base/hex.h"
#include "common/log/log.h"
#include "common/net/url.h"

namespace pugmark {
namespace {

constexpr std::string_view kStatic = "/static/";

HttpResponse Empty(int status) {
  return {.status = status, .headers = {}, .content_type = "", .body = ""};
}

HttpResponse Redirect(std::string location) {
  return {.status = 302,
          .headers = {{"Location", std::move(location)}, {"Cache-Control", "no-cache"}},
          .content_type = "",
          .body = ""};
}

// Whether one of the tags that the client has is `etag`, or it says that any will do.
bool HasTag(const HttpRequest& request, const std::string& etag) {
  std::string_view known = request.Header("If-None-Match");
  return known == "*" || known.find(etag) != std::string_view::npos;
}

// Bundlers put a hash before the ending: "index-B3x9_aQ1.js", "main.0a1b2c3d.css". Such a name
// never gets other content.
bool HasHashedName(std::string_view name) {
  name.remove_prefix(name.rfind('/') == std::string_view::npos ? 0 : name.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) {
    return false;
  }
  const std::string_view stem = name.substr(0, dot);
  const std::size_t mark = stem.find_last_of("-.");
  const std::string_view hash = mark == std::string_view::npos ? "" : stem.substr(mark + 1);
  bool has_digit = false;
  for (const char c : hash) {
    has_digit = has_digit || (c >= '0' && c <= '9');
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '_') {
      return false;
    }
  }
  return hash.size() >= 8 && has_digit;
}

}  // namespace

UiHost::UiHost(UiHostOptions options, std::function<UiCapabilities()> capabilities,
               std::string page, StaticFiles files, UiConfig config)
    : options_(std::move(options)),
      capabilities_(std::move(capabilities)),
      page_(std::move(page)),
      files_(std::move(files)),
      config_(std::move(config)),
      config_read_at_(SteadyClock::now()) {}

Result<std::unique_ptr<UiHost>> UiHost::Open(UiHostOptions options,
                                             std::function<UiCapabilities()> capabilities) {
  auto listed = StaticFiles::List(options.folder);
  if (!listed.ok()) {
    return std::move(listed).Wrap("query.static-files");
  }
  const StaticFiles::File* const index = listed->Find("index.html");
  if (index == nullptr) {
    return InvalidArgument("query.static-files: want a folder with index.html, got " +
                           options.folder);
  }
  auto page = StaticFiles::Read(*index);
  if (!page.ok()) {
    return std::move(page).Wrap("query.static-files");
  }
  UiConfig config;
  if (!options.config_path.empty()) {
    auto loaded = UiConfig::Load(options.config_path);
    if (!loaded.ok()) {
      return std::move(loaded).error();
    }
    config = *std::move(loaded);
  }
  return std::unique_ptr<UiHost>(new UiHost(std::move(options), std::move(capabilities),
                                            *std::move(page), *std::move(listed),
                                            std::move(config)));
}

HttpResponse UiHost::Serve(const HttpRequest& request, SteadyClock::time_point now) {
  // Where the base path holds a word that the UI takes for a page of its own ("/monitoring"), it
  // finds its way only from a page.
  if (request.path == options_.prefix || request.path == options_.prefix + "/") {
    if (!options_.prefix.empty()) {
      return Redirect(options_.prefix + "/search");
    }
    return ServeIndex(request, now);
  }
  const std::string_view below = std::string_view(request.path).substr(options_.prefix.size());
  if (below.starts_with(kStatic)) {
    const auto name = UrlDecode(below.substr(1), false);
    return name.ok() ? ServeFile(request, *name) : Empty(404);
  }
  if (below.find(kStatic) != std::string_view::npos) {
    // Browsers look ahead for files of nested pages before the page says where they are; with a
    // page in their place they would load it as a script.
    return Empty(404);
  }
  return ServeIndex(request, now);
}

HttpResponse UiHost::ServeIndex(const HttpRequest& request, SteadyClock::time_point now) {
  std::string page = FillIndexPage(page_, options_.prefix, CurrentConfig(now),
                                   options_.version_json, capabilities_());
  const std::string etag = "W/\"" + Hex16(XXH3_64bits(page.data(), page.size())) + "\"";
  HttpResponse response{.status = 200,
                        .headers = {{"Cache-Control", "no-cache"},
                                    {"ETag", etag},
                                    {"X-Content-Type-Options", "nosniff"}},
                        .content_type = "text/html; charset=utf-8",
                        .body = ""};
  if (HasTag(request, etag)) {
    response.status = 304;
  } else {
    response.body = std::move(page);
  }
  return response;
}

HttpResponse UiHost::ServeFile(const HttpRequest& request, const std::string& name) const {
  if (options_.log_access) {
    Log(LogLevel::kInfo, "Static asset asked for", {{"name", name}});
  }
  const StaticFiles::File* file = files_.Find(name);
  if (file == nullptr) {
    return Empty(404);
  }
  std::vector<HttpHeader> headers{
      {"Cache-Control",
       HasHashedName(name) ? "public, max-age=31536000, immutable" : "public, max-age=3600"},
      {"X-Content-Type-Options", "nosniff"},
      {"Vary", "Accept-Encoding"}};
  const std::string_view accepted = request.Header("Accept-Encoding");
  constexpr std::array<std::array<std::string_view, 2>, 2> kPacked{
      {{".br", "br"}, {".gz", "gzip"}}};
  for (const auto& [ending, encoding] : kPacked) {
    const StaticFiles::File* const packed = files_.Find(name + std::string(ending));
    if (packed != nullptr && accepted.find(encoding) != std::string_view::npos) {
      file = packed;
      headers.emplace_back("Content-Encoding", encoding);
      break;
    }
  }
  const std::string etag =
      "\"" + Hex16(file->size) + Hex16(static_cast<std::uint64_t>(file->modified_ns)) + "\"";
  headers.emplace_back("ETag", etag);
  HttpResponse response{.status = 200,
                        .headers = std::move(headers),
                        .content_type = std::string(ContentTypeOf(name)),
                        .body = ""};
  if (HasTag(request, etag)) {
    response.status = 304;
    return response;
  }
  auto content = StaticFiles::Read(*file);
  if (!content.ok()) {
    return Empty(404);
  }
  response.body = *std::move(content);
  return response;
}

UiConfig UiHost::CurrentConfig(SteadyClock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    if (options_.config_path.empty() || now - config_read_at_ < kConfigLifetime) {
      return config_;
    }
    config_read_at_ = now;  // the others use the old one while this thread reads
  }
  auto loaded = UiConfig::Load(options_.config_path);
  const std::lock_guard lock(mutex_);
  if (loaded.ok()) {
    config_ = *std::move(loaded);
  } else {
    Log(LogLevel::kWarn, "ui-config cannot be read again, the old one stays",
        {{"error", loaded.error().message}});
  }
  return config_;
}

void AddUi(HttpRouter& router, UiHost& host, const std::string& prefix) {
  router.SetFallback({"GET", prefix + "/*", RunOn::kWorker, [&host](ApiCall&& call) {
                        HttpResponse response =
                            host.Serve(call.request(), UiHost::SteadyClock::now());
                        std::move(call).Send(std::move(response));
                      }});
}

}  // namespace pugmark
