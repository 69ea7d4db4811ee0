// Where an HttpReply puts its answer: implemented by the server's connections, and by tests.
#pragma once

#include "common/net/http.h"

namespace pugmark {

// Thread safety: one of the methods is called, once, from any thread.
class HttpReply::Sink {
 public:
  virtual ~Sink() = default;
  virtual void Send(HttpResponse response) = 0;
  virtual void Stream(HttpResponse head, HttpBodySource source, Executor worker) = 0;
};

}  // namespace pugmark
