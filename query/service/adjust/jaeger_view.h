// Spans as Jaeger's model has them: everything that Jaeger shows as tag, log field or reference is
// one, however the span came in. What its adjusters work on.
#pragma once

#include "common/base/result.h"
#include "common/model/arena.h"
#include "common/model/span.h"

namespace pugmark {

// Rewrites `span` so that its attributes are exactly Jaeger's tags (reference 8.3), sorted; its
// events' attributes are the log fields, `event` first and the rest sorted; its links are the
// references, all of Jaeger's two types. An encoder of a Jaeger format then adds nothing. New lists
// lie in `arena`; the resource stays as it is. kResourceExhausted when the arena is full.
Status ToJaegerView(Span& span, Arena& arena);

// Sorts by key, then type, then value, as Jaeger does.
void SortAttributes(std::span<Attribute> attributes);

}  // namespace pugmark
