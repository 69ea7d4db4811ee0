// Apache Thrift's protocols with the rules that our decoders add on purpose:
// - a list of something other than structs, where structs are expected, is refused (generated code
//   does not look at the element type and reads whatever is there);
// - what is skipped may be nested 16 deep, not 64.
#pragma once

#include <thrift/protocol/TBinaryProtocol.h>
#include <thrift/protocol/TCompactProtocol.h>
#include <thrift/transport/TBufferTransports.h>

#include <cstdint>
#include <memory>
#include <string>

namespace pugmark::testing {

namespace tp = ::apache::thrift::protocol;

inline constexpr std::uint32_t kSkipDepth = 17;  // the skipped value itself and 16 below it

// Base with the rules that our decoder adds.
template <typename Base>
class StrictProtocol : public tp::TVirtualProtocol<StrictProtocol<Base>, Base> {
 public:
  using Parent = tp::TVirtualProtocol<StrictProtocol<Base>, Base>;

  StrictProtocol(const std::shared_ptr<apache::thrift::transport::TTransport>& transport,
                 std::size_t bytes)
      : Parent(transport), message_bytes_(bytes) {
    if constexpr (requires { this->setStringSizeLimit(1); }) {
      this->setStringSizeLimit(static_cast<std::int32_t>(bytes));  // or it reserves 2 GiB
    }
  }

  std::uint32_t readStructBegin(std::string& name) {
    ++open_structs_;
    return Base::readStructBegin(name);
  }
  std::uint32_t readStructEnd() {
    --open_structs_;
    return Base::readStructEnd();
  }
  std::uint32_t readListBegin(tp::TType& element_type, std::uint32_t& size) {
    const std::uint32_t taken = Base::readListBegin(element_type, size);
    if (skipping_ == 0 && size > 0 && element_type != tp::T_STRUCT) {
      throw tp::TProtocolException(tp::TProtocolException::INVALID_DATA, "list of no structs");
    }
    if (size > message_bytes_) {
      // Elements take a byte each, and generated code makes room for all of them first.
      throw tp::TProtocolException(tp::TProtocolException::SIZE_LIMIT);
    }
    return taken;
  }
  std::uint32_t skip(tp::TType type) {
    ++skipping_;
    const std::uint32_t limit = this->getRecursionLimit();
    this->setRecurisionLimit(open_structs_ + kSkipDepth);
    const std::uint32_t taken = tp::skip(static_cast<tp::TProtocol&>(*this), type);
    this->setRecurisionLimit(limit);
    --skipping_;
    return taken;
  }

 private:
  const std::size_t message_bytes_;
  std::uint32_t open_structs_ = 0;
  std::uint32_t skipping_ = 0;
};

}  // namespace pugmark::testing
