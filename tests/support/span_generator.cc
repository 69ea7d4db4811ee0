#include "tests/support/span_generator.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>
#include <vector>

namespace pugmark::testing {
namespace {

constexpr std::array<std::string_view, 12> kTexts{
    "",       "GET /",  "http.url", "a \"quoted\" \\ text",   "<b>&amp;</b>", "tab\tline\n",
    "größer", "日本語", "emoji 😀",  "\xe2\x80\xa8 separator", "\x01\x1f\x7f", "x"};
constexpr std::array<std::string_view, 8> kKeys{
    "http.method",  "span.kind",        "error",     "event",
    "peer.service", "otel.status_code", "Schlüssel", ""};
constexpr std::array<std::string_view, 9> kMeaningful{
    "client", "SERVER", "true", "ERROR", "ok", "false", "none", "internal", "producer"};
constexpr std::array<std::int64_t, 8> kIntegers{0,
                                                1,
                                                -1,
                                                200,
                                                (std::int64_t{1} << 53) - 1,
                                                std::int64_t{1} << 53,
                                                std::numeric_limits<std::int64_t>::min(),
                                                std::numeric_limits<std::int64_t>::max()};
constexpr std::array<double, 8> kReals{0.0, -0.0, 1.5, 1e300, -2.5e-9, 123456789.125, 1e21, 3};

class Generator {
 public:
  Generator(SpanBatch& batch, SpanProfile profile, Random& random)
      : batch_(batch), profile_(profile), random_(random) {}

  void Fill(std::size_t count) {
    const std::size_t resource_count = profile_ == SpanProfile::kThrift ? 1 : 1 + Below(3);
    auto* const resources = batch_.arena().Allocate<Resource>(resource_count);
    for (std::size_t i = 0; i < resource_count; ++i) {
      resources[i] = MakeResource();
    }
    auto* const scopes = batch_.arena().Allocate<Scope>(2);
    std::fill_n(scopes, 2, Scope());
    if (profile_ == SpanProfile::kOtlp) {
      scopes[0] = MakeScope();
      scopes[1] = MakeScope();
    }
    auto* const spans = batch_.arena().Allocate<Span>(count);
    for (std::size_t i = 0; i < count; ++i) {
      spans[i] = MakeSpan();
      // Spans of one resource and scope stand together, as on the wire.
      spans[i].resource = &resources[i * resource_count / count];
      if (profile_ == SpanProfile::kOtlp) {
        spans[i].scope = &scopes[i * resource_count * 2 / count % 2];
      }
    }
    batch_.SetContents({spans, count}, {resources, resource_count});
    batch_.format = Format();
  }

 private:
  std::size_t Below(std::size_t bound) { return random_.Below(bound); }
  bool OneIn(std::size_t n) { return random_.OneIn(n); }
  template <typename T, std::size_t kCount>
  T OneOf(const std::array<T, kCount>& choices) {
    return choices[Below(kCount)];
  }

  [[nodiscard]] SourceFormat Format() const {
    return profile_ == SpanProfile::kThrift  ? SourceFormat::kJaeger
           : profile_ == SpanProfile::kApiV2 ? SourceFormat::kProto
                                             : SourceFormat::kOtlp;
  }

  std::string_view Text() {
    if (OneIn(20)) {
      return batch_.Intern(std::string(Below(400), 'y'));
    }
    return OneOf(kTexts);
  }
  std::string_view Key() {
    if (OneIn(3)) {
      return OneOf(kKeys);
    }
    std::string key = "k";
    key += std::to_string(Below(1000));
    return batch_.Intern(key);
  }
  std::string_view SomeBytes() {
    std::string bytes(Below(20), '\0');
    for (char& byte : bytes) {
      byte = static_cast<char>(random_.Next());
    }
    return batch_.Intern(bytes);
  }
  std::int64_t Integer() {
    return OneIn(2) ? OneOf(kIntegers) : static_cast<std::int64_t>(random_.Next());
  }

  Value MakeValue(int depth = 0) {
    const bool everything = profile_ == SpanProfile::kOtlp && depth < 3;
    switch (Below(everything ? 9 : 6)) {
      case 0:
        return Value::Bool(OneIn(2));
      case 1:
        return Value::Int(Integer());
      case 2:
        return Value::Double(OneOf(kReals));
      case 3:
        return Value::Bytes(SomeBytes());
      case 4:
        return Value::String(OneOf(kMeaningful));
      case 5:
        return Value::String(Text());
      case 6:
        return Value();
      case 7: {
        std::vector<Value> elements(Below(4));
        for (Value& element : elements) {
          element = MakeValue(depth + 1);
        }
        return Value::Array(batch_.arena().Copy(std::span<const Value>(elements)));
      }
      default:
        return Value::Map(MakeAttributes(4, depth + 1));
    }
  }

  std::span<Attribute> MakeAttributes(std::size_t most, int depth = 0) {
    std::vector<Attribute> attributes(Below(most + 1));
    for (Attribute& attribute : attributes) {
      attribute = {Key(), MakeValue(depth)};
    }
    return batch_.arena().Copy(std::span<const Attribute>(attributes));
  }

  std::uint32_t Dropped() {
    return profile_ == SpanProfile::kOtlp && OneIn(4) ? static_cast<std::uint32_t>(Below(1000)) : 0;
  }

  Resource MakeResource() {
    Resource resource;
    // No two resources and scopes are equal: they would be one group.
    resource.service_name = batch_.Intern("service " + std::to_string(random_.Next()));
    resource.has_service_name = true;
    resource.attributes = MakeAttributes(6);
    if (profile_ == SpanProfile::kOtlp) {
      resource.schema_url = Text();
      resource.dropped_attributes = Dropped();
    }
    return resource;
  }

  Scope MakeScope() {
    Scope scope;
    scope.name = batch_.Intern("scope " + std::to_string(random_.Next()));
    scope.version = Text();
    scope.attributes = MakeAttributes(3);
    scope.schema_url = Text();
    scope.dropped_attributes = Dropped();
    return scope;
  }

  Nanoseconds Time(std::int64_t least, std::int64_t range) {
    const auto ns =
        least + static_cast<std::int64_t>(random_.Next() % static_cast<std::uint64_t>(range));
    return Nanoseconds(profile_ == SpanProfile::kThrift ? ns / 1000 * 1000 : ns);
  }
  UnixTime PointInTime() { return UnixTime(Time(1'700'000'000'000'000'000, 100'000'000'000'000)); }

  Span MakeSpan() {
    Span span;
    span.format = Format();
    span.trace_id = {OneIn(2) ? 0 : random_.Next(), random_.Next()};
    span.span_id = random_.Next();
    span.start_time = PointInTime();
    span.duration = Time(0, 10'000'000'000);
    span.name = Text();
    span.flags = OneIn(8) ? static_cast<std::uint32_t>(random_.Next())
                          : static_cast<std::uint32_t>(Below(4));
    span.attributes = MakeAttributes(8);
    AddEvents(span);
    AddLinks(span);
    if (profile_ == SpanProfile::kOtlp) {
      AddOtlpFields(span);
    } else {
      DeriveKindAndStatus(span);
    }
    return span;
  }

  void AddOtlpFields(Span& span) {
    span.kind = static_cast<SpanKind>(Below(6));
    span.status = static_cast<StatusCode>(Below(3));
    span.status_message = OneIn(3) ? Text() : std::string_view();
    span.trace_state = OneIn(3) ? "vendor=value" : "";
    span.dropped_attributes = Dropped();
    span.dropped_events = Dropped();
    span.dropped_links = Dropped();
    span.parent_span_id = OneIn(3) ? 0 : random_.Next();
    if (OneIn(8)) {
      const std::array<std::string_view, 2> warnings{"a warning", Text()};
      span.warnings = batch_.arena().Copy(std::span<const std::string_view>(warnings));
    }
  }

  void AddEvents(Span& span) {
    std::vector<Event> events(Below(4));
    for (Event& event : events) {
      event.time = PointInTime();
      event.attributes = MakeAttributes(4);
      if (profile_ == SpanProfile::kOtlp) {
        event.name = Text();
        event.dropped_attributes = Dropped();
      }
    }
    span.events = batch_.arena().Copy(std::span<const Event>(events));
  }

  void AddLinks(Span& span) {
    std::vector<Link> links(Below(4));
    for (Link& link : links) {
      link.trace_id = OneIn(2) ? span.trace_id : TraceId{random_.Next(), random_.Next()};
      link.span_id = random_.Next();
      if (profile_ == SpanProfile::kOtlp) {
        link.attributes = MakeAttributes(3);
        link.trace_state = OneIn(3) ? "a=b,c=d" : "";
        link.flags = OneIn(3) ? static_cast<std::uint32_t>(random_.Next()) : 0;
        link.dropped_attributes = Dropped();
      } else {
        link.ref_type = OneIn(2) ? RefType::kChildOf : RefType::kFollowsFrom;
      }
    }
    span.links = batch_.arena().Copy(std::span<const Link>(links));
    if (profile_ == SpanProfile::kOtlp) {
      return;
    }
    span.parent_span_id = ParentFromReferences(span.trace_id, span.links);
    if (profile_ == SpanProfile::kThrift && span.parent_span_id == 0 && OneIn(2)) {
      span.parent_span_id = random_.Next();  // by its id alone
    }
  }

  SpanBatch& batch_;
  const SpanProfile profile_;
  Random& random_;
};

}  // namespace

void GenerateSpans(SpanBatch& batch, SpanProfile profile, std::size_t count, Random& random) {
  Generator(batch, profile, random).Fill(count);
}

}  // namespace pugmark::testing
