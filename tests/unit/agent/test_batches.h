// Batches of spans as clients send them, and a look at metrics.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "common/metrics/metrics.h"
#include "common/model/span_batch.h"
#include "proto/codec/thrift_batch.h"

namespace pugmark::testing {

// Spans "op-0", "op-1", ... of one process; their ids start at `first_id`.
std::unique_ptr<SpanBatch> MakeBatch(const std::string& service, std::size_t spans,
                                     std::uint64_t first_id = 1);
// The same as a datagram.
std::string MakeDatagram(ThriftProtocol protocol, const std::string& service, std::size_t spans,
                         std::uint64_t first_id = 1);

// The value of a series as a scrape shows it, "name" or `name{label="value",...}`. -1 when it is
// not there.
double MetricValue(Metrics& metrics, const std::string& series);
// The sum over all series of that name.
double MetricSum(Metrics& metrics, const std::string& name);

// Whether `condition` becomes true within a time that only a failure takes.
bool Eventually(const std::function<bool()>& condition,
                std::chrono::seconds limit = std::chrono::seconds(20));

}  // namespace pugmark::testing
