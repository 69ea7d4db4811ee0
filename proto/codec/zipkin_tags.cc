#include "proto/codec/zipkin_tags.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace pugmark {
namespace {

struct Known {
  std::string_view key;
  ZipkinTag tag;
};

constexpr ZipkinTag kRes = ZipkinTag::kResource;

// The attributes of resources in OpenTelemetry's semantic conventions 1.6.1, which Zipkin exporters
// flatten into the tags of each span, and the other tags with a meaning. Sorted.
constexpr std::array kKnown{
    Known{"aws.ecs.cluster.arn", kRes},
    Known{"aws.ecs.container.arn", kRes},
    Known{"aws.ecs.launchtype", kRes},
    Known{"aws.ecs.task.arn", kRes},
    Known{"aws.ecs.task.family", kRes},
    Known{"aws.ecs.task.revision", kRes},
    Known{"aws.eks.cluster.arn", kRes},
    Known{"aws.log.group.arns", kRes},
    Known{"aws.log.group.names", kRes},
    Known{"aws.log.stream.arns", kRes},
    Known{"aws.log.stream.names", kRes},
    Known{"cloud.account.id", kRes},
    Known{"cloud.availability_zone", kRes},
    Known{"cloud.platform", kRes},
    Known{"cloud.provider", kRes},
    Known{"cloud.region", kRes},
    Known{"container.id", kRes},
    Known{"container.image.name", kRes},
    Known{"container.image.tag", kRes},
    Known{"container.name", kRes},
    Known{"container.runtime", kRes},
    Known{"deployment.environment", kRes},
    Known{"device.id", kRes},
    Known{"device.model.identifier", kRes},
    Known{"device.model.name", kRes},
    Known{"error", ZipkinTag::kError},
    Known{"faas.id", kRes},
    Known{"faas.instance", kRes},
    Known{"faas.max_memory", kRes},
    Known{"faas.name", kRes},
    Known{"faas.version", kRes},
    Known{"host.arch", kRes},
    Known{"host.id", kRes},
    Known{"host.image.id", kRes},
    Known{"host.image.name", kRes},
    Known{"host.image.version", kRes},
    Known{"host.name", kRes},
    Known{"host.type", kRes},
    Known{"k8s.cluster.name", kRes},
    Known{"k8s.container.name", kRes},
    Known{"k8s.cronjob.name", kRes},
    Known{"k8s.cronjob.uid", kRes},
    Known{"k8s.daemonset.name", kRes},
    Known{"k8s.daemonset.uid", kRes},
    Known{"k8s.deployment.name", kRes},
    Known{"k8s.deployment.uid", kRes},
    Known{"k8s.job.name", kRes},
    Known{"k8s.job.uid", kRes},
    Known{"k8s.namespace.name", kRes},
    Known{"k8s.node.name", kRes},
    Known{"k8s.node.uid", kRes},
    Known{"k8s.pod.name", kRes},
    Known{"k8s.pod.uid", kRes},
    Known{"k8s.replicaset.name", kRes},
    Known{"k8s.replicaset.uid", kRes},
    Known{"k8s.statefulset.name", kRes},
    Known{"k8s.statefulset.uid", kRes},
    Known{"os.description", kRes},
    Known{"os.name", kRes},
    Known{"os.type", kRes},
    Known{"os.version", kRes},
    Known{"otel.library.name", ZipkinTag::kScopeName},
    Known{"otel.library.version", ZipkinTag::kScopeVersion},
    Known{"otel.status_code", ZipkinTag::kStatusCode},
    Known{"otel.status_description", ZipkinTag::kStatusDescription},
    Known{"process.command", kRes},
    Known{"process.command_args", kRes},
    Known{"process.command_line", kRes},
    Known{"process.executable.name", kRes},
    Known{"process.executable.path", kRes},
    Known{"process.owner", kRes},
    Known{"process.pid", kRes},
    Known{"process.runtime.description", kRes},
    Known{"process.runtime.name", kRes},
    Known{"process.runtime.version", kRes},
    Known{"service.instance.id", kRes},
    Known{"service.name", kRes},
    Known{"service.namespace", kRes},
    Known{"service.version", kRes},
    Known{"span.kind", ZipkinTag::kSpanKind},
    Known{"telemetry.auto.version", kRes},
    Known{"telemetry.sdk.language", kRes},
    Known{"telemetry.sdk.name", kRes},
    Known{"telemetry.sdk.version", kRes},
    Known{"w3c.tracestate", ZipkinTag::kTraceState},
    Known{"webengine.description", kRes},
    Known{"webengine.name", kRes},
    Known{"webengine.version", kRes},
};
constexpr bool Before(const Known& known, std::string_view key) { return known.key < key; }
static_assert(std::is_sorted(kKnown.begin(), kKnown.end(),
                             [](const Known& a, const Known& b) { return Before(a, b.key); }));

constexpr std::string_view kLinkPrefix = "otlp.link.";

// Which lengths the keys that begin with a letter have: most tags are told from all of them by that
// alone.
constexpr auto kLengths = [] {
  std::array<std::uint32_t, 256> lengths{};
  for (const Known& known : kKnown) {
    lengths[static_cast<unsigned char>(known.key.front())] |= 1U << known.key.size();
  }
  return lengths;
}();

}  // namespace

ZipkinTag ClassifyZipkinTag(std::string_view key) {
  if (key.empty() || key.size() >= 32) {
    return ZipkinTag::kAttribute;
  }
  const bool length_is_known =
      (kLengths[static_cast<unsigned char>(key.front())] >> key.size() & 1U) != 0;
  if (length_is_known) {
    const auto* const found = std::lower_bound(kKnown.begin(), kKnown.end(), key, Before);
    if (found != kKnown.end() && found->key == key) {
      return found->tag;
    }
  }
  return key.starts_with(kLinkPrefix) ? ZipkinTag::kLink : ZipkinTag::kAttribute;
}

}  // namespace pugmark
