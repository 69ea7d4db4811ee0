#include "common/net/io_runtime.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

namespace pugmark {

struct IoRuntime::Impl {
  explicit Impl(int thread_count) : context(thread_count), work(context.get_executor()) {
    for (int i = 0; i < thread_count; ++i) {
      threads.emplace_back([this] { Run(); });
    }
  }

  // A handler that throws is a bug in it; it must not take the daemon's other connections with it.
  void Run() {
    while (!context.stopped()) {
      try {
        context.run();
      } catch (const std::exception& error) {
        std::fprintf(stderr, "io thread: a handler threw: %s\n", error.what());
      }
    }
  }

  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::vector<std::jthread> threads;
};

IoRuntime::IoRuntime(int threads)
    : impl_(std::make_unique<Impl>(
          threads > 0 ? threads
                      : static_cast<int>(std::max(1U, std::thread::hardware_concurrency())))) {}

IoRuntime::~IoRuntime() { Stop(); }

boost::asio::io_context& IoRuntime::context() { return impl_->context; }

void IoRuntime::Post(std::function<void()> work) {
  boost::asio::post(impl_->context, std::move(work));
}

void IoRuntime::Stop() {
  impl_->work.reset();
  impl_->context.stop();
  impl_->threads.clear();
}

}  // namespace pugmark
