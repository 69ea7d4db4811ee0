// Runs the senders of a load: each makes traces, encodes and sends them over a connection of its
// own.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>

#include "common/base/result.h"
#include "deploy/tracegen/options.h"
#include "deploy/tracegen/report.h"

namespace pugmark::tracegen {

// Sends what `options` ask for and returns when everything was answered or `stop` became true.
// `progress` is called once a second on the calling thread. Errors: the target cannot be used at
// all; what happens to single messages is in `report`.
Status RunLoad(const Options& options, Report& report, const std::atomic<bool>& stop,
               const std::function<void(Seconds elapsed)>& progress);

// Writes "trace id, spans sent, spans acknowledged" for each trace.
Status WriteIdsFile(const Options& options, const Report& report);

}  // namespace pugmark::tracegen
