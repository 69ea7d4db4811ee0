#include <catch2/catch.hpp>

#include <random>
#include <string>

#include "storage/rocks/columnar/plane_codec.h"
#include "storage/rocks/columnar/text_template.h"

namespace pugmark::engine {
namespace {

TEST_CASE("varint and zigzag: extremes come back", "[engine][codec]") {
  ByteWriter out;
  const std::uint64_t numbers[] = {0, 1, 127, 128, 1ULL << 35, ~0ULL};
  for (const std::uint64_t n : numbers) {
    out.Varint(n);
    CHECK(ZigZag(UnZigZag(n)) == n);
  }
  ByteReader in(out.view());
  for (const std::uint64_t n : numbers) {
    CHECK(in.Varint() == n);
  }
  CHECK(in.Complete());
  CHECK(in.Byte() == 0);
  CHECK(in.failed());
}

TEST_CASE("blocks and planes: what goes in comes out", "[engine][codec]") {
  std::mt19937_64 random(1);
  const auto bits = GENERATE(0, 1, 7, 8, 13, 31, 40, 63);
  const auto count = GENERATE(0, 1, 2, 47, 600, 5000);
  std::vector<std::uint64_t> values(static_cast<std::size_t>(count));
  for (std::uint64_t& value : values) {
    value = random() & ((1ULL << bits) - 1);
  }
  BlockEncoder encoder;
  ByteWriter out;
  encoder.Integers(out, values);
  BlockDecoder decoder;
  std::vector<std::uint64_t> back;
  ByteReader in(out.view());
  REQUIRE(decoder.Integers(in, values.size(), back));
  CHECK(in.Complete());
  CHECK(back == values);

  for (std::size_t size = 0; size < out.size(); size += 1 + out.size() / 200) {
    ByteReader cut(out.view().substr(0, size));
    CHECK_FALSE(decoder.Integers(cut, values.size(), back));
  }
  if (count > 0) {
    ByteReader again(out.view());
    CHECK_FALSE(decoder.Integers(again, values.size() - 1, back));
  }
}

TEST_CASE("blocks: a claim of more bytes than allowed is refused", "[engine][codec]") {
  ByteWriter out;
  BlockEncoder encoder;
  encoder.Block(out, std::string(100'000, 'a'));
  CHECK(out.size() < 16);
  BlockDecoder decoder;
  std::vector<char> back;
  ByteReader in(out.view());
  CHECK_FALSE(decoder.Block(in, 99'999, back));
}

TEST_CASE("text templates: joined again they are the text", "[engine][codec]") {
  const auto [text, slots] = GENERATE(table<std::string, unsigned>({
      {"/users/48213/cart?session=0f3a99c1", 2},
      {"user-100", 1},
      {"user-99", 0},    // too short to pay
      {"user-0100", 0},  // leading zeros would be lost
      {"123456789012345678", 1},
      {"1234567890123456789", 0},  // more digits than are sure to fit
      {"9fceb02d0ae598e9", 1},
      {"9FCEB02D0AE598E9", 0},
      {"00000000-0000-0000-0000-000000000001", 2},
      {"00000000-0000-0000-0000-00000000000", 2},  // no UUID, two hexadecimal runs
      {"x12345678y", 0},
      {"\x01 123456", 0},
      {"", 0},
  }));
  CAPTURE(text);
  SplitText split;
  REQUIRE(SplitIntoTemplate(text, split) == (slots != 0));
  if (slots != 0) {
    CHECK(split.slot_count == slots);
    CHECK(CountTemplateSlots(split.pattern_view()) == slots);
    std::array<char, kMostJoinedText> joined;
    const std::size_t size = JoinTemplate(split.pattern_view(), split.slot_view(), joined);
    CHECK(std::string(joined.data(), size) == text);
  }
}

TEST_CASE("text templates: random texts of tricky characters", "[engine][codec]") {
  std::mt19937_64 random(5);
  static constexpr char kAlphabet[] = "0019abcfg-/ \xc3\xa9";
  std::array<char, kMostJoinedText> joined;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t i = random() % 60; i > 0; --i) {
      text += kAlphabet[random() % (sizeof kAlphabet - 1)];
    }
    SplitText split;
    if (SplitIntoTemplate(text, split)) {
      REQUIRE(CountTemplateSlots(split.pattern_view()) == split.slot_count);
      const std::size_t size = JoinTemplate(split.pattern_view(), split.slot_view(), joined);
      REQUIRE(std::string(joined.data(), size) == text);
    }
  }
}

TEST_CASE("text templates: patterns that no text gives are refused", "[engine][codec]") {
  CHECK_FALSE(CountTemplateSlots("\x02").has_value());
  CHECK_FALSE(CountTemplateSlots("\x02\x04").has_value());
  CHECK_FALSE(CountTemplateSlots("\x02\x15").has_value());
  CHECK_FALSE(CountTemplateSlots(std::string(33, '\x01')).has_value());
  CHECK_FALSE(CountTemplateSlots(std::string(401, 'a')).has_value());
}

}  // namespace
}  // namespace pugmark::engine
