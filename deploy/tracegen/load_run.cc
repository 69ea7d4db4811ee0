#include "deploy/tracegen/load_run.h"

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "deploy/tracegen/message_builder.h"
#include "deploy/tracegen/random.h"
#include "deploy/tracegen/sender.h"
#include "deploy/tracegen/topology.h"
#include "deploy/tracegen/trace_generator.h"

namespace pugmark::tracegen {
namespace {

using Steady = std::chrono::steady_clock;

// What the workers of one run share.
struct Plan {
  const Options& options;
  const Topology& topology;
  Report& report;
  const std::atomic<bool>& stop;
  const Steady::time_point begin = Steady::now();
  std::atomic<std::uint64_t> next_trace{0};

  // Whether another trace is to be sent, and its number.
  bool TakeTrace(std::uint64_t& number) {
    if (stop || (options.duration > Nanoseconds(0) && Steady::now() - begin >= options.duration)) {
      return false;
    }
    number = next_trace.fetch_add(1, std::memory_order_relaxed);
    return options.traces == 0 || number < options.traces;
  }
};

// Holds back a worker that is ahead of its share of the rate.
class Pacer {
 public:
  Pacer(const Plan& plan)
      : spans_per_second_(plan.options.rate / static_cast<double>(plan.options.connections)),
        begin_(plan.begin) {}

  void Sent(std::size_t spans) {
    sent_ += static_cast<double>(spans);
    if (spans_per_second_ > 0) {
      std::this_thread::sleep_until(begin_ + std::chrono::duration_cast<Steady::duration>(
                                                 Seconds(sent_ / spans_per_second_)));
    }
  }

 private:
  const double spans_per_second_;
  const Steady::time_point begin_;
  double sent_ = 0;
};

UnixTime StartTime(const Options& options, std::uint64_t number) {
  const UnixTime now = Clock::System().Now();
  if (options.spread == Nanoseconds(0)) {
    return now;
  }
  Random random(options.seed, ~number);
  return now - Nanoseconds(static_cast<std::int64_t>(
                   random.Below(static_cast<std::size_t>(options.spread.count()))));
}

void RunWorker(Plan& plan, Sender& sender) {
  const Options& options = plan.options;
  Pacer pacer(plan);
  MessageBuilder builder(plan.topology, options.protocol_kind(), options.batch,
                         [&](Message&& message) {
                           const SendResult result = sender.Send(message.bytes);
                           plan.report.MessageSent(message.traces, message.bytes.size(), result);
                           pacer.Sent(message.traces.size());
                         });
  TraceGenerator generator(
      plan.topology,
      {.spans = options.spans_per_trace, .depth = options.depth, .attributes = options.attributes},
      options.seed);
  std::uint64_t number = 0;
  while (plan.TakeTrace(number)) {
    plan.report.TraceBegun();
    generator.Generate(number, StartTime(options, number), builder);
  }
  builder.Flush();
}

}  // namespace

Status RunLoad(const Options& options, Report& report, const std::atomic<bool>& stop,
               const std::function<void(Seconds)>& progress) {
  std::vector<std::unique_ptr<Sender>> senders;
  for (std::size_t i = 0; i < options.connections; ++i) {
    auto sender = MakeSender(options.protocol_kind(), options.target);
    if (!sender) {
      return std::move(sender).error();
    }
    senders.push_back(std::move(*sender));
  }
  const Topology topology(options.services, options.operations, options.seed);
  Plan plan{options, topology, report, stop};

  std::mutex mutex;
  std::condition_variable all_done;
  std::size_t running = senders.size();
  std::vector<std::jthread> workers;
  for (const auto& sender : senders) {
    workers.emplace_back([&plan, &sender = *sender, &mutex, &all_done, &running] {
      RunWorker(plan, sender);
      const std::lock_guard lock(mutex);
      if (--running == 0) {
        all_done.notify_all();
      }
    });
  }
  std::unique_lock lock(mutex);
  while (!all_done.wait_for(lock, std::chrono::seconds(1), [&running] { return running == 0; })) {
    progress(Steady::now() - plan.begin);
  }
  return {};
}

Status WriteIdsFile(const Options& options, const Report& report) {
  std::ofstream file(options.ids_file);
  const auto counts = report.trace_counts();
  for (std::size_t number = 0; number < counts.size(); ++number) {
    if (counts[number].sent > 0) {
      file << TraceGenerator::IdOf(options.seed, number).ToText() << ' ' << counts[number].sent
           << ' ' << counts[number].acknowledged << '\n';
    }
  }
  file.close();
  if (!file) {
    return Unavailable("--ids-file: cannot write " + options.ids_file);
  }
  return {};
}

}  // namespace pugmark::tracegen
