#include "common/concurrency/ordered_shutdown.h"

#include <utility>

namespace pugmark {

OrderedShutdown::~OrderedShutdown() { Run(std::chrono::steady_clock::now()); }

void OrderedShutdown::Add(std::string name, std::function<void(Deadline)> step) {
  steps_.push_back({std::move(name), std::move(step)});
}

void OrderedShutdown::Run(Deadline deadline) {
  while (!steps_.empty()) {
    const Step step = std::move(steps_.back());
    steps_.pop_back();
    const auto begin = std::chrono::steady_clock::now();
    step.run(deadline);
    if (observer_) {
      observer_(step.name, std::chrono::steady_clock::now() - begin);
    }
  }
}

}  // namespace pugmark
