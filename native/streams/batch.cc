#include "streams/batch.h"

namespace sidestream {
namespace {

void Append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

void AddRow(Batch& batch, const FoundStream& stream, bool with_sha256) {
  batch.paths.AddRow(stream.path);
  for (std::size_t i = 0; i < stream.links.size(); ++i) {
    if (i > 0) batch.links.text.push_back(u'\0');
    batch.links.text.append(stream.links[i]);
  }
  // The contract promises the path itself among the links.
  if (stream.links.empty()) batch.links.text.append(stream.path);
  batch.links.EndRow();
  batch.names.AddRow(stream.name);
  batch.identities.text.append(stream.identity.begin(), stream.identity.end());
  batch.identities.EndRow();
  batch.sizes.push_back(stream.size);
  batch.allocated.push_back(stream.allocated);
  batch.modified_ns.push_back(stream.modified_ns);

  unsigned flags = 0;
  if (stream.is_directory) flags |= kFlagDirectory;
  if (stream.is_resident) flags |= kFlagResident;
  if (stream.is_deleted) flags |= kFlagDeleted;
  if (stream.has_more_links) flags |= kFlagMoreLinks;
  if (with_sha256) {
    if (stream.sha256) {
      flags |= kFlagSha256;
      Append(batch.sha256, *stream.sha256);
    }
    batch.sha256.resize(batch.sizes.size() * 32);
  }
  if (stream.content) {
    flags |= kFlagContent;
    Append(batch.content, *stream.content);
  }
  batch.content_ends.push_back(static_cast<std::uint32_t>(batch.content.size()));
  batch.flags.push_back(static_cast<std::uint8_t>(flags));
  batch.line_offsets.push_back(static_cast<std::uint32_t>(batch.lines.size()));
}

}  // namespace sidestream
