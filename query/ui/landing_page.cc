#include "query/ui/landing_page.h"

#include <utility>

namespace pugmark {
namespace {

// Links are relative, so that they work below any base path and behind proxies that strip one.
constexpr std::string_view kPage = R"(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pugmark</title>
<link rel="stylesheet" href="pugmark.css">
<link rel="icon" href="data:,">
</head>
<body>
<main>
<h1>Pugmark</h1>
<p>This is the query service of a Pugmark tracing backend. It answers the HTTP API of Jaeger, so the
Jaeger UI, Grafana's Jaeger data source and scripts can read traces here.</p>
<form action="api/traces" method="get">
<label>Traces of service <input name="service" required></label>
<label>tags <input name="tags" placeholder='{"error":"true"}' value="{}"></label>
<label>limit <input name="limit" type="number" min="1" max="1500" value="20"></label>
<input type="hidden" name="prettyPrint" value="true">
<button>Find</button>
</form>
<h2>The API</h2>
<ul>
<li><a href="api/services?prettyPrint=true">api/services</a>: the services that have sent spans</li>
<li><code>api/services/<i>service</i>/operations</code>,
<code>api/operations?service=<i>service</i></code>: their operations</li>
<li><code>api/traces?service=<i>service</i></code>: search; also <code>operation</code>,
<code>tags</code>, <code>start</code>, <code>end</code>, <code>minDuration</code>,
<code>maxDuration</code>, <code>limit</code></li>
<li><code>api/traces/<i>id</i></code>: one trace</li>
<li><a href="api/dependencies?prettyPrint=true">api/dependencies</a>: who calls whom</li>
</ul>
</main>
</body>
</html>
)";

constexpr std::string_view kStyle = R"(:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
form { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; }
label { display: flex; flex-direction: column; }
input, button { font: inherit; padding: .25rem .5rem; }
li { margin: .25rem 0; }
)";

HttpResponse Asset(std::string_view content_type, std::string_view body) {
  return {.status = 200,
          .headers = {{"Content-Security-Policy",
                       "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; "
                       "base-uri 'none'; frame-ancestors 'none'"},
                      {"X-Content-Type-Options", "nosniff"},
                      {"X-Frame-Options", "DENY"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cross-Origin-Opener-Policy", "same-origin"},
                      {"Cache-Control", "no-cache"}},
          .content_type = std::string(content_type),
          .body = std::string(body)};
}

}  // namespace

void AddLandingPage(HttpRouter& router, const std::string& prefix) {
  router.Add({"GET", prefix + "/", RunOn::kIo, [](ApiCall&& call) {
                std::move(call).Send(Asset("text/html; charset=utf-8", kPage));
              }});
  router.Add({"GET", prefix + "/pugmark.css", RunOn::kIo, [](ApiCall&& call) {
                std::move(call).Send(Asset("text/css; charset=utf-8", kStyle));
              }});
  if (!prefix.empty()) {
    // Relative, so that a proxy in front may have another prefix.
    const std::string target = prefix.substr(prefix.rfind('/') + 1) + "/";
    router.Add(
        {"GET", prefix, RunOn::kIo, [target](ApiCall&& call) {
           std::move(call).Send(
               {.status = 302, .headers = {{"Location", target}}, .content_type = "", .body = ""});
         }});
  }
}

}  // namespace pugmark
