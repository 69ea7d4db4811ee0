// Traces by the start of their newest span, newest first.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "common/base/time.h"
#include "storage/memory/stored_trace.h"

namespace pugmark {

class TimeIndex {
 public:
  struct Key {
    UnixTime newest;
    std::uint64_t number;  // of the trace
    friend bool operator<(const Key& a, const Key& b) {
      return a.newest != b.newest ? a.newest > b.newest : a.number > b.number;
    }
  };
  using Traces = std::map<Key, std::shared_ptr<StoredTrace>>;

  [[nodiscard]] const Traces& traces() const { return traces_; }

  void Insert(UnixTime newest, const std::shared_ptr<StoredTrace>& trace) {
    traces_.emplace(Key{newest, trace->number()}, trace);
  }
  void Erase(UnixTime newest, const StoredTrace& trace) {
    traces_.erase(Key{newest, trace.number()});
  }
  void Move(UnixTime from, UnixTime to, const StoredTrace& trace) {
    auto node = traces_.extract(Key{from, trace.number()});
    node.key().newest = to;
    traces_.insert(std::move(node));
  }

 private:
  Traces traces_;
};

}  // namespace pugmark
