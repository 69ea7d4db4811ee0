// The query service: answers lookups and searches over HTTP.
#pragma once

#include <cstdint>
#include <memory>

#include "common/service/daemon.h"
#include "query/config.h"
#include "storage/api/storage.h"

namespace pugmark {

class Query : public Service {
 public:
  // Starts the HTTP server over `storage`, which outlives it.
  static Result<std::unique_ptr<Query>> Start(ServiceContext context, const QueryConfig& config,
                                              Storage& storage);
  // The port bound, also where 0 was asked for.
  [[nodiscard]] virtual std::uint16_t http_port() const = 0;
};

}  // namespace pugmark
