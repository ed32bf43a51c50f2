#include "platform/windows/open_beneath.h"

#include <algorithm>
#include <string>

#include "base/utf16.h"
#include "platform/windows/file_facts.h"
#include "platform/windows/folder_reader.h"
#include "platform/windows/nt_error.h"

namespace sidestream {
namespace {

StreamError About(NTSTATUS status, std::u16string_view relative) {
  return FromStatus(status, "open", TextFromUnits(relative));
}

// A colon would open a stream, and an empty component the folder again.
bool IsPlain(std::u16string_view part) {
  constexpr std::u16string_view kForbidden(u"\0:/", 3);
  return !part.empty() && part != u"." && part != u".." &&
         part.find_first_of(kForbidden) == std::u16string_view::npos;
}

Status RefuseLink(HANDLE handle, std::u16string_view relative) {
  AttributeTagInformation tag = {};
  IO_STATUS_BLOCK io = {};
  const NTSTATUS status = Nt().query_file(handle, &io, &tag, sizeof tag, kFileAttributeTag);
  if (nt::IsError(status)) return About(status, relative);
  if (!LeadsElsewhere(tag.attributes, tag.reparse_tag)) return std::nullopt;
  return StreamError{"ADS_NOT_FOUND", 0, "open",
                     TextFromUnits(relative) + " leads through a link, and no link is followed"};
}

// Only the folder's entry tells that opening would recall a file (facts 2).
Status RefuseRecall(HANDLE folder, std::u16string_view name) {
  const auto entry = FindEntry(folder, name);
  if (!entry || (entry->attributes & kAttributeRecallOnOpen) == 0) return std::nullopt;
  return CloudOnlyError("open");
}

}  // namespace

bool LeadsElsewhere(std::uint32_t attributes, std::uint32_t reparse_tag) {
  return (attributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 && (reparse_tag & kTagNameSurrogate) != 0;
}

NTSTATUS OpenWithFewerRights(HANDLE folder, std::u16string_view name, OpenHow how,
                             UniqueHandle& handle) {
  const NTSTATUS status = Open(folder, name, how, handle);
  if (status != nt::kAccessDenied && status != nt::kMediaWriteProtected) return status;
  if ((how.access & FILE_WRITE_ATTRIBUTES) == 0) return status;
  how.access &= ~static_cast<ACCESS_MASK>(FILE_WRITE_ATTRIBUTES);
  return Open(folder, name, how, handle);
}

Result<UniqueHandle> OpenBeneath(HANDLE folder, std::u16string_view relative, const OpenHow& how) {
  UniqueHandle at;
  if (relative.empty()) {
    const NTSTATUS status = OpenWithFewerRights(folder, relative, how, at);
    if (status != nt::kSuccess) return About(status, u"the target itself");
    return at;
  }
  std::u16string_view rest = relative;
  OpenHow folder_how;
  folder_how.access = kAttributeAccess | FILE_LIST_DIRECTORY | FILE_TRAVERSE;
  folder_how.options = kOptionDirectory;
  while (true) {
    const HANDLE parent = at.ok() ? at.get() : folder;
    const std::size_t end = std::min(rest.find(u'\\'), rest.size());
    const std::u16string_view part = rest.substr(0, end);
    if (!IsPlain(part)) {
      return StreamError{"ADS_INVALID_NAME", 0, "open",
                         "no path below the target looks like \"" + TextFromUnits(relative) + "\""};
    }
    const bool is_last = end == rest.size();
    if (is_last) {
      if (const auto refused = RefuseRecall(parent, part)) return *refused;
    }
    UniqueHandle next;
    NTSTATUS status = OpenWithFewerRights(parent, part, is_last ? how : folder_how, next);
    // A folder that may be passed through and not listed.
    if (!is_last && status == nt::kAccessDenied) {
      OpenHow attributes_only;
      attributes_only.options = kOptionDirectory;
      status = Open(parent, part, attributes_only, next);
    }
    if (status != nt::kSuccess) return About(status, relative);
    if (is_last) return next;
    if (const auto refused = RefuseLink(next.get(), relative)) return *refused;
    at = std::move(next);
    rest.remove_prefix(end + 1);
  }
}

}  // namespace sidestream
