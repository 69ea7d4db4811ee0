#include "collector/receiver/http_answers.h"

#include <algorithm>
#include <utility>

namespace pugmark {

HttpResponse PlainTextAnswer(int status, std::string text) {
  return {.status = status,
          .headers = {{"X-Content-Type-Options", "nosniff"}},
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(text) + "\n"};
}

HttpHeader RetryAfterHeader(std::chrono::milliseconds retry_after) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(retry_after);
  return {"Retry-After", std::to_string(std::max<std::chrono::seconds::rep>(1, seconds.count()))};
}

HttpResponse BusyAnswer(std::string text, std::chrono::milliseconds retry_after) {
  HttpResponse response = PlainTextAnswer(503, std::move(text));
  response.headers.push_back(RetryAfterHeader(retry_after));
  return response;
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      case '"':
        escaped += "&#34;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace pugmark
