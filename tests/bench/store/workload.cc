#include "tests/bench/store/workload.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace pugmark::bench {
namespace {

constexpr std::size_t kPodsOfService = 5;
constexpr double kSpansPerSecond = 40'000;
constexpr std::uint64_t kLongestWaitUs = 4'000'000;  // before a pod sends what it has
constexpr std::uint32_t kUsers = 2'000'000;

const char* const kThings[] = {"users",    "orders",    "carts",   "items",    "payments",
                               "invoices", "shipments", "reviews", "sessions", "products"};
const char* const kNames[] = {
    "frontend", "checkout",  "cart",     "payment",   "shipping",     "catalog", "recommendation",
    "currency", "email",     "ads",      "inventory", "pricing",      "tax",     "fraud",
    "identity", "profile",   "search",   "review",    "notification", "gateway", "ledger",
    "billing",  "warehouse", "delivery", "loyalty",   "coupon",       "session", "audit",
    "media",    "config"};
const char* const kMethods[] = {"GET", "GET", "GET", "POST", "PUT", "DELETE"};

__attribute__((format(printf, 1, 2))) std::string Format(const char* format, ...) {
  char buffer[640];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

enum class Kind { kServer, kClient, kDatabase, kInternal };

// A span's attributes, written one after another into its batch's arena.
class AttributeList {
 public:
  explicit AttributeList(Arena& arena) : arena_(arena) {}
  void Text(std::string_view key, std::string_view value) {
    Add(key, Value::String(arena_.CopyText(value)));
  }
  void Int(std::string_view key, std::uint64_t value) {
    Add(key, Value::Int(static_cast<std::int64_t>(value)));
  }
  void Bool(std::string_view key, bool value) { Add(key, Value::Bool(value)); }
  std::span<Attribute> Take() {
    const auto taken = arena_.Copy(std::span<const Attribute>(list_, count_));
    count_ = 0;
    return taken;
  }

 private:
  // Keys are copied, as they come from the wire of each span.
  void Add(std::string_view key, Value value) { list_[count_++] = {arena_.CopyText(key), value}; }
  Arena& arena_;
  Attribute list_[32];
  std::size_t count_ = 0;
};

}  // namespace

std::uint64_t Random::Next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}
double Random::Normal() {
  const double a = Uniform() + 1e-12;
  return std::sqrt(-2 * std::log(a)) * std::cos(6.283185307 * Uniform());
}

struct Workload::Operation {
  std::string name;
  Kind kind = Kind::kServer;
  std::string route;
  std::string url_start;
  std::string url_middle;
  std::string method;
  std::string table;
  std::string statement;
  std::string function;
  std::string function_namespace;
};
struct Workload::Service {
  std::string name;
  std::vector<Operation> operations;
  std::vector<std::size_t> callees;
  std::vector<std::size_t> servers, clients, databases, internals;
};
struct Workload::Pod {
  std::unique_ptr<SpanBatch> batch;
  std::vector<Span> spans;
  std::uint64_t first_us = 0;
  std::size_t threshold = 0;
  std::vector<std::pair<std::string, std::string>> resource;
  Resource* in_batch = nullptr;
  Scope* scope = nullptr;
};
struct Workload::Planned {
  std::size_t service = 0;
  std::size_t operation = 0;
  std::size_t pod = 0;
  int parent = -1;
  SpanId id = 0;
  std::uint64_t start_us = 0;
  std::uint32_t duration_us = 0;
  bool is_error = false;
  bool has_call = false;
};

Workload::Workload(std::uint64_t seed, bool is_hard) : random_(seed), is_hard_(is_hard) {
  MakeServices();
}
Workload::~Workload() = default;

std::string Workload::ServiceName(std::size_t index) const { return services_[index].name; }
std::string Workload::OperationName(std::size_t service, std::size_t index) const {
  return services_[service].operations[index].name;
}

void Workload::MakeServices() {
  Random fixed(42);
  for (int i = 0; i < 24; ++i) {
    agents_.push_back(
        Format("Mozilla/5.0 (%s; rv:%d.0) AppleWebKit/537.%d (KHTML, like Gecko) "
               "Chrome/%d.0.%d Safari/537.36",
               i % 3 != 0 ? "Windows NT 10.0; Win64; x64" : "X11; Linux x86_64", 90 + i, i, 100 + i,
               4000 + i * 13));
  }
  for (int i = 0; i < 2000; ++i) {
    addresses_.push_back(Format("10.%u.%u.%u", fixed.Below(8), fixed.Below(256), fixed.Below(256)));
  }
  for (int i = 0; i < 30; ++i) {
    std::string stack = "java.net.SocketTimeoutException: Read timed out\n";
    for (int line = 0; line < 6; ++line) {
      stack += Format("\tat com.acme.%s.%s.Handler%u.process(Handler%u.java:%u)\n",
                      kNames[fixed.Below(30)], kThings[fixed.Below(10)], fixed.Below(40),
                      fixed.Below(40), fixed.Below(500));
    }
    stacks_.push_back(std::move(stack));
  }
  for (int i = 0; i < 2000; ++i) {
    std::string word;
    for (std::uint32_t n = 3 + fixed.Below(8); n > 0; --n) {
      word += static_cast<char>('a' + fixed.Below(26));
    }
    words_.push_back(std::move(word));
  }
  for (std::size_t s = 0; s < kServices; ++s) {
    Service service;
    service.name = std::string(kNames[s]) + "-service";
    for (int i = 0; i < 4; ++i) {
      service.callees.push_back(fixed.Below(kServices));
    }
    for (std::size_t o = 0; o < 20; ++o) {
      Operation operation;
      const char* const thing = kThings[fixed.Below(10)];
      const char* const other = kThings[fixed.Below(10)];
      operation.method = kMethods[fixed.Below(6)];
      if (o < 9) {
        operation.route = Format("/api/v%u/%s/{id}/%s%s", 1 + fixed.Below(2), thing, other,
                                 o % 2 != 0 ? "/{id}" : "");
        operation.name = operation.method + " " + operation.route;
        operation.url_start =
            Format("http://%s.prod.svc.cluster.local:8080/api/v1/%s/", service.name.c_str(), thing);
        operation.url_middle = Format("/%s/", other);
        service.servers.push_back(o);
      } else if (o < 13) {
        operation.kind = Kind::kClient;
        operation.name = "HTTP " + operation.method + (o % 2 != 0 ? " retry" : "") + " " + thing;
        service.clients.push_back(o);
      } else if (o < 17) {
        operation.kind = Kind::kDatabase;
        operation.table = thing;
        operation.method = o % 2 != 0 ? "SELECT" : "UPDATE";
        operation.name =
            operation.method + " " + service.name.substr(0, 4) + "_db." + operation.table;
        operation.statement =
            o % 2 != 0 ? Format(
                             "SELECT t.id, t.%s_id, t.status, t.created_at, t.updated_at, "
                             "t.total_amount FROM %s t LEFT JOIN %s d ON d.%s_id = t.id WHERE "
                             "t.tenant_id = ? AND t.%s_id = ? AND t.status IN (?, ?, ?) ORDER BY "
                             "t.created_at DESC LIMIT ?",
                             other, thing, other, thing, other)
                       : Format(
                             "UPDATE %s SET status = ?, updated_at = now(), version = version + 1 "
                             "WHERE id = ? AND %s_id = ? AND version = ?",
                             thing, other);
        service.databases.push_back(o);
      } else {
        operation.kind = Kind::kInternal;
        operation.function = Format("process%c%s", thing[0] - 32, thing + 1);
        operation.function_namespace = Format("com.acme.%s.%s.internal", kNames[s], thing);
        operation.name = Format("%s.%s%zu", kNames[s], operation.function.c_str(), o);
        service.internals.push_back(o);
      }
      service.operations.push_back(std::move(operation));
    }
    for (std::size_t p = 0; p < kPodsOfService; ++p) {
      Pod pod;
      const std::string pod_name =
          Format("%s-7d9f8b6c5d-%c%c%c%c%c", service.name.c_str(), 'a' + fixed.Below(26),
                 'a' + fixed.Below(26), '0' + fixed.Below(10), 'a' + fixed.Below(26),
                 '0' + fixed.Below(10));
      const std::string node =
          Format("ip-10-0-%u-%u.eu-west-1.compute.internal", fixed.Below(4), fixed.Below(30));
      pod.resource = {{"service.namespace", "prod"},
                      {"service.version", Format("1.%zu.%zu", s, p % 2)},
                      {"k8s.pod.name", pod_name},
                      {"service.instance.id", pod_name},
                      {"k8s.namespace.name", "prod"},
                      {"k8s.deployment.name", service.name},
                      {"k8s.node.name", node},
                      {"host.name", node},
                      {"cloud.region", "eu-west-1"},
                      {"telemetry.sdk.language", "java"},
                      {"telemetry.sdk.name", "opentelemetry"},
                      {"telemetry.sdk.version", "1.31.0"}};
      pod.threshold = 100 + random_.Below(412);
      pods_.push_back(std::move(pod));
    }
    services_.push_back(std::move(service));
  }
}

std::vector<std::unique_ptr<SpanBatch>> Workload::Make(std::size_t spans) {
  const std::size_t wanted = made_ + spans;
  while (made_ < wanted) {
    MakeTrace();
  }
  for (std::size_t i = 0; i < pods_.size(); ++i) {
    Flush(i);
  }
  return std::move(ready_);
}

void Workload::PlanTrace(std::vector<Planned>& spans) {
  const auto size = static_cast<std::size_t>(
      std::clamp<long>(std::lround(8 * std::exp(1.1 * random_.Normal())), 1, 200));
  const auto add = [&](std::size_t service, std::size_t operation, int parent, std::uint64_t start,
                       std::uint32_t duration) {
    Planned span;
    span.service = service;
    span.operation = operation;
    span.pod = service * kPodsOfService +
               ((traces_ * 0x9e3779b97f4a7c15U) >> (40 + service % 8)) % kPodsOfService;
    span.parent = parent;
    span.id = random_.Next();
    span.start_us = start;
    span.duration_us = duration;
    span.is_error = random_.Below(100) < 2;
    spans.push_back(span);
  };
  const auto pick = [&](const std::vector<std::size_t>& list) {
    return list[random_.Below(static_cast<std::uint32_t>(list.size()))];
  };
  const std::size_t root = random_.Below(4) != 0 ? 0 : random_.Below(kServices);
  add(root, pick(services_[root].servers), -1, now_us_,
      static_cast<std::uint32_t>(80000 * std::exp(random_.Normal())) + 100);
  while (spans.size() < size) {
    const auto count = static_cast<int>(spans.size());
    int parent =
        random_.Below(2) != 0
            ? count - 1 -
                  static_cast<int>(random_.Below(static_cast<std::uint32_t>(std::min(count, 4))))
            : static_cast<int>(random_.Below(static_cast<std::uint32_t>(count)));
    const auto kind_of = [&](int i) {
      const Planned& span = spans[static_cast<std::size_t>(i)];
      return services_[span.service].operations[span.operation].kind;
    };
    // Database calls have no children, client calls one.
    while (parent > 0 && (kind_of(parent) == Kind::kDatabase ||
                          (kind_of(parent) == Kind::kClient &&
                           spans[static_cast<std::size_t>(parent)].has_call))) {
      parent = spans[static_cast<std::size_t>(parent)].parent;
    }
    Planned& up = spans[static_cast<std::size_t>(parent)];
    const auto duration =
        static_cast<std::uint32_t>(up.duration_us * (0.05 + 0.6 * random_.Uniform())) + 10;
    const std::uint64_t start = up.start_us + random_.Below(up.duration_us / 2 + 1);
    if (kind_of(parent) == Kind::kClient && !up.has_call) {
      up.has_call = true;
      const std::size_t callee = services_[up.service].callees[up.operation % 4];
      add(callee, services_[callee].servers[random_.Below(9)], parent,
          up.start_us + 50 + random_.Below(500),
          static_cast<std::uint32_t>(up.duration_us * 0.9) + 5);
      continue;
    }
    const Service& service = services_[up.service];
    const std::uint32_t kind = random_.Below(100);
    add(up.service,
        kind < 38   ? pick(service.clients)
        : kind < 68 ? pick(service.databases)
                    : pick(service.internals),
        parent, start, duration);
  }
}

void Workload::MakeTrace() {
  const TraceId id{random_.Next(), random_.Next()};
  now_us_ += static_cast<std::uint64_t>(-std::log(random_.Uniform() + 1e-12) * 1e6 * 14.0 /
                                        kSpansPerSecond) +
             1;
  const std::uint32_t user = random_.Below(kUsers);
  std::vector<Planned> trace;
  PlanTrace(trace);
  if (traces_ % 97 == 0) {
    samples_.push_back({id, "user-" + std::to_string(user)});
  }
  for (const Planned& span : trace) {
    Emit(span, trace, id, user);
  }
  ++traces_;
  made_ += trace.size();
  if (traces_ % 64 == 0) {
    for (std::size_t i = 0; i < pods_.size(); ++i) {
      if (!pods_[i].spans.empty() && now_us_ - pods_[i].first_us > kLongestWaitUs) {
        Flush(i);
      }
    }
  }
}

void Workload::Emit(const Planned& planned, const std::vector<Planned>& trace, TraceId id,
                    std::uint32_t user) {
  Pod& pod = pods_[planned.pod];
  const Service& service = services_[planned.service];
  const Operation& operation = service.operations[planned.operation];
  if (pod.batch == nullptr) {
    pod.batch = std::make_unique<SpanBatch>(std::string());
    Arena& arena = pod.batch->arena();
    pod.in_batch = arena.Allocate<Resource>(1);
    *pod.in_batch = Resource{};
    pod.in_batch->service_name = arena.CopyText(service.name);
    pod.in_batch->has_service_name = true;
    AttributeList attributes(arena);
    for (const auto& [key, value] : pod.resource) {
      attributes.Text(key, value);
    }
    pod.in_batch->attributes = attributes.Take();
    pod.scope = arena.Allocate<Scope>(1);
    *pod.scope = Scope{};
    pod.scope->name = "io.opentelemetry.java";
    pod.scope->version = "1.31.0";
    pod.first_us = now_us_;
  }
  Arena& arena = pod.batch->arena();
  Span span;
  span.trace_id = id;
  span.span_id = planned.id;
  span.parent_span_id = planned.parent < 0 ? 0 : trace[static_cast<std::size_t>(planned.parent)].id;
  span.name = arena.CopyText(operation.name);
  span.start_time = TimeFromMicros(static_cast<std::int64_t>(planned.start_us));
  span.duration = DurationFromMicros(planned.duration_us);
  span.format = SourceFormat::kOtlp;
  span.resource = pod.in_batch;
  span.scope = pod.scope;
  AttributeList list(arena);
  const std::uint32_t code =
      planned.is_error ? 500 + random_.Below(4)
                       : (random_.Below(100) < 95 ? 200 : (random_.Below(2) != 0 ? 404 : 302));
  const std::uint32_t thread = 20 + random_.Below(40);
  const auto add_thread = [&] {
    list.Int("thread.id", thread);
    list.Text("thread.name", Format("http-nio-8080-exec-%u", thread));
  };
  const auto trace_bits = static_cast<std::uint32_t>(traces_ * 2654435761U);
  switch (operation.kind) {
    case Kind::kServer: {
      span.kind = SpanKind::kServer;
      list.Text("http.method", operation.method);
      list.Int("http.status_code", code);
      list.Text("http.url", Format("%s%u%s%u?session=%08x", operation.url_start.c_str(),
                                   100 + random_.Below(1000000), operation.url_middle.c_str(),
                                   1000 + random_.Below(100000000), trace_bits));
      list.Text("http.route", operation.route);
      list.Text("http.flavor", "1.1");
      list.Text("http.user_agent", agents_[traces_ % 24]);
      list.Text("net.peer.ip", addresses_[random_.Below(2000)]);
      list.Int("net.host.port", 8080);
      list.Int("http.request_content_length", random_.Below(4) != 0 ? 0 : random_.Below(20000));
      list.Text("http.scheme", "http");
      list.Text("http.host", service.name + ".prod.svc.cluster.local:8080");
      const std::uint64_t a = traces_ * 0x9e3779b97f4a7c15U;
      const std::uint64_t b = (a ^ (a >> 29)) * 0xbf58476d1ce4e5b9U;
      list.Text("request.id", Format("%08x-%04x-4%03x-%04x-%012llx", static_cast<std::uint32_t>(b),
                                     static_cast<std::uint32_t>(a >> 48),
                                     static_cast<std::uint32_t>(a >> 20) & 0xfff,
                                     static_cast<std::uint32_t>(b >> 48),
                                     static_cast<unsigned long long>((a ^ b) & 0xffffffffffffULL)));
      list.Text("user.id", "user-" + std::to_string(user));
      add_thread();
      break;
    }
    case Kind::kClient: {
      span.kind = SpanKind::kClient;
      const Service& callee = services_[service.callees[planned.operation % 4]];
      const Operation& called = callee.operations[callee.servers[planned.operation % 9]];
      list.Text("http.method", operation.method);
      list.Int("http.status_code", code);
      list.Text("http.url",
                Format("%s%u%s%u", called.url_start.c_str(), 100 + random_.Below(1000000),
                       called.url_middle.c_str(), 1000 + random_.Below(100000000)));
      list.Text("net.peer.name", callee.name);
      list.Int("net.peer.port", 8080);
      list.Int("http.response_content_length", 200 + random_.Below(30000));
      list.Text("component", "okhttp");
      list.Text("http.scheme", "http");
      list.Text("http.route", called.route);
      list.Text("peer.service", callee.name);
      list.Text("net.peer.ip", addresses_[(planned.pod * 37 + planned.operation % 4) % 2000]);
      list.Text("otel.scope.name", "io.opentelemetry.okhttp-3.0");
      list.Text("http.flavor", "1.1");
      list.Int("http.retry_count", random_.Below(20) == 0 ? 1 : 0);
      add_thread();
      break;
    }
    case Kind::kDatabase:
      span.kind = SpanKind::kClient;
      list.Text("db.system", "postgresql");
      list.Text("db.name", service.name.substr(0, 4));
      list.Text("db.statement", operation.statement);
      list.Text("db.operation", operation.method);
      list.Text("db.sql.table", operation.table);
      list.Text("db.user", "app_rw");
      list.Text("peer.service", "postgresql");
      list.Text("otel.scope.name", "io.opentelemetry.jdbc");
      list.Text("net.peer.name", Format("pg-%zu.db.prod.internal", planned.service % 6));
      list.Int("net.peer.port", 5432);
      list.Int("db.rows_affected", random_.Below(3) != 0 ? 1 : random_.Below(200));
      list.Text("db.connection_string", "postgresql://prod.internal:5432");
      add_thread();
      break;
    case Kind::kInternal:
      span.kind = SpanKind::kInternal;
      list.Text("code.function", operation.function);
      list.Text("code.namespace", operation.function_namespace);
      list.Text("app.tenant", Format("tenant-%03u", user % 200));
      list.Text("app.feature_flag", traces_ % 8 != 0 ? "control" : "treatment");
      list.Bool("cache.hit", random_.Below(10) < 8);
      list.Text("cache.key", Format("cache:%s:%u:profile", service.name.c_str(), user));
      if (random_.Below(3) == 0) {
        list.Text("user.id", "user-" + std::to_string(user));
      }
      list.Int("queue.depth", random_.Below(64));
      list.Text("deployment.environment", "production");
      list.Text("code.filepath",
                Format("/app/src/main/java/%s/%s.java", operation.function_namespace.c_str(),
                       operation.function.c_str()));
      list.Int("code.lineno", 40 + planned.operation * 37 % 400);
      list.Text("otel.scope.name", "io.opentelemetry.spring-webmvc-6.0");
      list.Text("app.build.commit", "9fceb02d0ae598e95dc970b74767f19372d61af8");
      list.Text("app.request.channel", traces_ % 3 != 0 ? "mobile-ios" : "web");
      list.Text("app.priority", traces_ % 5 != 0 ? "normal" : "high");
      add_thread();
      break;
  }
  if (is_hard_) {
    static constexpr char kAlphabet[] =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    char key[22];
    for (char& c : key) {
      c = kAlphabet[random_.Below(62)];
    }
    list.Text("message.key", {key, sizeof key});
  }
  span.attributes = list.Take();
  Event events[4];
  std::size_t event_count = 0;
  const auto add_event = [&](std::uint64_t time_us, std::string_view name) {
    Event& event = events[event_count++];
    event.time = TimeFromMicros(static_cast<std::int64_t>(time_us));
    event.name = arena.CopyText(name);
    event.attributes = list.Take();
  };
  if (planned.is_error) {
    list.Text("exception.type", "java.net.SocketTimeoutException");
    list.Text("exception.message", Format("Read timed out after %u ms calling %s",
                                          planned.duration_us / 1000 + 1, service.name.c_str()));
    list.Text("exception.stacktrace", stacks_[(planned.service * 7 + planned.operation) % 30]);
    add_event(planned.start_us + planned.duration_us, "exception");
    span.status = StatusCode::kError;
    span.status_message = "Read timed out";
  }
  const std::uint32_t share = random_.Below(100);
  for (int i = 0; i < (share < 25 ? 1 : share < 32 ? 2 : 0); ++i) {
    list.Text("message.type", i != 0 ? "SENT" : "RECEIVED");
    list.Int("message.id", static_cast<std::uint64_t>(1 + i));
    list.Int("message.uncompressed_size", 100 + random_.Below(5000));
    add_event(planned.start_us + random_.Below(planned.duration_us + 1),
              i != 0 ? "message.sent" : "message.received");
  }
  if (is_hard_ && random_.Below(2) != 0) {
    std::string line;
    for (int i = 0; i < 12; ++i) {
      const double z = random_.Uniform();
      line += words_[static_cast<std::size_t>(2000 * z * z * z)] + ' ';
    }
    list.Text("log.severity", random_.Below(10) != 0 ? "INFO" : "WARN");
    list.Text("log.message", line);
    add_event(planned.start_us + random_.Below(planned.duration_us + 1), "log");
  }
  span.events = arena.Copy(std::span<const Event>(events, event_count));
  pod.spans.push_back(span);
  if (pod.spans.size() >= pod.threshold) {
    Flush(planned.pod);
  }
}

void Workload::Flush(std::size_t index) {
  Pod& pod = pods_[index];
  if (pod.batch == nullptr) {
    return;
  }
  const auto spans = pod.batch->arena().Copy(std::span<const Span>(pod.spans));
  pod.batch->SetContents(spans, {pod.in_batch, 1});
  ready_.push_back(std::move(pod.batch));
  pod.spans.clear();
  pod.threshold = 100 + random_.Below(412);
}

}  // namespace pugmark::bench
