#include "platform/linux/errno_error.h"

#include <cerrno>
#include <cstring>

namespace sidestream {
namespace {

const char* CodeOf(int error_number) {
  switch (error_number) {
    case EACCES:
    case EPERM:
      return "ADS_ACCESS_DENIED";
    case ENOENT:
    case ENOTDIR:
    case ENODATA:
    case ESTALE:
      return "ADS_NOT_FOUND";
    case EROFS:
      return "ADS_READ_ONLY";
    case EEXIST:
      return "ADS_EXISTS";
    case ENOSPC:
    case EDQUOT:
      return "ADS_NO_SPACE";
    case ETXTBSY:
    case EBUSY:
      return "ADS_IN_USE";
    case EOPNOTSUPP:
      return "ADS_UNSUPPORTED";
    case ENAMETOOLONG:
      return "ADS_INVALID_NAME";
    default:
      return "ADS_IO";
  }
}

}  // namespace

StreamError FromErrno(int error_number, std::string operation, const std::string& what) {
  char buffer[128];
  // The GNU form, which g++ selects: it returns the text and may leave the buffer alone.
  const char* text = strerror_r(error_number, buffer, sizeof buffer);
  std::string message = operation + " " + what + ": " + text;
  return {CodeOf(error_number), error_number, std::move(operation), std::move(message)};
}

bool MeansVanished(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR || error_number == ESTALE;
}

}  // namespace sidestream
