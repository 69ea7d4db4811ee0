#include "agent/receiver/udp_receiver.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "agent/json_object.h"
#include "agent/receiver/udp_socket.h"
#include "common/concurrency/bounded_queue.h"
#include "common/log/log.h"

namespace pugmark {
namespace {

using SteadyClock = std::chrono::steady_clock;

// While datagrams come faster than this, the reader lets some gather in the kernel's buffer instead
// of waking up for each: half of its cost at high rates.
constexpr std::chrono::microseconds kBusyGap{1'000};
constexpr std::chrono::microseconds kBusyPause{500};
// A buffer smaller than this may overflow during a pause or while the reader decodes.
constexpr int kLeastBufferForPause = 1 << 20;
// The reader decodes what it finds up to this many datagrams or bytes by itself: waking a worker
// costs as much as decoding a small datagram. The rest of a busier moment goes to the workers.
constexpr std::size_t kDatagramsDecodedByReader = 16;
constexpr std::size_t kBytesDecodedByReader = std::size_t{256} << 10;
// Reading looks up after this time, however fast datagrams come. At the end of the process it is
// enough for what a full kernel buffer holds.
constexpr std::chrono::milliseconds kLongestDrain{500};
constexpr std::size_t kReadsPerClock = 64;

int OrDefault(int value, int otherwise) { return value > 0 ? value : otherwise; }

Labels ProcessorLabels(const ProcessorConfig& config) {
  return {{"model", config.model}, {"protocol", config.protocol}};
}

// Names as in Jaeger.
struct UdpMetrics {
  UdpMetrics(Metrics& metrics, const Labels& labels)
      : processed(metrics.AddCounter("jaeger_agent_thrift_udp_server_packets_processed_total",
                                     "datagrams taken", labels)),
        dropped(metrics.AddCounter("jaeger_agent_thrift_udp_server_packets_dropped_total",
                                   "datagrams dropped: the kernel's buffer was full, or the "
                                   "process ended",
                                   labels)),
        read_errors(metrics.AddCounter("jaeger_agent_thrift_udp_server_read_errors_total",
                                       "failed reads of the socket", labels)),
        kernel_drops(metrics.AddCounter("pugmark_agent_udp_kernel_drops_total",
                                        "datagrams dropped by the kernel at this socket, for "
                                        "want of buffer above all",
                                        labels)),
        queue_size(metrics.AddGauge("jaeger_agent_thrift_udp_server_queue_size",
                                    "datagrams that wait for a worker", labels)),
        packet_size(metrics.AddGauge("jaeger_agent_thrift_udp_server_packet_size",
                                     "bytes of the last datagram", labels)),
        close_time(metrics.AddHistogram("jaeger_agent_thrift_udp_t_processor_close_time",
                                        "seconds that stopping took", labels)) {}

  Metrics::Counter& processed;
  Metrics::Counter& dropped;
  Metrics::Counter& read_errors;
  Metrics::Counter& kernel_drops;
  Metrics::Gauge& queue_size;
  Metrics::Gauge& packet_size;
  Metrics::Histogram& close_time;
};

}  // namespace

class UdpReceiver::Impl {
 public:
  Impl(const ProcessorConfig& config, UdpSocket socket, std::size_t max_queue_bytes,
       const SharedParts& shared)
      : max_packet_bytes_(static_cast<std::size_t>(
            OrDefault(config.max_packet_bytes, ProcessorConfig::kDefaultMaxPacketBytes))),
        socket_(std::move(socket)),
        is_buffer_large_(socket_.receive_buffer_bytes() >= kLeastBufferForPause),
        metrics_(shared.metrics, ProcessorLabels(config)),
        decoder_(config.thrift, shared, ProcessorLabels(config)),
        queue_({static_cast<std::size_t>(
                    OrDefault(config.queue_size, ProcessorConfig::kDefaultQueueSize)),
                max_queue_bytes}),
        before_scrape_(shared.metrics.BeforeScrape([this] { RefreshGauges(); })) {
    const int wanted = OrDefault(config.workers, ProcessorConfig::kDefaultWorkers);
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    for (int i = 0; i < std::min(wanted, cores); ++i) {
      workers_.emplace_back([this] { Work(); });
    }
    reader_ = std::jthread([this] { Read(); });
  }

  ~Impl() { Stop(SteadyClock::now()); }

  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }

  void Stop(SteadyClock::time_point deadline) {
    const std::lock_guard lock(stop_mutex_);
    if (!reader_.joinable()) {
      return;
    }
    const SteadyClock::time_point start = SteadyClock::now();
    stopping_ = true;
    socket_.Wake();
    reader_.join();
    queue_.Close();
    while (queue_.weight() > 0 && SteadyClock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    abandon_queue_ = true;
    workers_.clear();  // joins
    RefreshGauges();
    metrics_.close_time.Observe(std::chrono::duration<double>(SteadyClock::now() - start).count());
  }

  [[nodiscard]] std::string DebugJson() const {
    return JsonObject()
        .Number("port", socket_.port())
        .Number("queue", queue_.weight())
        .Number("maxQueue", queue_.max_weight())
        .Number("queueBytes", queue_.bytes())
        .Number("receiveBufferBytes", static_cast<std::uint64_t>(socket_.receive_buffer_bytes()))
        .Number("kernelDrops", socket_.kernel_drops())
        .Close();
  }

 private:
  void Read() {
    std::vector<char> buffer(max_packet_bytes_);
    SteadyClock::time_point last_wake{};
    while (!stopping_) {
      socket_.Wait();
      ReadAll(buffer, SteadyClock::now() + kLongestDrain);
      const SteadyClock::time_point now = SteadyClock::now();
      if (is_buffer_large_ && now - last_wake < kBusyGap && !stopping_) {
        std::this_thread::sleep_for(kBusyPause);
      }
      last_wake = now;
    }
    ReadAll(buffer, SteadyClock::now() + kLongestDrain);
  }

  // Until the socket is empty or `deadline` has come.
  void ReadAll(std::vector<char>& buffer, SteadyClock::time_point deadline) {
    std::size_t size = 0;
    std::size_t bytes = 0;
    for (std::size_t count = 1;; ++count) {
      switch (socket_.Receive(buffer.data(), buffer.size(), size)) {
        case UdpSocket::Event::kNothing:
          return;
        case UdpSocket::Event::kError:
          metrics_.read_errors.Increment();
          return;
        case UdpSocket::Event::kDatagram:
          bytes += size;
          Take({buffer.data(), size}, is_buffer_large_ && count <= kDatagramsDecodedByReader &&
                                          bytes <= kBytesDecodedByReader);
          break;
      }
      if (count % kReadsPerClock == 0 && SteadyClock::now() >= deadline) {
        return;
      }
    }
  }

  // `size` of the view is that of the whole datagram, of which no more than max_packet_bytes_ are
  // there.
  void Take(std::string_view datagram, bool decode_here) {
    metrics_.processed.Increment();
    metrics_.packet_size.Set(static_cast<double>(std::min(datagram.size(), max_packet_bytes_)));
    if (datagram.size() > max_packet_bytes_) {
      decoder_.CountTooLong();
      return;
    }
    std::string copy(datagram);
    // With a full queue the reader lends a hand, and it is the kernel's buffer that fills.
    if (decode_here || !queue_.TryPush(copy, 1, datagram.size())) {
      decoder_.Decode(std::move(copy));
    }
  }

  void Work() {
    std::string datagram;
    while (queue_.Pop(datagram)) {
      if (abandon_queue_) {
        metrics_.dropped.Increment();
        continue;  // to the end of the queue
      }
      decoder_.Decode(std::move(datagram));
    }
  }

  void RefreshGauges() {
    metrics_.queue_size.Set(static_cast<double>(queue_.weight()));
    const std::lock_guard lock(drops_mutex_);
    const std::uint32_t drops = socket_.kernel_drops();
    // Unsigned, so that it stays right when the kernel's counter wraps.
    const auto more = static_cast<double>(drops - counted_drops_);
    metrics_.kernel_drops.Increment(more);
    metrics_.dropped.Increment(more);
    counted_drops_ = drops;
  }

  const std::size_t max_packet_bytes_;
  UdpSocket socket_;
  const bool is_buffer_large_;
  UdpMetrics metrics_;
  const DatagramDecoder decoder_;
  BoundedQueue<std::string> queue_;
  std::mutex drops_mutex_;
  std::uint32_t counted_drops_ = 0;
  std::shared_ptr<Metrics::Hook> before_scrape_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> abandon_queue_{false};
  std::mutex stop_mutex_;
  std::vector<std::jthread> workers_;  // decode
  std::jthread reader_;                // socket to queue
};

Result<std::unique_ptr<UdpReceiver>> UdpReceiver::Start(const ProcessorConfig& config,
                                                        std::size_t max_queue_bytes,
                                                        const SharedParts& shared) {
  const int wanted =
      OrDefault(config.socket_buffer_bytes, ProcessorConfig::kDefaultSocketBufferBytes);
  Result<UdpSocket> socket =
      UdpSocket::Bind("processor." + config.name + ".server", config.address, wanted);
  if (!socket) {
    return std::move(socket).error();
  }
  if (socket->receive_buffer_bytes() < wanted) {
    Log(LogLevel::kWarn, "smaller UDP receive buffer than asked for: raise net.core.rmem_max",
        {{"processor", config.name},
         {"wantedBytes", wanted},
         {"grantedBytes", socket->receive_buffer_bytes()}});
  }
  return std::unique_ptr<UdpReceiver>(
      new UdpReceiver(std::make_unique<Impl>(config, *std::move(socket), max_queue_bytes, shared)));
}

UdpReceiver::UdpReceiver(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UdpReceiver::~UdpReceiver() = default;

std::uint16_t UdpReceiver::port() const { return impl_->port(); }
void UdpReceiver::Stop(std::chrono::steady_clock::time_point deadline) { impl_->Stop(deadline); }
std::string UdpReceiver::DebugJson() const { return impl_->DebugJson(); }

}  // namespace pugmark
