#include "storage/rocks/segment/group_columns.h"

#include <algorithm>

namespace pugmark::engine {

void GroupColumns::StartGroup(std::uint16_t group) {
  group_ = group;
  raw_bytes_ = 0;
}

void GroupColumns::Add(std::uint32_t number, std::uint32_t code) {
  Column& column = columns_[number];
  if (column.ids.empty()) {
    used_.push_back(number);
  }
  if ((code & kPlainBit) == 0) {
    column.ids.push_back(code + 1);
    return;
  }
  column.ids.push_back(0);
  column.has_plain = true;
  const HeadColumn& source = head_.columns[number];
  const std::uint32_t at = code & ~kPlainBit;
  if (source.is_number) {
    column.numbers.push_back(source.words[at]);
  } else {
    AddPlainText(source, column, at);
  }
}

void GroupColumns::AddPlainText(const HeadColumn& source, Column& column, std::uint32_t at) {
  const std::uint64_t* const words = &source.words[at];
  const bool is_raw = (words[0] & kRawWord) != 0;
  // Neighbours in a trace often carry the same value, such as the user's id.
  const bool follows = column.last_entry == entry_ && column.last_words[0] == words[0];
  if (!is_raw) {
    const auto pattern = static_cast<std::uint32_t>(words[0]);
    const unsigned count = source.pattern_slots[pattern];
    if (follows && std::equal(words + 2, words + 2 + count, column.last_words + 2)) {
      column.patterns.push_back(kPatternRepeated);
      return;
    }
    column.patterns.push_back(kPatternFirst + pattern);
    column.slot_lists = std::max<std::size_t>(column.slot_lists, count);
    if (column.slots.size() < count) {
      column.slots.resize(count);
    }
    for (unsigned i = 0; i < count; ++i) {
      column.slots[i].push_back(follows ? words[2 + i] ^ column.last_words[2 + i] : words[2 + i]);
    }
  } else {
    const std::string_view text = source.raws[words[0] & ~kRawWord];
    if (column.last_entry == entry_ && (column.last_words[0] & kRawWord) != 0 &&
        SameText(source.raws[column.last_words[0] & ~kRawWord], text)) {
      column.patterns.push_back(kPatternRepeated);
      return;
    }
    column.patterns.push_back(kPatternRaw);
    column.raw_sizes.push_back(static_cast<std::uint32_t>(text.size()));
    column.raw.Bytes(text);
    raw_bytes_ += text.size();
  }
  column.last_entry = entry_;
  column.last_words = words;
  tokens_.push_back({words[1], group_});
}

void GroupColumns::Reset(Column& column) {
  column.ids.clear();
  column.numbers.clear();
  column.patterns.clear();
  for (std::vector<std::uint64_t>& slots : column.slots) {
    slots.clear();
  }
  column.slot_lists = 0;
  column.raw_sizes.clear();
  column.raw.Clear();
  column.has_plain = false;
}

void GroupColumns::Flush(BlockEncoder& encoder, std::vector<SegmentChunkData>& chunks) {
  std::sort(used_.begin(), used_.end());
  for (const std::uint32_t number : used_) {
    Column& column = columns_[number];
    out_.Clear();
    out_.Byte(kSegmentVersion);
    encoder.Integers(out_, column.ids);
    if (column.has_plain && head_.columns[number].is_number) {
      encoder.Integers(out_, column.numbers);
    } else if (column.has_plain) {
      encoder.Integers(out_, column.patterns);
      out_.Varint(column.slot_lists);
      for (std::size_t i = 0; i < column.slot_lists; ++i) {
        encoder.Integers(out_, column.slots[i]);
      }
      encoder.Integers(out_, column.raw_sizes);
      encoder.Block(out_, column.raw.view());
    }
    chunks.push_back(
        {group_, static_cast<std::uint16_t>(kFirstColumnChunk + number), std::string(out_.view())});
    Reset(column);
  }
  used_.clear();
}

}  // namespace pugmark::engine
