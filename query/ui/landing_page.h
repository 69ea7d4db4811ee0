// The page that `/` shows where no web UI is installed: what this is, and links into the API.
#pragma once

#include <string>

#include "query/api/http_router.h"

namespace pugmark {

// Adds `prefix`/ and its style sheet, and sends `prefix` itself there.
void AddLandingPage(HttpRouter& router, const std::string& prefix);

}  // namespace pugmark
