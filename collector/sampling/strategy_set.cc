#include "collector/sampling/strategy_set.h"

#include <algorithm>
#include <cctype>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace pugmark {
namespace {

using jaeger::api_v2::OperationSamplingStrategy;
using jaeger::api_v2::PerOperationSamplingStrategies;
using jaeger::api_v2::SamplingStrategyResponse;
using Json = nlohmann::json;

SamplingStrategyResponse Probabilistic(double probability) {
  SamplingStrategyResponse response;
  response.set_strategytype(jaeger::api_v2::PROBABILISTIC);
  response.mutable_probabilisticsampling()->set_samplingrate(probability);
  return response;
}

// Reads the parts of a file. The first error stays.
class FileReader {
 public:
  FileReader(double default_probability, std::vector<std::string>& warnings)
      : default_probability_(default_probability), warnings_(warnings) {}

  [[nodiscard]] Status TakeStatus() {
    return error_.empty() ? Status() : InvalidArgument("sampling strategies: " + error_);
  }
  void Fail(std::string message) {
    if (error_.empty()) {
      error_ = std::move(message);
    }
  }

  // The member of an object; null where there is none. Letter case does not matter, as in Go's
  // decoder.
  static const Json& Member(const Json& object, std::string_view name) {
    static const Json null;
    const auto same = [name](const std::string& key) {
      return std::equal(key.begin(), key.end(), name.begin(), name.end(), [](char a, char b) {
        return std::tolower(static_cast<unsigned char>(a)) == b;
      });
    };
    for (const auto& [key, value] : object.items()) {
      if (same(key)) {
        return value;
      }
    }
    return null;
  }

  // The elements of a list; none where it is null.
  std::vector<const Json*> List(const Json& object, std::string_view name,
                                const std::string& place) {
    const Json& list = Member(object, name);
    std::vector<const Json*> elements;
    if (list.is_null()) {
      return elements;
    }
    if (!list.is_array()) {
      Fail(place + ": want a list, got " + list.type_name());
      return elements;
    }
    for (const Json& element : list) {
      if (!element.is_object()) {
        Fail(place + "[" + std::to_string(elements.size()) + "]: want an object, got " +
             element.type_name());
        return {};
      }
      elements.push_back(&element);
    }
    return elements;
  }

  std::string Text(const Json& object, std::string_view name, const std::string& place) {
    const Json& value = Member(object, name);
    if (value.is_null()) {
      return {};
    }
    if (!value.is_string()) {
      Fail(place + "." + std::string(name) + ": want a text, got " + value.type_name());
      return {};
    }
    return value.get<std::string>();
  }

  double Number(const Json& object, std::string_view name, const std::string& place) {
    const Json& value = Member(object, name);
    if (value.is_null()) {
      return 0;
    }
    if (!value.is_number()) {
      Fail(place + "." + std::string(name) + ": want a number, got " + value.type_name());
      return 0;
    }
    return value.get<double>();
  }

  // Type and parameter of a service or operation.
  SamplingStrategyResponse Strategy(const Json& object, const std::string& place) {
    const std::string type = Text(object, "type", place);
    const double parameter = Number(object, "param", place);
    if (type == "probabilistic") {
      return Probabilistic(parameter);
    }
    if (type == "ratelimiting") {
      SamplingStrategyResponse response;
      response.set_strategytype(jaeger::api_v2::RATE_LIMITING);
      using Limits = std::numeric_limits<std::int32_t>;
      response.mutable_ratelimitingsampling()->set_maxtracespersecond(static_cast<std::int32_t>(
          std::clamp(parameter, double{Limits::min()}, double{Limits::max()})));
      return response;
    }
    warnings_.push_back(place + ": there is no strategy type \"" + type +
                        "\", the default probability is used");
    return Probabilistic(default_probability_);
  }

  // A service's strategy with its operations.
  SamplingStrategyResponse Service(const Json& object, const std::string& place) {
    SamplingStrategyResponse response = Strategy(object, place);
    const auto operations = List(object, "operation_strategies", place + ".operation_strategies");
    if (operations.empty()) {
      return response;
    }
    PerOperationSamplingStrategies& all = *response.mutable_operationsampling();
    all.set_defaultsamplingprobability(response.has_probabilisticsampling()
                                           ? response.probabilisticsampling().samplingrate()
                                           : default_probability_);
    for (std::size_t i = 0; i < operations.size(); ++i) {
      const std::string at = place + ".operation_strategies[" + std::to_string(i) + "]";
      const SamplingStrategyResponse strategy = Strategy(*operations[i], at);
      std::string name = Text(*operations[i], "operation", at);
      if (!strategy.has_probabilisticsampling()) {
        warnings_.push_back(at + ": an operation can only be sampled by probability, it is left " +
                            "out");
        continue;
      }
      OperationSamplingStrategy& operation = *all.add_peroperationstrategies();
      operation.set_operation(std::move(name));
      *operation.mutable_probabilisticsampling() = strategy.probabilisticsampling();
    }
    return response;
  }

 private:
  const double default_probability_;
  std::vector<std::string>& warnings_;
  std::string error_;
};

// Gives a service the operations of the default strategy that it does not have itself.
void InheritOperations(const PerOperationSamplingStrategies& inherited,
                       SamplingStrategyResponse& service) {
  if (!service.has_operationsampling()) {
    *service.mutable_operationsampling() = inherited;
    if (service.has_probabilisticsampling()) {
      service.mutable_operationsampling()->set_defaultsamplingprobability(
          service.probabilisticsampling().samplingrate());
    }
    return;
  }
  auto& own = *service.mutable_operationsampling()->mutable_peroperationstrategies();
  std::set<std::string> names;
  for (const OperationSamplingStrategy& operation : own) {
    names.insert(operation.operation());
  }
  for (const OperationSamplingStrategy& operation : inherited.peroperationstrategies()) {
    if (!names.contains(operation.operation())) {
      *own.Add() = operation;
    }
  }
}

}  // namespace

StrategySet::StrategySet(double default_probability)
    : default_(Probabilistic(default_probability)) {}

Result<StrategySet> StrategySet::Parse(std::string_view json, double default_probability,
                                       std::vector<std::string>& warnings) {
  const Json file = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (file.is_discarded()) {
    return InvalidArgument("sampling strategies: not valid JSON");
  }
  StrategySet set(default_probability);
  if (file.is_null()) {
    return set;
  }
  if (!file.is_object()) {
    return InvalidArgument(std::string("sampling strategies: want an object, got ") +
                           file.type_name());
  }
  FileReader reader(default_probability, warnings);
  const Json& common = FileReader::Member(file, "default_strategy");
  if (common.is_object()) {
    set.default_ = reader.Service(common, "default_strategy");
  } else if (!common.is_null()) {
    reader.Fail(std::string("default_strategy: want an object, got ") + common.type_name());
  }
  const auto services = reader.List(file, "service_strategies", "service_strategies");
  for (std::size_t i = 0; i < services.size(); ++i) {
    const std::string place = "service_strategies[" + std::to_string(i) + "]";
    SamplingStrategyResponse service = reader.Service(*services[i], place);
    if (set.default_.has_operationsampling()) {
      InheritOperations(set.default_.operationsampling(), service);
    }
    set.services_.insert_or_assign(reader.Text(*services[i], "service", place), std::move(service));
  }
  if (auto status = reader.TakeStatus(); !status.ok()) {
    return std::move(status).error();
  }
  return set;
}

const SamplingStrategyResponse& StrategySet::Get(std::string_view service) const {
  const auto found = services_.find(service);
  return found == services_.end() ? default_ : found->second;
}

}  // namespace pugmark
