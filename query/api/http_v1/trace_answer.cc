#include "query/api/http_v1/trace_answer.h"

#include <utility>

#include "proto/codec/json_text.h"

namespace pugmark {
namespace {

// Large enough that handing pieces from thread to thread costs nothing, small enough to be held by
// many answers at once.
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

}  // namespace

TraceAnswer::TraceAnswer(std::unique_ptr<TraceSource> traces, bool pretty, std::size_t byte_budget)
    : traces_(std::move(traces)), pretty_(pretty), byte_budget_(byte_budget) {}

Result<bool> TraceAnswer::Begin() {
  text_ = "{\"data\":[";
  if (Status read = ReadPart(); !read.ok()) {
    return std::move(read).error();
  }
  return part_.chunk != nullptr;
}

Result<std::string> TraceAnswer::NextPiece() {
  while (!ended_ && text_.size() < kPieceBytes) {
    if (part_.chunk == nullptr) {
      WriteEnd();
    } else if (next_span_ < part_.chunk->spans().size()) {
      WriteSpans();
    } else if (Status read = ReadPart(); !read.ok()) {
      return std::move(read).error();
    }
  }
  std::string piece;
  if (pretty_) {
    indenter_.Append(piece, text_);
    text_.clear();
  } else {
    piece.swap(text_);
  }
  return piece;
}

Status TraceAnswer::ReadPart() {
  auto part = traces_->Next();
  if (!part.ok()) {
    return std::move(part).error();
  }
  if (part->begins_trace || part->chunk == nullptr) {
    EndTrace();
  }
  part_ = *std::move(part);
  next_span_ = 0;
  if (part_.chunk == nullptr) {
    return {};
  }
  if (!writer_) {
    text_ += first_trace_ ? "" : ",";
    first_trace_ = false;
    resources_.emplace(byte_budget_);
    writer_.emplace(text_);
    writer_->Begin(part_.chunk->trace_id());
  }
  return resources_->Adopt(part_.chunk->spans());
}

void TraceAnswer::WriteSpans() {
  const std::span<Span> spans = part_.chunk->spans();
  while (next_span_ < spans.size() && text_.size() < kPieceBytes) {
    writer_->AddSpan(spans[next_span_]);
    ++next_span_;
  }
}

void TraceAnswer::EndTrace() {
  if (writer_) {
    writer_->End();
    writer_.reset();
  }
}

void TraceAnswer::WriteEnd() {
  text_ += "],\"total\":0,\"limit\":0,\"offset\":0,\"errors\":";
  const std::vector<TraceId>& missing = traces_->missing();
  for (std::size_t i = 0; i < missing.size(); ++i) {
    text_ += i == 0 ? "[" : ",";
    text_ += "{\"msg\":\"trace not found\",\"traceID\":\"" + missing[i].ToText() + "\"}";
  }
  text_ += missing.empty() ? "null}" : "]}";
  ended_ = true;
}

}  // namespace pugmark
