// A queue with bounds by count and by bytes between threads. Full means refused at once: nothing
// waits to push.
//
// Thread safety: all methods may be called concurrently; any number of producers and consumers.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace pugmark {

struct QueueBounds {
  std::size_t max_weight;  // in the unit of the pushes: spans, packets
  std::size_t max_bytes;
};

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(QueueBounds bounds) : bounds_(bounds) {}

  // Takes `item` and leaves it moved-from, or refuses and leaves it as it was: when the queue is
  // closed, or full. An item that alone exceeds a bound is taken by an empty queue, unless
  // max_weight is 0.
  [[nodiscard]] bool TryPush(T& item, std::size_t weight, std::size_t bytes) {
    {
      const std::lock_guard lock(mutex_);
      const bool fits =
          weight_ + weight <= bounds_.max_weight && bytes_ + bytes <= bounds_.max_bytes;
      if (closed_ || bounds_.max_weight == 0 || (!fits && !items_.empty())) {
        return false;
      }
      items_.push_back({std::move(item), weight, bytes});
      weight_ += weight;
      bytes_ += bytes;
    }
    ready_.notify_one();
    return true;
  }

  // Waits for an item. False once the queue is closed and empty.
  [[nodiscard]] bool Pop(T& item) {
    std::unique_lock lock(mutex_);
    ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) {
      return false;
    }
    Entry entry = std::move(items_.front());
    items_.pop_front();
    weight_ -= entry.weight;
    bytes_ -= entry.bytes;
    item = std::move(entry.item);
    return true;
  }

  // Waits for at least one item and takes all there are in one step. Empty once the queue is closed
  // and empty.
  [[nodiscard]] std::deque<T> PopAll() {
    std::deque<Entry> entries;
    {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return closed_ || !items_.empty(); });
      entries.swap(items_);
      weight_ = 0;
      bytes_ = 0;
    }
    std::deque<T> taken;
    for (Entry& entry : entries) {
      taken.push_back(std::move(entry.item));
    }
    return taken;
  }

  // From now on takes up to `max_weight`; what is inside beyond it stays.
  void Resize(std::size_t max_weight) {
    const std::lock_guard lock(mutex_);
    bounds_.max_weight = max_weight;
  }

  // Refuses new items; those inside can still be taken.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  [[nodiscard]] std::size_t weight() const {
    const std::lock_guard lock(mutex_);
    return weight_;
  }
  [[nodiscard]] std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }
  [[nodiscard]] std::size_t max_weight() const {
    const std::lock_guard lock(mutex_);
    return bounds_.max_weight;
  }

 private:
  struct Entry {
    T item;
    std::size_t weight;
    std::size_t bytes;
  };

  mutable std::mutex mutex_;
  QueueBounds bounds_;
  std::condition_variable ready_;
  std::deque<Entry> items_;
  std::size_t weight_ = 0;
  std::size_t bytes_ = 0;
  bool closed_ = false;
};

}  // namespace pugmark
