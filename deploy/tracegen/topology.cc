#include "deploy/tracegen/topology.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <string_view>

#include "deploy/tracegen/random.h"

namespace pugmark::tracegen {
namespace {

constexpr std::array<std::string_view, 10> kServiceNames = {
    "frontend", "cart",           "checkout", "payment", "shipping",
    "catalog",  "recommendation", "currency", "email",   "ads"};
constexpr std::array<std::string_view, 10> kThings = {
    "orders",    "items",   "users",    "carts",    "invoices",
    "shipments", "reviews", "sessions", "products", "payments"};
constexpr std::array<std::string_view, 4> kMethods = {"GET", "POST", "PUT", "DELETE"};
constexpr std::array<std::string_view, 4> kVerbs = {"load", "validate", "render", "update"};

std::string Numbered(std::string_view stem, std::size_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 2) {
    digits.insert(0, "0");
  }
  return std::string(stem) + digits;
}

std::string ServiceName(std::size_t index) {
  return index < kServiceNames.size() ? std::string(kServiceNames[index])
                                      : Numbered("svc-", index + 1);
}

// Each thing under each method first, then numbered versions of the same paths.
Operation MakeOperation(std::size_t service, std::size_t index) {
  const std::size_t round = index / (kThings.size() * kMethods.size());
  const std::string_view thing = kThings[(service + index) % kThings.size()];
  const std::string_view method = kMethods[(index / kThings.size()) % kMethods.size()];
  Operation operation;
  operation.method = method;
  operation.path = round == 0 ? "/" : "/v" + std::to_string(round + 1) + "/";
  operation.path += std::string(thing) + "/";
  operation.name = operation.method + " " + operation.path + "{id}";
  return operation;
}

std::string MakeFunction(std::string_view verb, std::string_view thing) {
  std::string name(verb);
  name += static_cast<char>(std::toupper(static_cast<unsigned char>(thing.front())));
  name += thing.substr(1);
  return name;
}

void FillResource(Service& service, Random& random) {
  const auto number = [&random](std::size_t limit) { return std::to_string(random.Below(limit)); };
  const auto hex = [&random](int digits) {
    std::array<char, 17> text{};
    std::snprintf(text.data(), text.size(), "%016llx",
                  static_cast<unsigned long long>(random.Next()));
    return std::string(text.data(), static_cast<std::size_t>(digits));
  };
  const std::string address = "10.0." + number(256) + "." + number(256);
  std::string host = "ip-" + address + ".shop.internal";
  std::replace(host.begin(), host.begin() + static_cast<std::ptrdiff_t>(address.size()) + 3, '.',
               '-');
  const std::array<std::pair<std::string_view, std::string>, 6> pairs = {{
      {"hostname", host},
      {"ip", address},
      {"client-uuid", hex(16)},
      {"k8s.pod.name", service.name + "-" + hex(10) + "-" + hex(5)},
      {"service.version", "1." + number(20) + "." + number(10)},
      {"deployment.environment", "demo"},
  }};
  service.texts.reserve(pairs.size());  // views into the texts stay valid
  for (const auto& [key, text] : pairs) {
    service.texts.push_back(text);
    service.attributes.push_back({key, Value::String(service.texts.back())});
  }
  service.resource.service_name = service.name;
  service.resource.has_service_name = true;
  service.resource.attributes = service.attributes;
}

}  // namespace

Topology::Topology(std::size_t services, std::size_t operations, std::uint64_t seed) {
  Random random(seed, 0);
  for (std::size_t i = 0; i < services; ++i) {
    auto service = std::make_unique<Service>();
    service->name = ServiceName(i);
    service->url = "http://" + service->name + ".shop.internal:8080";
    service->database = service->name + "-db";
    const std::string_view thing = kThings[i % kThings.size()];
    service->statement =
        "SELECT id, status, total, created_at FROM " + std::string(thing) +
        " WHERE customer_id = ? AND status IN (?, ?) ORDER BY created_at DESC LIMIT ?";
    for (std::size_t k = 0; k < operations; ++k) {
      service->operations.push_back(MakeOperation(i, k));
    }
    for (const std::string_view verb : kVerbs) {
      service->functions.push_back(MakeFunction(verb, thing));
    }
    FillResource(*service, random);
    services_.push_back(std::move(service));
  }
}

}  // namespace pugmark::tracegen
