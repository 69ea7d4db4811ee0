#include "tests/support/thrift_tree.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/bytes.h"

namespace pugmark::testing {
namespace {

constexpr int kMaxDepth = 32;

// Compact protocol type numbers; a field of type bool carries its value as 1 (true) or 2 (false).
constexpr std::array<std::pair<ThriftType, std::uint8_t>, 11> kCompactTypes{{
    {ThriftType::kBool, 1},
    {ThriftType::kByte, 3},
    {ThriftType::kI16, 4},
    {ThriftType::kI32, 5},
    {ThriftType::kI64, 6},
    {ThriftType::kDouble, 7},
    {ThriftType::kString, 8},
    {ThriftType::kList, 9},
    {ThriftType::kSet, 10},
    {ThriftType::kMap, 11},
    {ThriftType::kStruct, 12},
}};

std::uint8_t ToCompact(ThriftType type) {
  return std::find_if(kCompactTypes.begin(), kCompactTypes.end(),
                      [type](const auto& pair) { return pair.first == type; })
      ->second;
}

std::optional<ThriftType> FromCompact(std::uint8_t type) {
  if (type == 2) {
    return ThriftType::kBool;
  }
  const auto found = std::find_if(kCompactTypes.begin(), kCompactTypes.end(),
                                  [type](const auto& pair) { return pair.second == type; });
  return found == kCompactTypes.end() ? std::nullopt : std::optional(found->first);
}

// Reads one message; any surprise sets failed_ and makes the rest return zeros.
class Parser {
 public:
  Parser(ThriftProtocol protocol, std::string_view bytes)
      : compact_(protocol == ThriftProtocol::kCompact), rest_(bytes) {}

  std::optional<ThriftMessage> Message() {
    ThriftMessage message;
    if (compact_) {
      failed_ = failed_ || Byte() != 0x82;
      message.type = Byte() >> 5;
      message.sequence = static_cast<std::int32_t>(Varint());
    } else {
      message.type = static_cast<int>(Big(4) & 0xff);
    }
    message.method = Text();
    if (!compact_) {
      message.sequence = static_cast<std::int32_t>(Big(4));
    }
    message.arguments.type = ThriftType::kStruct;
    Fields(message.arguments, 0);
    return failed_ || !rest_.empty() ? std::nullopt : std::optional(std::move(message));
  }

 private:
  std::uint8_t Byte() { return static_cast<std::uint8_t>(Big(1)); }

  std::uint64_t Big(std::size_t bytes) {
    std::uint64_t value = 0;
    for (const char c : Take(bytes)) {
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }

  std::string_view Take(std::size_t bytes) {
    if (bytes > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::uint8_t byte = Byte();
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value;
      }
    }
    failed_ = true;
    return 0;
  }

  std::int64_t ZigZag() {
    const std::uint64_t value = Varint();
    return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  }

  std::string Text() { return std::string(Take(compact_ ? Varint() : Big(4))); }

  std::int64_t Integer(int bits) {
    if (compact_) {
      return ZigZag();
    }
    const int unused = 64 - bits;
    return static_cast<std::int64_t>(Big(static_cast<std::size_t>(bits) / 8) << unused) >> unused;
  }

  // A value whose type is known; of a compact bool only as a list element.
  void Contents(ThriftNode& node, int depth) {
    switch (node.type) {
      case ThriftType::kBool:
        node.integer = Byte() == 1 ? 1 : 0;
        return;
      case ThriftType::kByte:
        node.integer = Byte();
        return;
      case ThriftType::kI16:
        node.integer = Integer(16);
        return;
      case ThriftType::kI32:
        node.integer = Integer(32);
        return;
      case ThriftType::kI64:
        node.integer = Integer(64);
        return;
      case ThriftType::kDouble: {
        const std::uint64_t bits = Big(8);
        node.integer = static_cast<std::int64_t>(compact_ ? __builtin_bswap64(bits) : bits);
        return;
      }
      case ThriftType::kString:
        node.text = Text();
        return;
      case ThriftType::kStruct:
        Fields(node, depth + 1);
        return;
      case ThriftType::kSet:
      case ThriftType::kList:
        Elements(node, depth + 1);
        return;
      case ThriftType::kMap:
        break;
    }
    failed_ = true;
  }

  void Fields(ThriftNode& node, int depth) {
    failed_ = failed_ || depth > kMaxDepth;
    std::int16_t last_id = 0;
    while (!failed_) {
      const std::uint8_t head = Byte();
      if (failed_ || head == 0) {
        return;
      }
      ThriftNode field;
      const auto type =
          compact_ ? FromCompact(head & 15) : std::optional(static_cast<ThriftType>(head));
      if (!type) {
        failed_ = true;
        return;
      }
      field.type = *type;
      if (compact_) {
        field.id = static_cast<std::int16_t>(head >> 4 != 0 ? last_id + (head >> 4) : ZigZag());
      } else {
        field.id = static_cast<std::int16_t>(Big(2));
      }
      last_id = field.id;
      if (compact_ && field.type == ThriftType::kBool) {
        field.integer = (head & 15) == 1 ? 1 : 0;
      } else {
        Contents(field, depth);
      }
      node.children.push_back(std::move(field));
    }
  }

  void Elements(ThriftNode& node, int depth) {
    failed_ = failed_ || depth > kMaxDepth;
    const std::uint8_t head = Byte();
    const auto type =
        compact_ ? FromCompact(head & 15) : std::optional(static_cast<ThriftType>(head));
    std::uint64_t count = compact_ ? head >> 4 : Big(4);
    if (compact_ && count == 15) {
      count = Varint();
    }
    if (!type || count > rest_.size()) {
      failed_ = true;
      return;
    }
    node.element_type = *type;
    for (std::uint64_t i = 0; i < count && !failed_; ++i) {
      ThriftNode element;
      element.type = *type;
      Contents(element, depth);
      node.children.push_back(std::move(element));
    }
  }

  const bool compact_;
  std::string_view rest_;
  bool failed_ = false;
};

class Writer {
 public:
  explicit Writer(ThriftProtocol protocol) : compact_(protocol == ThriftProtocol::kCompact) {}

  void Message(const ThriftMessage& message) {
    if (compact_) {
      out_.push_back(static_cast<char>(0x82));
      out_.push_back(static_cast<char>(message.type << 5 | 1));
      Varint(static_cast<std::uint32_t>(message.sequence));
      Text(message.method);
    } else {
      Big(0x80010000U | static_cast<std::uint32_t>(message.type), 4);
      Text(message.method);
      Big(static_cast<std::uint32_t>(message.sequence), 4);
    }
    Fields(message.arguments);
  }

  void Fields(const ThriftNode& node) {
    std::int16_t last_id = 0;
    for (const ThriftNode& field : node.children) {
      FieldHead(field, last_id);
      last_id = field.id;
      if (!(compact_ && field.type == ThriftType::kBool)) {
        Contents(field);
      }
    }
    out_.push_back(0);
  }

  std::string Take() { return std::move(out_); }

 private:
  void FieldHead(const ThriftNode& field, std::int16_t last_id) {
    if (!compact_) {
      out_.push_back(static_cast<char>(field.type));
      Big(static_cast<std::uint16_t>(field.id), 2);
      return;
    }
    std::uint8_t type = ToCompact(field.type);
    if (field.type == ThriftType::kBool && field.integer == 0) {
      type = 2;
    }
    const int delta = field.id - last_id;
    if (delta > 0 && delta < 16) {
      out_.push_back(static_cast<char>(delta << 4 | type));
    } else {
      out_.push_back(static_cast<char>(type));
      ZigZag(field.id);
    }
  }

  void Contents(const ThriftNode& node) {
    switch (node.type) {
      case ThriftType::kBool:
        out_.push_back(static_cast<char>(node.integer != 0 ? 1 : compact_ ? 2 : 0));
        break;
      case ThriftType::kByte:
        out_.push_back(static_cast<char>(node.integer));
        break;
      case ThriftType::kI16:
        Integer(node.integer, 2);
        break;
      case ThriftType::kI32:
        Integer(node.integer, 4);
        break;
      case ThriftType::kI64:
        Integer(node.integer, 8);
        break;
      case ThriftType::kDouble: {
        const auto bits = static_cast<std::uint64_t>(node.integer);
        Big(compact_ ? __builtin_bswap64(bits) : bits, 8);
        break;
      }
      case ThriftType::kString:
        Text(node.text);
        break;
      case ThriftType::kStruct:
        Fields(node);
        break;
      case ThriftType::kSet:
      case ThriftType::kList:
        Elements(node);
        break;
      case ThriftType::kMap:
        break;
    }
  }

  void Elements(const ThriftNode& node) {
    const std::size_t count = node.children.size();
    if (!compact_) {
      out_.push_back(static_cast<char>(node.element_type));
      Big(count, 4);
    } else if (count < 15) {
      out_.push_back(static_cast<char>(count << 4 | ToCompact(node.element_type)));
    } else {
      out_.push_back(static_cast<char>(0xf0 | ToCompact(node.element_type)));
      Varint(count);
    }
    for (const ThriftNode& element : node.children) {
      Contents(element);
    }
  }

  void Integer(std::int64_t value, std::size_t bytes) {
    if (compact_) {
      ZigZag(value);
    } else {
      Big(static_cast<std::uint64_t>(value), bytes);
    }
  }

  void Text(std::string_view text) {
    if (compact_) {
      Varint(text.size());
    } else {
      Big(text.size(), 4);
    }
    out_.append(text);
  }

  void Big(std::uint64_t value, std::size_t bytes) {
    for (std::size_t i = bytes; i-- > 0;) {
      out_.push_back(static_cast<char>(value >> (8 * i)));
    }
  }

  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) {
      out_.push_back(static_cast<char>(value | 0x80));
    }
    out_.push_back(static_cast<char>(value));
  }

  void ZigZag(std::int64_t value) {
    Varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }

  const bool compact_;
  std::string out_;
};

// Calls `use` with `root` once for each field left out. `node` is a part of `root`.
template <typename Use>
void LeaveOutEach(ThriftNode& node, const Use& use) {
  for (std::size_t i = 0; i < node.children.size(); ++i) {
    if (node.type == ThriftType::kStruct) {
      ThriftNode taken = std::move(node.children[i]);
      node.children.erase(node.children.begin() + static_cast<std::ptrdiff_t>(i));
      use();
      node.children.insert(node.children.begin() + static_cast<std::ptrdiff_t>(i),
                           std::move(taken));
    }
    LeaveOutEach(node.children[i], use);
  }
}

}  // namespace

std::optional<ThriftMessage> ParseThriftMessage(ThriftProtocol protocol, std::string_view bytes) {
  return Parser(protocol, bytes).Message();
}

std::string WriteThriftMessage(ThriftProtocol protocol, const ThriftMessage& message) {
  Writer writer(protocol);
  writer.Message(message);
  return writer.Take();
}

std::string WriteThriftStruct(ThriftProtocol protocol, const ThriftNode& node) {
  Writer writer(protocol);
  writer.Fields(node);
  return writer.Take();
}

std::vector<ThriftMessage> WithEachFieldLeftOut(const ThriftMessage& message) {
  std::vector<ThriftMessage> variants;
  ThriftMessage copy = message;
  LeaveOutEach(copy.arguments, [&] { variants.push_back(copy); });
  return variants;
}

}  // namespace pugmark::testing
