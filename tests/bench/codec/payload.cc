#include "tests/bench/codec/payload.h"

#include <array>
#include <string>
#include <vector>

#include "common/base/hex.h"
#include "tests/support/random.h"

namespace pugmark::bench {
namespace {

constexpr std::array<std::string_view, 6> kServices{"web-shop",  "basket-service", "card-payments",
                                                    "warehouse", "search",         "accounts"};
constexpr std::array<std::string_view, 6> kOperations{"HTTP GET /api/v2/baskets/{id}",
                                                      "HTTP PUT /api/v2/baskets/{id}/items",
                                                      "cache.get",
                                                      "SELECT baskets",
                                                      "warehouse.v1.Stock/Reserve",
                                                      "publish basket-events"};
constexpr std::array<std::string_view, 4> kMethods{"GET", "PUT", "POST", "DELETE"};
constexpr std::size_t kSpansPerTrace = 8;

class Filler {
 public:
  Filler(SpanBatch& batch, SourceFormat format) : batch_(batch), format_(format), random_(7) {}

  void Fill(std::size_t count) {
    auto* const resource = New(MakeResource());
    auto* const scope = New(MakeScope());
    auto* const spans = batch_.arena().Allocate<Span>(count);
    for (std::size_t i = 0; i < count; ++i) {
      spans[i] = MakeSpan(i);
      spans[i].resource = resource;
      spans[i].scope = format_ == SourceFormat::kOtlp ? scope : nullptr;
    }
    batch_.SetContents({spans, count}, {resource, 1});
    batch_.format = format_;
  }

 private:
  template <typename T>
  T* New(const T& value) {
    T* const made = batch_.arena().Allocate<T>(1);
    *made = value;
    return made;
  }
  template <std::size_t kCount>
  std::string_view OneOf(const std::array<std::string_view, kCount>& choices) {
    return choices[random_.Below(kCount)];
  }
  std::string_view Text(std::string text) { return batch_.Intern(text); }
  std::string Number(std::size_t bound) { return std::to_string(random_.Below(bound)); }
  Attribute String(std::string_view key, std::string text) {
    return {key, Value::String(Text(std::move(text)))};
  }
  std::span<Attribute> Keep(const std::vector<Attribute>& attributes) {
    return batch_.arena().Copy(std::span<const Attribute>(attributes));
  }

  Resource MakeResource() {
    Resource resource;
    resource.service_name = "basket-service";
    resource.has_service_name = true;
    resource.attributes = Keep({String("hostname", "node-17.rack-4.eu-central.example.internal"),
                                String("ip", "10.3.17.42"), String("client.version", "Java-1.8.1"),
                                String("client-uuid", Hex16(random_.Next())),
                                String("k8s.pod.name", "basket-service-5c9d7f6b48-jx2lq")});
    return resource;
  }

  static Scope MakeScope() {
    Scope scope;
    scope.name = "io.opentelemetry.contrib.http-server-instrumentation";
    scope.version = "2.9.1-alpha";
    return scope;
  }

  std::span<Attribute> MakeAttributes(std::size_t i) {
    std::vector<Attribute> attributes{
        {"http.method", Value::String(OneOf(kMethods))},
        String("http.url", "https://basket-service.example.internal/api/v2/baskets/" +
                               Number(10'000'000) + "/items?limit=50&offset=" + Number(1000)),
        {"http.status_code", Value::Int(random_.OneIn(20) ? 500 : 200)},
        {"component", Value::String("http-server")},
        {"peer.service", Value::String(OneOf(kServices))},
        String("net.peer.ip", "10.3." + Number(255) + "." + Number(255)),
        {"net.peer.port", Value::Int(static_cast<std::int64_t>(random_.Below(65'536)))},
        {"queue.wait_ms", Value::Double(static_cast<double>(random_.Below(100'000)) / 1000)},
        {"cache.hit", Value::Bool(random_.OneIn(2))}};
    attributes.push_back(
        i % 3 == 0 ? String("db.statement",
                            "SELECT id, state, total FROM baskets WHERE owner = ? AND changed > ? "
                            "ORDER BY changed DESC LIMIT 50")
                   : String("request.id", Hex16(random_.Next()) + Hex16(random_.Next())));
    attributes.push_back(i % 16 == 3 ? String("user.city", "Zürich, 東京")
                                     : String("user.id", "u-" + Hex16(random_.Next())));
    return Keep(attributes);
  }

  std::span<Event> MakeEvents(std::size_t i, UnixTime start) {
    std::vector<Event> events(1 + i % 2);
    for (std::size_t n = 0; n < events.size(); ++n) {
      const std::string_view name = n == 0 ? "request received" : "cache miss";
      std::vector<Attribute> attributes;
      if (format_ == SourceFormat::kOtlp) {
        events[n].name = name;
      } else {
        attributes.push_back({"event", Value::String(name)});
      }
      attributes.push_back({"level", Value::String("info")});
      attributes.push_back(n == 0 ? String("message", "accepted from the proxy in front, id=" +
                                                          Hex16(random_.Next()))
                                  : String("message", "reading from the primary database instead"));
      attributes.push_back({"line", Value::Int(static_cast<std::int64_t>(random_.Below(2000)))});
      events[n].time = start + std::chrono::microseconds(10 + 100 * n);
      events[n].attributes = Keep(attributes);
    }
    return batch_.arena().Copy(std::span<const Event>(events));
  }

  Span MakeSpan(std::size_t i) {
    if (i % kSpansPerTrace == 0) {
      trace_id_ = {random_.Next(), random_.Next()};
      parent_ = 0;
    }
    Span span;
    span.format = format_;
    span.trace_id = trace_id_;
    span.span_id = random_.Next();
    span.parent_span_id = parent_;
    parent_ = span.span_id;
    span.name = OneOf(kOperations);
    span.start_time = TimeFromMicros(1'790'000'000'000'000 + static_cast<std::int64_t>(137 * i));
    span.duration = std::chrono::microseconds(random_.Below(2'000'000));
    span.attributes = MakeAttributes(i);
    span.events = MakeEvents(i, span.start_time);
    span.flags = format_ == SourceFormat::kOtlp ? 0x101 : 1;
    if (format_ == SourceFormat::kOtlp) {
      span.kind = i % 2 == 0 ? SpanKind::kServer : SpanKind::kClient;
    } else if (span.parent_span_id != 0) {
      Link link;
      link.trace_id = span.trace_id;
      link.span_id = span.parent_span_id;
      link.ref_type = RefType::kChildOf;
      span.links = {New(link), 1};
    }
    return span;
  }

  SpanBatch& batch_;
  const SourceFormat format_;
  testing::Random random_;
  TraceId trace_id_;
  SpanId parent_ = 0;
};

}  // namespace

void FillUsualSpans(SpanBatch& batch, SourceFormat format, std::size_t count) {
  Filler(batch, format).Fill(count);
}

}  // namespace pugmark::bench
