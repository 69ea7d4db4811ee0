#include "common/concurrency/byte_budget.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <limits>
#include <string>
#include <system_error>

namespace pugmark {
namespace {

constexpr std::size_t kMostByDefault = std::size_t{256} << 20;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

// The number in a file of the cgroup file system; "max" and anything unreadable is no limit.
std::size_t LimitIn(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  file >> text;
  std::size_t limit = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), limit);
  return code == std::errc() && !text.empty() ? limit : kNoLimit;
}

// The tightest limit of the process's own group and the groups around it (cgroup v2), or of the
// memory controller's mount (v1, where a container sees its own group as the root).
std::size_t CgroupLimit() {
  std::size_t limit = std::min(LimitIn("/sys/fs/cgroup/memory.max"),
                               LimitIn("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::/")) {
      continue;
    }
    for (std::string group = line.substr(3); group.size() > 1;
         group.resize(group.find_last_of('/'))) {
      limit = std::min(limit, LimitIn("/sys/fs/cgroup" + group + "/memory.max"));
    }
  }
  return limit;
}

std::size_t MachineMemory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page_bytes = ::sysconf(_SC_PAGESIZE);
  return pages > 0 && page_bytes > 0
             ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(page_bytes)
             : kNoLimit;
}

}  // namespace

class ByteBudget::Charge : public ByteCharge {
 public:
  Charge(ByteBudget& budget, std::size_t bytes) : budget_(budget), bytes_(bytes) {}
  Charge(const Charge&) = delete;
  Charge& operator=(const Charge&) = delete;
  ~Charge() override { budget_.used_.fetch_sub(bytes_, std::memory_order_relaxed); }

 private:
  ByteBudget& budget_;
  const std::size_t bytes_;
};

std::size_t ByteBudget::DefaultLimitBytes() {
  return std::min(std::min(CgroupLimit(), MachineMemory()) / 4, kMostByDefault);
}

std::unique_ptr<ByteCharge> ByteBudget::TryCharge(std::size_t bytes) {
  std::size_t used = used_.load(std::memory_order_relaxed);
  do {
    if (bytes > limit_ || used > limit_ - bytes) {
      refusals_.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return std::make_unique<Charge>(*this, bytes);
}

}  // namespace pugmark
