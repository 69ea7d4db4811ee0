// A bounded table of counters by service name whose look-ups take no lock.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pugmark {

// Entry has the members `std::string service` and `unsigned variant`, which make its key. Entries
// are never removed. Beyond kMostEntries every new service shares one entry per variant.
//
// Thread safety: all methods may be called concurrently.
template <typename Entry, unsigned kVariants>
class ServiceTable {
 public:
  static constexpr std::size_t kMostEntries = 4'096;

  // The entry of `service`; `make(service, variant, is_shared)` gives a new one.
  template <typename Make>
  Entry& Get(std::string_view service, unsigned variant, const Make& make) {
    std::size_t slot = Slot(service, variant);
    for (Entry* entry; (entry = slots_[slot].load(std::memory_order_acquire)) != nullptr;
         slot = (slot + 1) % kSlots) {
      if (entry->variant == variant && entry->service == service) {
        return *entry;
      }
    }
    Entry* const shared = shared_[variant].load(std::memory_order_acquire);
    return shared != nullptr ? *shared : Add(service, variant, make);
  }

  // Distinct services and variants seen, at most kMostEntries.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::size_t kSlots = 2 * kMostEntries;

  static std::size_t Slot(std::string_view service, unsigned variant) {
    return (std::hash<std::string_view>{}(service) + variant * std::size_t{0x9e3779b97f4a7c15U}) %
           kSlots;
  }

  template <typename Make>
  Entry& Add(std::string_view service, unsigned variant, const Make& make) {
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= kMostEntries) {
      Entry* shared = shared_[variant].load(std::memory_order_relaxed);
      if (shared == nullptr) {
        entries_.push_back(make(std::string_view(), variant, true));
        shared = entries_.back().get();
        shared_[variant].store(shared, std::memory_order_release);
      }
      return *shared;
    }
    std::size_t slot = Slot(service, variant);
    for (Entry* entry; (entry = slots_[slot].load(std::memory_order_relaxed)) != nullptr;
         slot = (slot + 1) % kSlots) {
      if (entry->variant == variant && entry->service == service) {
        return *entry;  // another thread was first
      }
    }
    entries_.push_back(make(service, variant, false));
    Entry* const entry = entries_.back().get();
    slots_[slot].store(entry, std::memory_order_release);
    size_.store(entries_.size(), std::memory_order_relaxed);
    return *entry;
  }

  std::array<std::atomic<Entry*>, kSlots> slots_{};
  std::array<std::atomic<Entry*>, kVariants> shared_{};
  std::atomic<std::size_t> size_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace pugmark
