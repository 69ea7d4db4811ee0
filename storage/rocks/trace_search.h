// Finds the traces that a query asks for, newest first.
#pragma once

#include <string>
#include <vector>

#include "common/base/result.h"
#include "storage/api/match.h"
#include "storage/api/trace_query.h"
#include "storage/rocks/read_scope.h"
#include "storage/rocks/view.h"

namespace pugmark::rocks {

struct SearchHit {
  TraceId trace_id;
  UnixTime newest;  // start of its newest matching span, which ranks it
};

// Where a page of a search ends, as text for clients.
struct SearchPosition {
  UnixTime newest;
  TraceId trace_id;

  [[nodiscard]] std::string ToCursor() const;
  static Result<SearchPosition> FromCursor(const std::string& cursor);
};

struct SearchPage {
  std::vector<SearchHit> hits;
  bool has_more = false;
};

// The first query.limit traces behind query.cursor, ordered by SearchHit::newest, latest first, and
// by trace id where these are equal. Nothing is read of blocks that the index rules out.
Result<SearchPage> Search(const ReadScope& scope, View& view, const TraceQuery& query);

}  // namespace pugmark::rocks
