// The chunks of a segment in memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "storage/rocks/segment/segment.h"
#include "storage/rocks/segment/segment_builder.h"

namespace pugmark::test {

class MemoryChunks : public rocks::ChunkSource {
 public:
  explicit MemoryChunks(const rocks::SegmentImage& image) {
    for (const rocks::SegmentChunkData& chunk : image.chunks) {
      chunks[{chunk.group, chunk.chunk}] = chunk.bytes;
    }
  }

  Result<std::optional<std::string>> Read(std::uint16_t group, std::uint16_t chunk) override {
    const auto found = chunks.find({group, chunk});
    return found == chunks.end() ? std::optional<std::string>() : found->second;
  }
  Status ReadGroup(std::uint16_t group, const Visit& visit) override {
    for (auto at = chunks.lower_bound({group, 0}); at != chunks.end() && at->first.first == group;
         ++at) {
      if (Status status = visit(at->first.second, at->second); !status) {
        return status;
      }
    }
    return {};
  }

  std::map<std::pair<std::uint16_t, std::uint16_t>, std::string> chunks;
};

}  // namespace pugmark::test
