// Calls between services, counted from whole traces.
#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/model/span.h"
#include "storage/api/dependency_reader.h"

namespace pugmark {

// Where a client and a server span share an id, as Zipkin's do, the server span is the client's
// child, and the parent of whatever names that id (reference 3.9, span-id uniquifier). Of other
// spans with the same id, the first is the parent.
class ServiceCalls {
 public:
  explicit ServiceCalls(TimeRange window) : window_(window) {}

  // All spans of one trace, each once.
  void AddTrace(std::span<const Span* const> spans);
  // Sorted by parent, then child.
  [[nodiscard]] std::vector<DependencyLink> Links() const;

 private:
  const TimeRange window_;
  std::map<std::pair<std::string, std::string>, DependencyLink> links_;
};

}  // namespace pugmark
