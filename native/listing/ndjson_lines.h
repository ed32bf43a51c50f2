// Lines of NDJSON for ordinary streams: byte for byte what server/cli/ndjson-listing.ts writes of
// them. Ordinary is a stream whose line, verdict included, follows from simple rules: a plain
// Zone.Identifier, or a small stream of plain words under a name that TypeScript has judged.
// Whatever might be otherwise is not written here, so that every oddity is judged in one place.

#pragma once

#include "listing/known_names.h"
#include "streams/line_writer.h"

namespace sidestream::listing {

class NdjsonLines final : public LineWriter {
 public:
  bool Append(const FoundStream& stream, ByteBuffer& lines) const override;

  KnownNames& names() { return names_; }

 private:
  KnownNames names_;
};

}  // namespace sidestream::listing
