// What one request holds of the process's byte budget: it grows with the request and goes back when
// the batch made of it is freed.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "common/concurrency/byte_budget.h"

namespace pugmark {

// Thread safety: one thread at a time.
class BudgetShare {
 public:
  explicit BudgetShare(std::shared_ptr<ByteBudget> budget) : budget_(std::move(budget)) {}

  // Holds at least `bytes` from now on. False, and as before, when the budget cannot give them.
  [[nodiscard]] bool GrowTo(std::size_t bytes) {
    if (bytes <= bytes_) {
      return true;
    }
    auto charge = budget_->TryCharge(bytes - bytes_);
    if (charge == nullptr) {
      return false;
    }
    charges_.push_back(std::move(charge));
    bytes_ = bytes;
    return true;
  }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  const std::shared_ptr<ByteBudget> budget_;  // a store may free a batch after all others are gone
  std::vector<std::unique_ptr<ByteCharge>> charges_;
  std::size_t bytes_ = 0;
};

// Lets a batch hold a share. Others may hold the share too: an HTTP request until it is answered.
class SharedCharge : public ByteCharge {
 public:
  explicit SharedCharge(std::shared_ptr<BudgetShare> share) : share_(std::move(share)) {}

 private:
  std::shared_ptr<BudgetShare> share_;
};

}  // namespace pugmark
