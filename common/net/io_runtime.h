// The threads that run all network input and output of a daemon: one io_context, a thread per core
// (design section 6).
#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace pugmark {

// Thread safety: Post and context may be used from any thread. Stop may be called twice.
class IoRuntime {
 public:
  // 0 threads: one per core.
  explicit IoRuntime(int threads = 0);
  ~IoRuntime();
  IoRuntime(const IoRuntime&) = delete;
  IoRuntime& operator=(const IoRuntime&) = delete;

  [[nodiscard]] boost::asio::io_context& context();
  // Runs `work` on an io thread soon. It must not block.
  void Post(std::function<void()> work);
  // Ends the threads. Servers on the runtime have been stopped before.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pugmark
