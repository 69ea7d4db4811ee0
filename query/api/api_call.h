// One request on its way through the API: what was asked, how far its work may go, and the reply.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/http.h"
#include "common/net/url.h"
#include "query/service/query_workers.h"
#include "storage/api/request_context.h"

namespace pugmark {

// Told how the request ended; runs once, on any thread.
using CallDone = std::function<void(int status)>;

// Owned by one thread at a time.
class ApiCall {
 public:
  struct Parts {
    HttpRequest request;
    std::vector<std::string> captured;  // of the route's {parts}, still percent-encoded
    RequestContext context;
    std::shared_ptr<WorkLimit> limit;  // null where the handler runs without one
    Executor continue_on;              // a worker, for the pieces of a streamed answer
    std::shared_ptr<void> open;        // counts as an open request until the answer has ended
    CallDone done;
  };

  ApiCall(Parts parts, HttpReply reply)
      : parts_(std::move(parts)),
        parameters_(QueryParameters::Parse(parts_.request.query)),
        reply_(std::move(reply)) {}
  ApiCall(ApiCall&&) noexcept = default;
  ~ApiCall();

  [[nodiscard]] const HttpRequest& request() const { return parts_.request; }
  [[nodiscard]] const QueryParameters& parameters() const { return parameters_; }
  // The route's part number `index` as it was sent.
  [[nodiscard]] const std::string& captured(std::size_t index) const {
    return parts_.captured[index];
  }
  [[nodiscard]] const RequestContext& context() const { return parts_.context; }
  // Whether the time for this request is used up, rather than the client gone.
  [[nodiscard]] bool timed_out() const { return parts_.limit && parts_.limit->timed_out(); }

  void Send(HttpResponse response) &&;
  void Stream(HttpResponse head, HttpBodySource source) &&;

 private:
  Parts parts_;
  QueryParameters parameters_;
  HttpReply reply_;
};

}  // namespace pugmark
