// Stops the parts of a daemon in the reverse order of their start: whatever accepts work was
// started last and stops first, so each part still has below it what it needs to drain.
//
// Thread safety: none; the owner of the parts adds and stops.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace pugmark {

class OrderedShutdown {
 public:
  using Deadline = std::chrono::steady_clock::time_point;
  // Called after each step with how long it took.
  using Observer = std::function<void(const std::string& name, std::chrono::nanoseconds took)>;

  OrderedShutdown() = default;
  explicit OrderedShutdown(Observer observer) : observer_(std::move(observer)) {}
  OrderedShutdown(const OrderedShutdown&) = delete;
  OrderedShutdown& operator=(const OrderedShutdown&) = delete;
  // Runs the steps that are left, with a deadline that has passed: a start that failed half way
  // takes back what it had done.
  ~OrderedShutdown();

  // `step` returns by the deadline it is given.
  void Add(std::string name, std::function<void(Deadline)> step);
  // Runs every step once, the last one added first. Nothing is left to run afterwards.
  void Run(Deadline deadline);

 private:
  struct Step {
    std::string name;
    std::function<void(Deadline)> run;
  };
  Observer observer_;
  std::vector<Step> steps_;
};

}  // namespace pugmark
