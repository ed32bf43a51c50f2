#include "streams/batch.h"

namespace sidestream {
namespace {

void Append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void AppendLinks(std::u16string& to, std::span<const std::u16string_view> links) {
  for (std::size_t i = 0; i < links.size(); ++i) {
    if (i > 0) to.push_back(u'\0');
    to.append(links[i]);
  }
}

}  // namespace

void Batch::Clear() {
  const auto clear = [](auto&... columns) { (columns.clear(), ...); };
  clear(paths.text, paths.ends, links.text, links.ends, names.text, names.ends, identities.text,
        identities.ends, sizes, allocated, modified_ns, flags, sha256, content, content_ends,
        line_offsets, names_to_come, unreadable);
  lines.Clear();
  line_count = 0;
}

void AddRow(Batch& batch, const FoundStream& stream, bool with_sha256) {
  batch.paths.AddRow(stream.path);
  const bool has_only_path =
      stream.links.empty() || (stream.links.size() == 1 && stream.links[0] == stream.path);
  if (!has_only_path) AppendLinks(batch.links.text, stream.links);
  batch.links.EndRow();
  batch.names.AddRow(stream.name);
  batch.identities.AddRow(stream.identity);
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
