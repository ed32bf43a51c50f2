#include "streams/carry_out.h"

#include <utility>

namespace sidestream {
namespace {

void Look(Carrier& carrier, const Operation& operation, OperationResult& result) {
  auto look = carrier.Look(operation.stream, operation.most_bytes);
  if (!look.ok()) {
    result.error = look.error();
    return;
  }
  result.look = std::move(look.value());
  if (!result.look.content) return;
  Sha256 digest;
  digest.Update(*result.look.content);
  result.sha256 = HexFromBytes(digest.Finish());
}

void SetOutcome(OperationResult& result, const Result<RemoveOutcome>& outcome) {
  if (outcome.ok()) {
    result.outcome = outcome.value();
  } else {
    result.error = outcome.error();
  }
}

OperationResult CarryOutOne(CarrierOpener& opener, const Operation& operation) {
  OperationResult result;
  const auto opened = opener.Open(operation.path, operation.identity);
  if (!opened.ok()) {
    result.error = opened.error();
    return result;
  }
  Carrier& carrier = *opened.value();
  result.is_directory = carrier.is_directory();
  result.modified_ns = carrier.modified_ns();
  const auto& [kind, path, identity, stream, most, size, sha256, bytes] = operation;
  switch (kind) {
    case OperationKind::kLook:
      Look(carrier, operation, result);
      break;
    case OperationKind::kRemove:
      SetOutcome(result, carrier.Remove(stream, size, sha256));
      break;
    case OperationKind::kReplace:
      SetOutcome(result, carrier.Replace(stream, size, sha256, bytes));
      break;
    case OperationKind::kCreate:
      result.error = carrier.Create(stream, bytes);
      break;
  }
  return result;
}

}  // namespace

std::vector<OperationResult> CarryOut(const StreamProvider& provider,
                                      const std::vector<Operation>& operations) {
  std::vector<OperationResult> results;
  results.reserve(operations.size());
  const auto opener = provider.NewOpener();
  for (const Operation& operation : operations) {
    results.push_back(CarryOutOne(*opener, operation));
  }
  return results;
}

}  // namespace sidestream
