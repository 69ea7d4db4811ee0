// Answers that the HTTP receivers share.
#pragma once

#include <chrono>
#include <string>

#include "common/net/http.h"

namespace pugmark {

// An error in plain text with a line end, as Go's http.Error writes it.
HttpResponse PlainTextAnswer(int status, std::string text);

// The same for a refusal that may be tried again: 503 with Retry-After.
HttpResponse BusyAnswer(std::string text, std::chrono::milliseconds retry_after);

// The value of a Retry-After header: whole seconds, at least 1.
HttpHeader RetryAfterHeader(std::chrono::milliseconds retry_after);

// `text` safe inside HTML, as Go's html.EscapeString writes it.
std::string EscapeHtml(std::string_view text);

}  // namespace pugmark
