#include "common/net/http.h"

#include <algorithm>
#include <cctype>

#include "common/net/http_sink.h"

namespace pugmark {
namespace {

bool SameName(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(), [name](const HttpHeader& header) {
    return SameName(header.first, name);
  });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

bool HttpRequest::HasHeader(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(),
                     [name](const HttpHeader& header) { return SameName(header.first, name); });
}

HttpReply::~HttpReply() {
  if (sink_ != nullptr) {
    sink_->Send({.status = 500,
                 .headers = {},
                 .content_type = "text/plain; charset=utf-8",
                 .body = "Internal Server Error\n"});
  }
}

void HttpReply::Send(HttpResponse response) && {
  if (const auto sink = std::exchange(sink_, nullptr)) {
    sink->Send(std::move(response));
  }
}

void HttpReply::Stream(HttpResponse head, HttpBodySource source, Executor worker) && {
  if (const auto sink = std::exchange(sink_, nullptr)) {
    sink->Stream(std::move(head), std::move(source), std::move(worker));
  }
}

}  // namespace pugmark
