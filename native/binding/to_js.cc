#include "binding/to_js.h"

#include <utility>

#include "binding/js_values.h"

namespace sidestream::binding {
namespace {

void SetText(napi_env env, napi_value object, const char* key, const char* ends_key,
             const TextColumn& column) {
  Set(env, object, key, Utf16ToJs(env, column.text));
  Set(env, object, ends_key, ColumnToJs(env, napi_uint32_array, column.ends));
}

napi_value TextsToJs(napi_env env, const std::vector<std::u16string>& texts) {
  napi_value js = nullptr;
  napi_create_array_with_length(env, texts.size(), &js);
  for (std::uint32_t i = 0; i < texts.size(); ++i) {
    napi_set_element(env, js, i, Utf16ToJs(env, texts[i]));
  }
  return js;
}

napi_value LinesToJs(napi_env env, Batch& batch, LineBuffer& line_buffer) {
  napi_value js = ObjectToJs(env);
  Set(env, js, "count", NumberToJs(env, static_cast<double>(batch.line_count)));
  Set(env, js, "bytes", line_buffer.Lend(env, std::move(batch.lines)));
  Set(env, js, "rowOffsets", ColumnToJs(env, napi_uint32_array, batch.line_offsets));
  Set(env, js, "namesToCome", TextsToJs(env, batch.names_to_come));
  return js;
}

napi_value UnreadableToJs(napi_env env, const Unreadable& unreadable) {
  napi_value js = ObjectToJs(env);
  Set(env, js, "path", Utf16ToJs(env, unreadable.path));
  Set(env, js, "stream", unreadable.stream ? Utf16ToJs(env, *unreadable.stream) : NullToJs(env));
  Set(env, js, "code", TextToJs(env, unreadable.error.code));
  Set(env, js, "operation", TextToJs(env, unreadable.error.operation));
  Set(env, js, "systemCode", NumberToJs(env, unreadable.error.system_code));
  Set(env, js, "message", TextToJs(env, unreadable.error.message));
  return js;
}

const char* NameOf(RemoveOutcome outcome) {
  switch (outcome) {
    case RemoveOutcome::kDone:
      return "done";
    case RemoveOutcome::kGone:
      return "gone";
    case RemoveOutcome::kChanged:
      break;
  }
  return "changed";
}

}  // namespace

JsPromise::JsPromise(napi_env env) : env_(env) { napi_create_promise(env, &deferred_, &promise_); }

void JsPromise::Resolve(napi_value value) const {
  if (value != nullptr && deferred_ != nullptr) napi_resolve_deferred(env_, deferred_, value);
}

void JsPromise::Reject(const StreamError& error) const {
  const napi_value value = ToJs(env_, error);
  if (value != nullptr && deferred_ != nullptr) napi_reject_deferred(env_, deferred_, value);
}

napi_value NullToJs(napi_env env) {
  napi_value value = nullptr;
  napi_get_null(env, &value);
  return value;
}

napi_value UndefinedToJs(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

napi_value TextToJs(napi_env env, std::string_view text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text.data(), text.size(), &value);
  return value;
}

napi_value BytesToJs(napi_env env, std::span<const std::byte> bytes) {
  return TypedArrayToJs(env, napi_uint8_array, bytes.data(), bytes.size(), 1);
}

napi_value ToJs(napi_env env, const StreamError& error) {
  napi_value js = nullptr;
  napi_create_error(env, nullptr, TextToJs(env, error.message), &js);
  Set(env, js, "code", TextToJs(env, error.code));
  Set(env, js, "systemCode", NumberToJs(env, error.system_code));
  Set(env, js, "operation", TextToJs(env, error.operation));
  return js;
}

napi_value ToJs(napi_env env, const TargetInfo& target) {
  napi_value js = ObjectToJs(env);
  Set(env, js, "provider", TextToJs(env, target.provider));
  Set(env, js, "kind", TextToJs(env, target.kind));
  Set(env, js, "fileSystem", TextToJs(env, target.file_system));
  Set(env, js, "volumeId", TextToJs(env, target.volume_id));
  Set(env, js, "label", Utf16ToJs(env, target.label));
  Set(env, js, "isWritable", BooleanToJs(env, target.is_writable));
  return js;
}

napi_value ToJs(napi_env env, Batch& batch, LineBuffer* line_buffer) {
  napi_value js = ObjectToJs(env);
  Set(env, js, "lines",
      line_buffer == nullptr ? NullToJs(env) : LinesToJs(env, batch, *line_buffer));
  Set(env, js, "count", NumberToJs(env, static_cast<double>(batch.count())));
  SetText(env, js, "paths", "pathEnds", batch.paths);
  SetText(env, js, "links", "linkEnds", batch.links);
  SetText(env, js, "names", "nameEnds", batch.names);
  Set(env, js, "identities", AsciiToJs(env, batch.identities.text));
  Set(env, js, "identityEnds", ColumnToJs(env, napi_uint32_array, batch.identities.ends));
  Set(env, js, "sizes", ColumnToJs(env, napi_biguint64_array, batch.sizes));
  Set(env, js, "allocated", ColumnToJs(env, napi_biguint64_array, batch.allocated));
  Set(env, js, "modifiedNs", ColumnToJs(env, napi_bigint64_array, batch.modified_ns));
  Set(env, js, "flags", ColumnToJs(env, napi_uint8_array, batch.flags));
  Set(env, js, "sha256", BytesToJs(env, batch.sha256));
  Set(env, js, "content", BytesToJs(env, batch.content));
  Set(env, js, "contentEnds", ColumnToJs(env, napi_uint32_array, batch.content_ends));
  napi_value unreadable = nullptr;
  napi_create_array_with_length(env, batch.unreadable.size(), &unreadable);
  for (std::uint32_t i = 0; i < batch.unreadable.size(); ++i) {
    napi_set_element(env, unreadable, i, UnreadableToJs(env, batch.unreadable[i]));
  }
  Set(env, js, "unreadable", unreadable);
  return js;
}

napi_value ToJs(napi_env env, const ScanProgress& progress) {
  napi_value js = ObjectToJs(env);
  const auto set = [&](const char* key, std::uint64_t count) {
    Set(env, js, key, NumberToJs(env, static_cast<double>(count)));
  };
  set("carriersSeen", progress.carriers_seen);
  set("streamsFound", progress.streams_found);
  set("unreadableCount", progress.unreadable_count);
  const double fraction = progress.fraction_done;
  Set(env, js, "fractionDone", fraction < 0 ? NullToJs(env) : NumberToJs(env, fraction));
  return js;
}

napi_value ToJs(napi_env env, const JournalChanges& changes) {
  napi_value files = nullptr;
  napi_create_array_with_length(env, changes.files.size(), &files);
  for (std::uint32_t i = 0; i < changes.files.size(); ++i) {
    const ChangedFile& changed = changes.files[i];
    napi_value file = ObjectToJs(env);
    Set(env, file, "identity", TextToJs(env, changed.identity));
    Set(env, file, "parentIdentity", TextToJs(env, changed.parent_identity));
    Set(env, file, "name", Utf16ToJs(env, changed.name));
    Set(env, file, "isDirectory",
        changed.is_directory ? BooleanToJs(env, *changed.is_directory) : NullToJs(env));
    Set(env, file, "reasons", NumberToJs(env, changed.reasons));
    napi_set_element(env, files, i, file);
  }
  const auto text_or_null = [env](const std::string& text) {
    return text.empty() ? NullToJs(env) : TextToJs(env, text);
  };
  napi_value js = ObjectToJs(env);
  Set(env, js, "mustScan", text_or_null(changes.must_scan));
  Set(env, js, "checkpoint", text_or_null(changes.checkpoint));
  Set(env, js, "files", files);
  return js;
}

napi_value ToJs(napi_env env, const WatchedChanges& changes) {
  napi_value places = nullptr;
  napi_create_array_with_length(env, changes.places.size(), &places);
  std::uint32_t index = 0;
  for (const auto& [path, changed] : changes.places) {
    napi_value place = ObjectToJs(env);
    Set(env, place, "path", Utf16ToJs(env, path));
    Set(env, place, "isFolder", BooleanToJs(env, changed.is_folder));
    Set(env, place, "isWholeTree", BooleanToJs(env, changed.is_whole_tree));
    napi_set_element(env, places, index++, place);
  }
  napi_value js = ObjectToJs(env);
  Set(env, js, "lost", changes.lost.empty() ? NullToJs(env) : TextToJs(env, changes.lost));
  Set(env, js, "places", places);
  return js;
}

napi_value ToJs(napi_env env, const MachineState& state) {
  const auto claim = [env](const std::optional<bool>& value) {
    return value ? BooleanToJs(env, *value) : NullToJs(env);
  };
  napi_value js = ObjectToJs(env);
  Set(env, js, "isOnBattery", claim(state.is_on_battery));
  Set(env, js, "savesBattery", claim(state.saves_battery));
  Set(env, js, "idleSeconds",
      state.idle_seconds ? NumberToJs(env, *state.idle_seconds) : NullToJs(env));
  return js;
}

napi_value ToJs(napi_env env, const std::vector<StreamEntry>& entries) {
  napi_value streams = nullptr;
  napi_create_array_with_length(env, entries.size(), &streams);
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    const StreamEntry& entry = entries[i];
    napi_value stream = ObjectToJs(env);
    Set(env, stream, "name", Utf16ToJs(env, entry.name));
    Set(env, stream, "size", BigIntToJs(env, entry.size));
    Set(env, stream, "allocated", BigIntToJs(env, entry.allocated));
    Set(env, stream, "isResident", BooleanToJs(env, entry.is_resident));
    napi_set_element(env, streams, i, stream);
  }
  return streams;
}

napi_value ToJs(napi_env env, RemoveOutcome outcome) { return TextToJs(env, NameOf(outcome)); }

}  // namespace sidestream::binding
