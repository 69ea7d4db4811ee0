// The services that the generated traces run through: names, operations and resources. The first
// ten are those of a small shop; further ones are numbered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/model/attribute.h"
#include "common/model/resource.h"

namespace pugmark::tracegen {

struct Operation {
  std::string name;    // "GET /cart/{id}"
  std::string method;  // "GET"
  std::string path;    // "/cart/"; an id follows
};

struct Service {
  std::string name;
  std::vector<Operation> operations;   // requests that it serves
  std::vector<std::string> functions;  // names of its inner work
  std::string url;                     // "http://cart.shop.internal:8080"
  std::string database;                // "cart-db"
  std::string statement;               // an SQL text
  Resource resource;                   // its views point into `texts` and `attributes`

  std::vector<std::string> texts;
  std::vector<Attribute> attributes;
};

// Thread safety: constant once built; read by all workers. Outlives the spans made from it.
class Topology {
 public:
  Topology(std::size_t services, std::size_t operations, std::uint64_t seed);

  [[nodiscard]] std::size_t size() const { return services_.size(); }
  [[nodiscard]] const Service& service(std::size_t index) const { return *services_[index]; }

 private:
  std::vector<std::unique_ptr<const Service>> services_;
};

}  // namespace pugmark::tracegen
