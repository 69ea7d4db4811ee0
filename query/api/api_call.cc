#include "query/api/api_call.h"

#include <utility>

namespace pugmark {

ApiCall::~ApiCall() {
  if (parts_.done) {
    std::exchange(parts_.done, nullptr)(500);
  }
}

void ApiCall::Send(HttpResponse response) && {
  const int status = response.status;
  std::move(reply_).Send(std::move(response));
  std::exchange(parts_.done, nullptr)(status);
}

void ApiCall::Stream(HttpResponse head, HttpBodySource source) && {
  // Ends the request, in every sense, when the server drops the source: after the last piece or
  // when the client has gone.
  struct Ending {
    std::shared_ptr<void> open;
    CallDone done;
    int status;
    ~Ending() { done(status); }
  };
  auto ending = std::make_shared<Ending>();
  ending->open = std::move(parts_.open);
  ending->done = std::exchange(parts_.done, nullptr);
  ending->status = head.status;
  std::move(reply_).Stream(
      std::move(head),
      [source = std::move(source), ending = std::move(ending)] { return source(); },
      std::move(parts_.continue_on));
}

}  // namespace pugmark
