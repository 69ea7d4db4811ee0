#include "collector/pipeline/ingest_result.h"

namespace pugmark {

std::string_view IngestOutcomeName(IngestOutcome outcome) {
  switch (outcome) {
    case IngestOutcome::kStored:
      return "stored";
    case IngestOutcome::kMalformed:
      return "malformed";
    case IngestOutcome::kTooLarge:
      return "too_large";
    case IngestOutcome::kBusy:
      return "busy";
    case IngestOutcome::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace pugmark
